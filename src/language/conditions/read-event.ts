/**
 * `event:` as a condition: names, then occurrence, where and window, then the quantity (semantics.md, Truth 4).
 * The same reader serves exits, which add `same:`.
 */
import type { EventCondition, EventNames } from '../definitions.js';
import { Fields } from '../fields.js';
import type { Reading } from '../reading.js';
import { readChoice, readEventName } from '../scalars/read-text.js';
import type { MapNode, Node } from '../syntax/nodes.js';
import { QUANTITIES, readQuantity } from './read-quantity.js';
import { NUMBER_WORDS, readWhere } from './read-tests.js';
import { readWindow, WINDOWS } from './read-window.js';
import type { Scope } from './scope.js';
import { sequenceRules } from './sequence.js';

const WITHIN =
  'write within_last: for the time up to now, or within_first: for the first days of a profile';

/** The keys of an event condition; `extra` are those its place adds. */
export function eventFields(reading: Reading, map: MapNode, extra: readonly string[] = []): Fields {
  const sequence = sequenceRules(map, WITHIN);
  const { later } = sequence;
  return new Fields(reading, map, {
    what: 'an event condition',
    keys: ['event', 'where', 'occurrence', ...QUANTITIES, ...WINDOWS, 'of', ...extra],
    ...sequence,
    elsewhere: { ...countsMeant(map, [...WINDOWS, ...later, ...extra]), ...sequence.elsewhere },
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
