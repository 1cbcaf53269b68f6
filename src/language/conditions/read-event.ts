/**
 * `event:` as a condition: names, then occurrence, where and window, then the quantity (semantics.md, Truth 4).
 * The same reader serves exits, which add `same:`.
 */
import type { EventCondition, NumberTest, Quantity, Window } from '../definitions.js';
import { Fields } from '../fields.js';
import type { Reading } from '../reading.js';
import { readChoice } from '../scalars/read-text.js';
import type { MapNode } from '../syntax/nodes.js';
import { readEventNames } from './read-event-names.js';
import { QUANTITIES, quantityMeant, readQuantity } from './read-quantity.js';
import { NUMBER_WORDS, readWhere } from './read-tests.js';
import { besideTrend } from './read-trend.js';
import { readWindow, WINDOWS } from './read-window.js';
import { readSequence, SEQUENCE_KINDS, SEQUENCE_OPTIONS, sequenceRules } from './sequence.js';
import { sourcesOf, type Scope, type Source } from './scope.js';
import { takenBy } from './values-taken.js';

const WITHIN =
  'write within_last: for the time up to now, or within_first: for the first days of a profile';

/** Keys of a trend that stand beside the event. */
const INSIDE_TREND = Object.fromEntries(
  ['drops_by', 'rises_by', 'over', 'from_at_least'].map((key) => [
    key,
    'it belongs inside trend: { drops_by: 50%, over: 14 days, from_at_least: 20 }',
  ]),
);

/** The keys of an event condition; `extra` are those its place adds. */
export function eventFields(reading: Reading, map: MapNode, extra: readonly string[] = []): Fields {
  const sequence = sequenceRules(map, WITHIN);
  const keys = ['event', 'where', 'occurrence', ...QUANTITIES, ...WINDOWS, 'of', ...extra];
  const elsewhere = Object.entries(sequence.elsewhere).filter(([key]) => !extra.includes(key));
  return new Fields(reading, map, {
    what: 'an event condition',
    keys: [...keys, ...sequence.keys],
    elsewhere: { ...INSIDE_TREND, ...countsMeant(map, keys), ...Object.fromEntries(elsewhere) },
  });
}

/** `{ event: x, at_least: 3 }`: a number test beside the event is about how often, or belongs into the quantity that is there. */
function countsMeant(map: MapNode, others: readonly string[]): Record<string, string> {
  const tests = map.entries.filter(
    ({ key: { text } }) => NUMBER_WORDS.includes(text) && !others.includes(text),
  );
  const whole = quantityMeant(map);
  return Object.fromEntries(
    tests.map(({ key, value }) => [
      key.text,
      whole === null
        ? `how often is said with count: { ${key.text}: ${value.kind === 'text' ? value.text : '…'} }`
        : `it belongs inside: ${whole}`,
    ]),
  );
}

/** Whether the condition is the bare event: nothing about quantity, window, occurrence or what came after it. */
export function isBareEvent(fields: Fields): boolean {
  const more = [...QUANTITIES, ...WINDOWS, 'occurrence', ...SEQUENCE_KINDS];
  return fields.present(more).length === 0;
}

export function readEvent(
  reading: Reading,
  fields: Fields,
  scope: Scope,
  sources: readonly Source[] = sourcesOf(scope),
): EventCondition | undefined {
  const names = fields.optional('event', (node) => readEventNames(reading, node));
  const where = fields.optional('where', (node) => readWhere(reading, node, sources));
  const occurrence = fields.optional('occurrence', (node) =>
    readChoice(reading, node, '`occurrence:`', ['first', 'last'] as const),
  );
  const window = readWindow(reading, fields, scope);
  const quantity = readQuantity(reading, fields, scope);
  const sequence = readSequence(reading, fields, sources, true);
  if (
    !names ||
    where === undefined ||
    occurrence === undefined ||
    !window ||
    !quantity ||
    sequence === undefined
  )
    return undefined;
  warnNeverQuiet(reading, fields, window, quantity);
  const event = { kind: 'event' as const, names, occurrence, where: where ?? [] };
  if (quantity.kind === 'trend') {
    const others = fields.present([
      ...WINDOWS,
      ...SEQUENCE_KINDS,
      ...SEQUENCE_OPTIONS,
      'occurrence',
    ]);
    const refused = besideTrend(reading, others, event.where, fields.get('where') ?? fields.node);
    return refused ? undefined : { ...event, window: { kind: 'ever' }, quantity };
  }
  const isRank = quantity.kind === 'percentile';
  const seen = isRank ? windowOfAll(reading, fields, window) : window;
  if (!seen) return undefined;
  const condition = { ...event, window: seen, quantity, ...(sequence ? { sequence } : {}) };
  return isRank && looksAtEntry(reading, fields, condition) ? undefined : condition;
}

/** Whoever has done it within a time has not been quiet for that long. */
function warnNeverQuiet(
  reading: Reading,
  fields: Fields,
  window: Window,
  quantity: Quantity,
): void {
  if (quantity.kind !== 'quiet_for' || window.kind !== 'within_last') return;
  const least = 'ms' in quantity ? quantity.ms : Math.max(...quantity.tests.map(leastOf));
  if (least < window.ms) return;
  const said = fields.get('quiet_for');
  const quiet = said?.kind === 'text' ? said.text : '…';
  const within = fields.get('within_last');
  reading.warn(
    'RK330',
    fields.key('quiet_for')!,
    `this is never true: \`quiet_for: ${quiet}\` and \`within_last: ${within?.kind === 'text' ? within.text : '…'}\` exclude each other`,
    'leave within_last: out: quiet_for: looks at the last one, whenever that was',
  );
}

/** The least number that passes it, as far as it says one. */
function leastOf(test: NumberTest): number {
  if (test.negated) return 0;
  if (test.op === 'between') return test.low;
  return test.op === 'at_least' || test.op === 'more_than' ? test.value : 0;
}

/** Reports values of the entry in what everybody is ranked by; true when it did. */
function looksAtEntry(reading: Reading, fields: Fields, condition: EventCondition): boolean {
  if (!takenBy(condition).some(({ of }) => of === 'entry')) return false;
  reading.error(
    'RK105',
    fields.get('where') ?? fields.node,
    '`percentile:` compares with people who have no entry to look a value up in',
    'compare with a value that is written here, or with one of the profile',
  );
  return true;
}

/** The window of a percentile is everybody's: others have no entry, and no wait, to count from. */
function windowOfAll(reading: Reading, fields: Fields, window: Window): Window | undefined {
  if (window.kind !== 'since_wait' && (window.kind !== 'since' || window.of !== null))
    return window;
  if (!fields.has('since')) return { kind: 'ever' };
  return reading.error(
    'RK105',
    fields.key('since')!,
    '`percentile:` compares with people who have no entry to count from',
    'say within_last: 30 days, or since: { event: x }',
  );
}
