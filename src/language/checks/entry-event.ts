/**
 * An entry at odds with the event that lets in: that event has happened by the time the entry is judged, so that `never`,
 * `quiet_for:` and an exit by a count of the same event see it. Only what is certain is said.
 */
import { isDeepStrictEqual } from 'node:util';
import { noNumberPasses, termsOf } from '../conditions/exclusions.js';
import type {
  CampaignDefinition,
  Condition,
  EventCondition,
  EventMatch,
  ExitRule,
  NumberTest,
  SegmentDefinition,
} from '../definitions.js';
import type { Reading } from '../reading.js';

type Segments = ReadonlyMap<string, SegmentDefinition>;
type ByEvent = Extract<CampaignDefinition['enter'], { kind: 'event' }>;

export function checkEntryEvent(
  reading: Reading,
  { enter, exit, while: stays }: CampaignDefinition,
  segments: Segments,
): void {
  if (enter.kind !== 'event' || enter.sequence) return;
  for (const asked of [enter.if, stays])
    for (const { condition, segment } of asked ? termsOf(asked, segments) : [])
      if (condition.kind === 'event' && isRuledOut(condition, enter))
        reading.warn(
          'RK436',
          reading.placeOf(segment === null ? condition : asked!),
          'nobody can enter: the event that lets in counts here already',
          insteadOf(condition),
        );
  for (const rule of exit) {
    if (rule.kind === 'state' && isMet(rule.condition, enter, segments))
      reading.warn(
        'RK432',
        reading.placeOf(rule),
        'nobody can enter: the event that lets in makes this exit true, and it bars them',
        'without the window it ends when the event comes again',
      );
    if (endsFirst(rule, enter))
      reading.warn(
        'RK436',
        reading.placeOf(rule),
        `\`if_active: ${enter.ifActive}\` is never asked for: this exit ends the enrolment first, by the same event`,
        'leave one of the two out',
      );
  }
}

function insteadOf({ quantity, window }: EventCondition): string {
  const within = window.kind === 'within_last' ? ', with the same within_last:' : '';
  return quantity.kind === 'quiet_for'
    ? 'for the first one after a while say count: { is: 1 } with within_last: and that time'
    : `for the first one say count: { is: 1 }${within}`;
}

/** Whether a condition on events can never be true of somebody who is let in just now. */
function isRuledOut(condition: EventCondition, enter: ByEvent): boolean {
  const { quantity } = condition;
  if (!counts(condition, enter)) return false;
  if (quantity.kind === 'never') return true;
  if (quantity.kind === 'count') return noNumberPasses([...quantity.tests, SOME]);
  if (quantity.kind !== 'quiet_for' || quantity.negated || !('ms' in quantity)) return false;
  return quantity.ms > enter.ignoreOlderThanMs;
}

const SOME: NumberTest = { op: 'at_least', value: 1, negated: false };

/** Whether it is true of everybody who is let in. */
function isMet(condition: Condition, enter: ByEvent, segments: Segments): boolean {
  if (condition.kind === 'all') return condition.of.every((part) => isMet(part, enter, segments));
  if (condition.kind === 'any') return condition.of.some((part) => isMet(part, enter, segments));
  if (condition.kind === 'segment') {
    const named = segments.get(condition.segment);
    if (condition.negated || condition.forAtLeastMs !== undefined || !named) return false;
    return isMet(named.who, enter, segments);
  }
  if (condition.kind !== 'event' || !counts(condition, enter)) return false;
  const { quantity } = condition;
  if (quantity.kind === 'once') return true;
  return (
    quantity.kind === 'count' &&
    quantity.tests.every(
      (test) =>
        !test.negated &&
        ((test.op === 'at_least' && test.value <= 1) ||
          (test.op === 'more_than' && test.value < 1)),
    )
  );
}

/** Whether the event that lets in is one of those that the condition looks at, however late it came. */
function counts(condition: EventCondition, { match, ignoreOlderThanMs }: ByEvent): boolean {
  const { window, occurrence, sequence } = condition;
  if (occurrence !== null || sequence || !covers(condition, match)) return false;
  return window.kind === 'ever' || (window.kind === 'within_last' && window.ms > ignoreOlderThanMs);
}

/** Whether every event that `narrow` matches is one of `wide`. */
function covers(wide: EventMatch, { names, where }: EventMatch): boolean {
  const { names: others } = wide;
  const named =
    others.kind === 'any' ||
    (names.kind === 'list' && names.names.every((name) => others.names.includes(name)));
  return named && wide.where.every((test) => where.some((one) => isDeepStrictEqual(one, test)));
}

/** An exit by the event that would let in again: exits come before entries. */
function endsFirst(rule: ExitRule, { match, ifActive, per }: ByEvent): boolean {
  if (ifActive === 'ignore' || rule.kind !== 'event' || !covers(rule.match, match)) return false;
  return rule.same === null || isDeepStrictEqual(rule.same, per);
}
