/** What becomes of mail that could not go out in time: `if_late:` of rekindle.yaml, a campaign, a send. */
import type { IfLate } from './gate-shapes.js';
import { Fields } from '../fields.js';
import type { Reading } from '../reading.js';
import { readElapsed } from '../scalars/read-time.js';
import { readChoice } from '../scalars/read-text.js';
import type { Node } from '../syntax/nodes.js';

const EXAMPLE = 'if_late: { by: 2 days, then: skip }';

export function readIfLate(reading: Reading, node: Node): IfLate | undefined {
  const map = reading.asMap(node, '`if_late:`');
  if (!map) return undefined;
  const fields = new Fields(reading, map, { what: '`if_late:`', keys: ['by', 'then'] });
  const byNode = fields.need('by', EXAMPLE);
  const thenNode = fields.need('then', `${EXAMPLE}; or send, or ask`);
  const ms = byNode && readElapsed(reading, byNode, '`by:`');
  const then =
    thenNode && readChoice(reading, thenNode, '`then:`', ['skip', 'send', 'ask'] as const);
  if (ms === 0) return reading.error('RK201', byNode!, '`by:` is a time of nothing', EXAMPLE);
  return ms && then ? { ms, then } : undefined;
}
