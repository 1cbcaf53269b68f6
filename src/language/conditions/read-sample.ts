/** `sample:`: a share of all profiles, or `{share, salt}`; the salt is the name of the file unless it is given. */
import type { SampleCondition } from './choice-shapes.js';
import { Fields } from '../fields.js';
import type { Reading } from '../reading.js';
import { readShare } from '../scalars/read-share.js';
import { readLine } from '../scalars/read-text.js';
import type { MapNode } from '../syntax/nodes.js';

/** A millionth is the finest share: four decimals of a percent. */
const DECIMALS = 4;

export function readSample(reading: Reading, map: MapNode): SampleCondition | undefined {
  const node = new Fields(reading, map, { what: 'a sample condition', keys: ['sample'] }).get(
    'sample',
  );
  if (!node) return undefined;
  const sample = (salt: string, millionths: number | undefined): SampleCondition | undefined =>
    millionths === undefined ? undefined : { kind: 'sample', salt, millionths, negated: false };
  const own = reading.file.id;
  if (node.kind !== 'map')
    return sample(own, readShare(reading, node, '`sample:`', { decimals: DECIMALS }));
  const fields = new Fields(reading, node, { what: '`sample:`', keys: ['share', 'salt'] });
  const shareNode = fields.need('share', 'how many: share: 10%');
  const share = shareNode && readShare(reading, shareNode, '`share:`', { decimals: DECIMALS });
  const salt = fields.optional('salt', (value) => readLine(reading, value, '`salt:`'));
  return salt === undefined ? undefined : sample(salt ?? own, share);
}
