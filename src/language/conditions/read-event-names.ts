/** Names of events: one, a list of them, or `any`, which is every event of the application. */
import type { EventNames } from '../definitions.js';
import type { Reading } from '../reading.js';
import { readEventName } from '../scalars/read-text.js';
import type { Node } from '../syntax/nodes.js';

export function readEventNames(
  reading: Reading,
  node: Node,
  key = 'event',
): EventNames | undefined {
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
      `\`${key}:\` has an empty list`,
      `name an event, or say ${key}: any`,
    );
  const names = node.items.map((item) => readEventName(reading, item));
  if (!names.every((name) => name !== undefined)) return undefined;
  if (names.includes('any'))
    return reading.error('RK105', node, '`any` already means every event', `write ${key}: any`);
  return { kind: 'list', names: [...new Set(names)] };
}
