/**
 * `event:` as a condition: names, then occurrence, where and window, then the quantity (semantics.md, Truth 4).
 * The same reader serves exits, which add `same:`.
 */
import type { CountTest, EventCondition, EventNames, Quantity, Window } from '../definitions.js';
import { Fields } from '../fields.js';
import type { Reading } from '../reading.js';
import { readWhole } from '../scalars/read-number.js';
import { readElapsed } from '../scalars/read-time.js';
import { readChoice, readEventName, readTrue } from '../scalars/read-text.js';
import type { MapNode, Node } from '../syntax/nodes.js';
import { NUMBER_WORDS, readTests, readWhere } from './read-tests.js';
import type { Scope } from './scope.js';
import { sequenceRules } from './sequence.js';

const QUANTITIES = ['never', 'count', 'quiet_for'];
const WINDOWS = ['within_last', 'within_first', 'since'];
const LATER = ['sum', 'average', 'min', 'max', 'distinct', 'between'];
const WITHIN =
  'write within_last: for the time up to now, or within_first: for the first days of a profile';

/** The keys of an event condition; `extra` are those its place adds. */
export function eventFields(reading: Reading, map: MapNode, extra: readonly string[] = []): Fields {
  const sequence = sequenceRules(map, WITHIN);
  const later = [...LATER, ...sequence.later];
  return new Fields(reading, map, {
    what: 'an event condition',
    keys: ['event', 'where', 'occurrence', ...QUANTITIES, ...WINDOWS, 'of', ...extra],
    ...sequence,
    elsewhere: { ...countsMeant(map, [...later, ...extra]), ...sequence.elsewhere },
    later,
  });
}

/** `{ event: x, at_least: 3 }`: a number test beside the event is about how often. */
function countsMeant(map: MapNode, others: readonly string[]): Record<string, string> {
  const tests = map.entries.filter(
    ({ key: { text } }) => NUMBER_WORDS.includes(text) && !others.includes(text),
  );
  return Object.fromEntries(
    tests.map(({ key, value }) => [
      key.text,
      `how often is said with count: { ${key.text}: ${value.kind === 'text' ? value.text : '…'} }`,
    ]),
  );
}

/** Whether the condition is the bare event: nothing about quantity, window or occurrence. */
export function isBareEvent(fields: Fields): boolean {
  return fields.present([...QUANTITIES, ...WINDOWS, 'occurrence']).length === 0;
}

export function readEvent(
  reading: Reading,
  fields: Fields,
  scope: Scope,
): EventCondition | undefined {
  const names = fields.optional('event', (node) => readEventNames(reading, node));
  const where = fields.optional('where', (node) => readWhere(reading, node));
  const occurrence = fields.optional('occurrence', (node) =>
    readChoice(reading, node, '`occurrence:`', ['first', 'last'] as const),
  );
  const window = readWindow(reading, fields, scope);
  const quantity = readQuantity(reading, fields);
  if (!names || where === undefined || occurrence === undefined || !window || !quantity)
    return undefined;
  return { kind: 'event', names, occurrence, where: where ?? [], window, quantity };
}

/** A name, a list of names, or `any`. */
export function readEventNames(reading: Reading, node: Node): EventNames | undefined {
  if (node.kind !== 'list') {
    const name = readEventName(reading, node);
    return name === undefined
      ? undefined
      : name === 'any'
        ? { kind: 'any' }
        : { kind: 'list', names: [name] };
  }
  if (node.items.length === 0)
    return reading.error(
      'RK004',
      node,
      '`event:` has an empty list',
      'name an event, or say event: any',
    );
  const names = node.items.map((item) => readEventName(reading, item));
  if (!names.every((name) => name !== undefined)) return undefined;
  if (names.includes('any'))
    return reading.error('RK105', node, '`any` already means every event', 'write event: any');
  return { kind: 'list', names: [...new Set(names)] };
}

function readWindow(reading: Reading, fields: Fields, scope: Scope): Window | undefined {
  const [first, second] = fields.present(WINDOWS);
  if (second)
    return reading.error(
      'RK105',
      second,
      `one window only: \`${first!.text}:\` is there already`,
      'say all: with two event conditions',
    );
  if (fields.has('of') && first?.text !== 'within_first') {
    return reading.error(
      'RK105',
      fields.key('of')!,
      '`of:` belongs to `within_first:`',
      'since: {event: x} counts from the latest x on',
    );
  }
  if (!first)
    return scope.windowless === 'since_entry' ? { kind: 'since', of: null } : { kind: 'ever' };
  const node = fields.get(first.text);
  if (!node) return undefined;
  if (first.text === 'since') return readSince(reading, node, scope);
  const ms = readElapsed(reading, node, `\`${first.text}:\``);
  if (ms === 0) return reading.error('RK201', node, `\`${first.text}:\` is a window of nothing`);
  if (first.text === 'within_last') return ms ? { kind: 'within_last', ms } : undefined;
  const of = fields.optional('of', (event) => readNamedEvent(reading, event, '`of:`'));
  return ms && of !== undefined ? { kind: 'within_first', ms, of } : undefined;
}

