/** A name of rekindle.yaml in a campaign; resolved when every file was read. */
import type { Reading } from '../reading.js';
import { readName } from '../scalars/read-text.js';
import type { Node } from '../syntax/nodes.js';

export function readReference(
  reading: Reading,
  node: Node,
  kind: 'topic' | 'sender' | 'endpoint',
): string | undefined {
  const name = readName(reading, node, kind === 'endpoint' ? 'an endpoint' : `a ${kind}`);
  if (name) reading.refer(kind, name);
  return name?.text;
}
