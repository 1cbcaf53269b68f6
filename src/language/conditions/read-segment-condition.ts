/** `segment:` as a condition: member or not, or a member without interruption `for_at_least` so long. */
import type { SegmentCondition } from './choice-shapes.js';
import { Fields } from '../fields.js';
import type { Reading } from '../reading.js';
import { readElapsed } from '../scalars/read-time.js';
import { readChoice, readName } from '../scalars/read-text.js';
import type { MapNode } from '../syntax/nodes.js';
import type { Scope } from './scope.js';

export function readSegmentCondition(
  reading: Reading,
  map: MapNode,
  { about }: Scope,
): SegmentCondition | undefined {
  const fields = new Fields(reading, map, {
    what: 'a segment condition',
    keys: ['segment', 'is', 'for_at_least'],
  });
  const name = fields.optional('segment', (node) => readName(reading, node, 'a segment'));
  const is = fields.optional('is', (node) =>
    readChoice(reading, node, '`is:`', ['member', 'not_member'] as const),
  );
  const stay = fields.optional('for_at_least', (node) =>
    readElapsed(reading, node, '`for_at_least:`'),
  );
  if (!name || is === undefined || stay === undefined) return undefined;
  reading.refer('segment', name);
  const condition = { kind: 'segment', segment: name.text, negated: is === 'not_member' } as const;
  if (stay === null) return condition;
  const key = fields.key('for_at_least')!;
  if (stay === 0)
    return reading.error(
      'RK201',
      fields.get('for_at_least')!,
      '`for_at_least:` is a time of nothing',
      'leave it out for whoever is a member',
    );
  if (condition.negated)
    return reading.error(
      'RK105',
      key,
      '`for_at_least:` is about members; it does not go with `is: not_member`',
      'none: with segment: and for_at_least: is true of those who are none, or not so long',
    );
  if (about === 'member')
    return reading.error(
      'RK310',
      key,
      'how long somebody has been a member is known of the profile itself, not of its colleagues',
      'leave for_at_least: out here',
    );
  return { ...condition, forAtLeastMs: stay };
}
