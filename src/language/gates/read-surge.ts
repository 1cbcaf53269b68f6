/** `surge: 2000` or `surge: 10%`: how many may enter a campaign within an hour before ops are asked. */
import type { Surge } from '../definitions.js';
import type { Reading } from '../reading.js';
import { readWhole } from '../scalars/read-number.js';
import { readShare } from '../scalars/read-share.js';
import type { Node } from '../syntax/nodes.js';

export function readSurge(reading: Reading, node: Node): Surge | undefined {
  if (node.kind === 'text' && node.text.endsWith('%')) {
    const share = readShare(reading, node, '`surge:`');
    return share === undefined ? undefined : { share };
  }
  const count = readWhole(reading, node, '`surge:`', 1);
  return count === undefined ? undefined : { count };
}
