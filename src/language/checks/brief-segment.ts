/**
 * A segment that lets its members go before the campaign is through with them: "was here within the last day" ends the
 * enrolments of everybody who stays away for a day, and with them every later step.
 */
import { DAY_MS } from '../../core/instant.js';
import { formatElapsed } from '../../core/duration.js';
import type {
  CampaignDefinition,
  Condition,
  Quantity,
  SegmentDefinition,
  Step,
  ValueTest,
} from '../definitions.js';
import { leastTime } from '../least-time.js';
import type { Reading } from '../reading.js';

export function checkBriefSegment(
  reading: Reading,
  { enter, steps }: CampaignDefinition,
  segments: ReadonlyMap<string, SegmentDefinition>,
): void {
  if (enter.kind !== 'segment' || enter.ifLeft === 'stay') return;
  const stay = longestStay({ kind: 'segment', segment: enter.segment, negated: false }, segments);
  let passed = 0;
  const late = steps.find((step: Step) => {
    const isLate = passed > stay;
    passed += leastTime(step);
    return isLate;
  });
  if (!late) return;
  reading.warn(
    'RK420',
    reading.placeOf(late),
    `hardly anybody comes here: whoever does nothing more leaves the segment within ${formatElapsed(stay)}, and leaving ends the campaign`,
    'say if_left: stay inside enter:, or give the segment a longer window',
  );
}

/** How long somebody stays in at most who does nothing more, in ms; infinite when nothing lets go by itself. */
function longestStay(
  condition: Condition,
  segments: ReadonlyMap<string, SegmentDefinition>,
  seen: ReadonlySet<string> = new Set(),
): number {
  const inside = (child: Condition): number => longestStay(child, segments, seen);
  if (condition.kind === 'all') return Math.min(...condition.of.map(inside));
  if (condition.kind === 'any') return Math.max(...condition.of.map(inside));
  if (condition.kind === 'segment') {
    const { segment, negated } = condition;
    const who = segments.get(segment)?.who;
    return negated || !who || seen.has(segment)
      ? Infinity
      : longestStay(who, segments, new Set([...seen, segment]));
  }
  if (condition.kind === 'trait') return Math.min(Infinity, ...condition.tests.flatMap(daysOf));
  if (condition.kind !== 'event') return Infinity;
  const { window, quantity, sequence } = condition;
  return window.kind === 'within_last' && needsOne(quantity) && !sequence ? window.ms : Infinity;
}

/** How long a test on a date holds; a value without time is a day, and both ends are in. */
function daysOf(test: ValueTest): number[] {
  return !test.negated && (test.op === 'within_last' || test.op === 'within_next')
    ? [test.ms + (test.days === null ? 0 : DAY_MS)]
    : [];
}

/** Whether it is false of somebody without any such event. */
function needsOne(quantity: Quantity): boolean {
  if (quantity.kind !== 'count') return quantity.kind === 'once';
  return quantity.tests.some(
    (test) =>
      !test.negated &&
      (test.op === 'more_than' ||
        ((test.op === 'at_least' || test.op === 'is') && Number(test.value) > 0)),
  );
}
