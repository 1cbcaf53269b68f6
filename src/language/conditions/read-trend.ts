/** `trend:`: how often an event came lately against the time before, `{drops_by, over, from_at_least}`. */
import type { PropertyTest } from '../definitions.js';
import { Fields } from '../fields.js';
import type { Reading } from '../reading.js';
import { readWhole } from '../scalars/read-number.js';
import { readShare } from '../scalars/read-share.js';
import { readElapsed } from '../scalars/read-time.js';
import type { Node, TextNode } from '../syntax/nodes.js';
import { movesWithClock } from './moves-with-clock.js';
import type { TrendQuantity } from './sampled-shapes.js';

const WAYS = ['drops_by', 'rises_by'] as const;
/** As many percent as `rises_by:` can say. */
const MOST_PERCENT = 999;

export function readTrend(reading: Reading, node: Node): TrendQuantity | undefined {
  const map = reading.asMap(node, '`trend:`');
  if (!map) return undefined;
  const fields = new Fields(reading, map, {
    what: '`trend:`',
    keys: [...WAYS, 'over', 'from_at_least'],
    elsewhere: {
      within_last: 'say over: 14 days, which compares the last 14 days with the 14 before',
      at_least: 'say from_at_least: how many there were before, at least',
    },
  });
  const [first, second] = fields.present(WAYS);
  if (second)
    return reading.error(
      'RK105',
      second,
      `a trend goes one way only: \`${first!.text}:\` is there already`,
      'say any: with two event conditions',
    );
  // Reports that it is missing where neither is there.
  const way = (first?.text ?? 'drops_by') as TrendQuantity['way'];
  const shareNode = fields.need(way, 'by how much: drops_by: 50%, or rises_by: 100%');
  const overNode = fields.need('over', 'over which time: over: 14 days');
  const leastNode = fields.need(
    'from_at_least',
    'how many there must have been before; without it one that became none would be a drop: from_at_least: 20',
  );
  const most = way === 'rises_by' ? MOST_PERCENT : 100;
  const share = shareNode && readShare(reading, shareNode, `\`${way}:\``, { most });
  const overMs = overNode && readOver(reading, overNode);
  const fromAtLeast = leastNode && readLeast(reading, leastNode);
  if (!share || !overMs || !fromAtLeast) return undefined;
  const { sampling } = reading;
  return { kind: 'trend', way, share, overMs, fromAtLeast, sampling, negated: false };
}

function readOver(reading: Reading, node: Node): number | undefined {
  const ms = readElapsed(reading, node, '`over:`');
  return ms === 0
    ? reading.error('RK201', node, '`over:` is a time of nothing', 'over: 14 days')
    : ms;
}

function readLeast(reading: Reading, node: Node): number | undefined {
  const least = readWhole(reading, node, '`from_at_least:`');
  return least === 0
    ? reading.error(
        'RK203',
        node,
        '`from_at_least:` begins with 1: nothing cannot become less',
        'say how many are enough to be called a habit: from_at_least: 20',
      )
    : least;
}

/** Reports what cannot stand beside a trend, which has windows of its own; true when it did. */
export function besideTrend(
  reading: Reading,
  others: readonly TextNode[],
  where: readonly PropertyTest[],
  at: Node,
): boolean {
  for (const { text, start, end } of others)
    reading.error(
      'RK105',
      { start, end },
      `\`trend:\` compares all that came in two windows of its own; \`${text}:\` does not go with it`,
      'say over: for how long the windows are, or all: with another event condition',
    );
  const moves = movesWithClock(where);
  if (moves)
    reading.error(
      'RK105',
      at,
      '`trend:` is counted once a day; a test that moves with the clock does not go with it',
      'compare with a date that stays: before: 2026-05-01',
    );
  return moves || others.length > 0;
}
