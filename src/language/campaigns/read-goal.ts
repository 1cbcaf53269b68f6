/** `goal:`: the event that makes an enrolment a success. */
import { readEventNames } from '../conditions/read-event-names.js';
import { readWhere } from '../conditions/read-tests.js';
import { OF_ENTERED } from '../conditions/scope.js';
import type { Goal } from '../definitions.js';
import { Fields } from '../fields.js';
import type { Reading } from '../reading.js';
import { readElapsed } from '../scalars/read-time.js';
import { readBoolean, readPath } from '../scalars/read-text.js';
import type { Node } from '../syntax/nodes.js';

export function readGoal(reading: Reading, node: Node): Goal | undefined {
  const help = node.kind === 'text' ? `write goal: { event: ${node.text} }` : undefined;
  const map = reading.asMap(node, '`goal:`', help);
  if (!map) return undefined;
  const fields = new Fields(reading, map, {
    what: 'a goal',
    keys: ['event', 'where', 'same', 'within', 'value', 'ends'],
    elsewhere: { within_last: 'write within: the time after entry in which it counts' },
  });
  const event = fields.need(
    'event',
    'a goal is an event: goal: { event: order_completed, within: 30 days }',
  );
  const names = event && readEventNames(reading, event);
  const where = fields.optional('where', (value) => readWhere(reading, value, OF_ENTERED));
  const same = fields.optional('same', (value) => readPath(reading, value, '`same:`'));
  const withinMs = fields.optional('within', (value) => readElapsed(reading, value, '`within:`'));
  const value = fields.optional('value', (path) => readPath(reading, path, '`value:`'));
  const ends = fields.optional('ends', (word) => readBoolean(reading, word, '`ends:`'));
  if (
    !names ||
    where === undefined ||
    same === undefined ||
    withinMs === undefined ||
    value === undefined ||
    ends === undefined
  )
    return undefined;
  return reading.placed(
    { match: { names, where: where ?? [] }, same, withinMs, value, ends: ends ?? true },
    node,
  );
}