function readSince(reading: Reading, node: Node, scope: Scope): Window | undefined {
  if (node.kind === 'text' && node.text === 'entry') {
    if (!scope.entry)
      return reading.error(
        'RK306',
        node,
        'a segment has no entry to count from',
        'since: {event: x} counts from the latest x on',
      );
    return { kind: 'since', of: null };
  }
  if (node.kind === 'text')
    return reading.error(
      'RK207',
      node,
      `\`since:\` is entry or {event: x}, not \`${node.text}\``,
      `since: { event: ${node.text} } if that is an event; within_last: for a time up to now`,
    );
  const of = readNamedEvent(reading, node, '`since:`');
  return of === undefined ? undefined : { kind: 'since', of };
}

/** `{event: x}` with one name. */
function readNamedEvent(reading: Reading, node: Node, what: string): string | undefined {
  const map = reading.asMap(node, what);
  if (!map) return undefined;
  const name = new Fields(reading, map, { what, keys: ['event'] }).need('event');
  const read = name && readEventName(reading, name);
  return read === 'any'
    ? reading.error('RK207', name!, `${what} needs the name of one event`)
    : read;
}

function readQuantity(reading: Reading, fields: Fields): Quantity | undefined {
  const [first, second] = fields.present(QUANTITIES);
  if (second)
    return reading.error(
      'RK105',
      second,
      `one quantity only: \`${first!.text}:\` is there already`,
      'say all: with two event conditions',
    );
  if (!first) return { kind: 'once' };
  const node = fields.get(first.text);
  if (!node) return undefined;
  if (first.text === 'never')
    return (
      readTrue(reading, node, 'never', 'leave it out: the default is at least once') && {
        kind: 'never',
      }
    );
  if (first.text === 'count') return readCount(reading, node);
  if (node.kind === 'map')
    return reading.notBuilt(
      node,
      '`quiet_for:` with tests',
      'write one duration: quiet_for: 90 days',
    );
  const ms = readElapsed(reading, node, '`quiet_for:`');
  return ms === undefined
    ? undefined
    : ms === 0
      ? reading.error('RK201', node, '`quiet_for:` is a time of nothing')
      : { kind: 'quiet_for', ms, negated: false };
}

/** A whole number, or number tests. */
function readCount(reading: Reading, node: Node): Quantity | undefined {
  if (node.kind !== 'map') {
    const compared = node.kind === 'text' ? comparisonOf(node.text) : null;
    if (compared)
      return reading.error(
        'RK203',
        node,
        '`count:` compares with a word',
        `write count: ${compared}`,
      );
    const value = readWhole(reading, node, '`count:`');
    return value === undefined
      ? undefined
      : { kind: 'count', tests: [{ negated: false, op: 'is', value }] };
  }
  const fields = new Fields(reading, node, {
    what: '`count:`',
    keys: NUMBER_WORDS,
    later: ['percentile'],
  });
  const tests = readTests(reading, fields, NUMBER_WORDS, '`count:`');
  if (!tests) return undefined;
  const values = tests.flatMap((test) =>
    'values' in test
      ? test.values
      : 'value' in test
        ? [test.value]
        : 'low' in test
          ? [test.low, test.high]
          : [],
  );
  const odd = values.find(
    (value) => typeof value !== 'number' || !Number.isInteger(value) || value < 0,
  );
  if (odd !== undefined)
    return reading.error(
      'RK203',
      node,
      `\`count:\` counts in whole numbers from 0 on, not ${String(odd)}`,
    );
  return { kind: 'count', tests: tests as CountTest[] };
}

const SIGNS: Record<string, string> = {
  '>': 'more_than',
  '>=': 'at_least',
  '\u2265': 'at_least',
  '=>': 'at_least',
  '<': 'less_than',
  '<=': 'at_most',
  '\u2264': 'at_most',
  '=<': 'at_most',
  'more than': 'more_than',
  'at least': 'at_least',
  'less than': 'less_than',
  'at most': 'at_most',
};

/** `>= 3`, `3+` and `at least 3` in our words; null for anything else. */
function comparisonOf(text: string): string | null {
  const [, sign, number] = /^([<>=\u2264\u2265]+|[a-z]+ [a-z]+)\s*(\d+)$/.exec(text) ?? [];
  if (sign !== undefined && Object.hasOwn(SIGNS, sign)) return `{ ${SIGNS[sign]!}: ${number!} }`;
  const plus = /^(\d+)\s*\+$/.exec(text)?.[1];
  return plus === undefined ? null : `{ at_least: ${plus} }`;
}
