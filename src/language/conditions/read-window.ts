/** The window of an event condition: which time it looks at (semantics.md, Windows). */
import type { Window } from '../definitions.js';
import { Fields } from '../fields.js';
import type { Reading } from '../reading.js';
import { readDateRange } from '../scalars/read-date-bound.js';
import { readElapsed } from '../scalars/read-time.js';
import { readEventName } from '../scalars/read-text.js';
import type { Node } from '../syntax/nodes.js';
import type { Scope } from './scope.js';

export const WINDOWS = ['within_last', 'within_first', 'between', 'since'];

export function readWindow(reading: Reading, fields: Fields, scope: Scope): Window | undefined {
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
  if (!first) return scope.windowless;
  const node = fields.get(first.text);
  if (!node) return undefined;
  if (first.text === 'since') return readSince(reading, node, scope);
  if (first.text === 'between') return readBetween(reading, node);
  const ms = readElapsed(reading, node, `\`${first.text}:\``);
  if (ms === 0) return reading.error('RK201', node, `\`${first.text}:\` is a window of nothing`);
  if (first.text === 'within_last') return ms ? { kind: 'within_last', ms } : undefined;
  const of = fields.optional('of', (event) => readNamedEvent(reading, event, '`of:`'));
  return ms && of !== undefined ? { kind: 'within_first', ms, of } : undefined;
}

function readBetween(reading: Reading, node: Node): Window | undefined {
  const range = readDateRange(reading, node, '`between:`');
  if (!range) return undefined;
  const { from } = range;
  if (typeof from === 'object' && 'days' in from && from.days > 0)
    return reading.error(
      'RK305',
      node,
      '`between:` begins after today, and nothing has happened there yet',
      'write the days gone by: between: [30 days ago, today]',
    );
  return { kind: 'between', ...range };
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
