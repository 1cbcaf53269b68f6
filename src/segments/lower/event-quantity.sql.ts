/**
 * Quantities of event conditions in SQL. In: a quantity; out: its truth over the facts of the matching
 * events, and which of those events can matter at all.
 */
import type { NumberTest, Quantity } from '../../language/definitions.js';
import { boundaries, countRanges, reachedAt, type CountRange } from '../count-ranges.js';
import { after, elapsedIn } from './elapsed.sql.js';
import { lowerNumbers } from './event-numbers.sql.js';
import type { Lowering } from './lowering.js';
import type { QuantitySql } from './quantity-sql.js';

/** What is sampled is lowered elsewhere (lower-trend.sql.ts, lower-percentile.sql.ts). */
type Present = Exclude<Quantity, { kind: 'trend' | 'percentile' }>;

export function lowerQuantity(quantity: Present, lowering: Lowering): QuantitySql {
  switch (quantity.kind) {
    case 'once':
      return counted([{ from: 1, to: null }], 1, lowering);
    case 'never':
      return counted([{ from: 0, to: 0 }], null, lowering);
    case 'count':
      return counted(countRanges(quantity.tests), reachedAt(quantity.tests), lowering);
    case 'distinct':
      return {
        ...counted(countRanges(quantity.tests), reachedAt(quantity.tests), lowering),
        values: { path: quantity.of, of: 'kinds', aggregates: {} },
      };
    case 'sum':
    case 'average':
    case 'min':
    case 'max':
      return lowerNumbers(quantity, lowering);
    case 'quiet_for': {
      const atLeast = (value: number): NumberTest => ({ negated: false, op: 'at_least', value });
      const tests = 'ms' in quantity ? [atLeast(quantity.ms)] : quantity.tests;
      return quiet(countRanges(tests), quantity.negated, lowering);
    }
  }
}

function counted(
  ranges: readonly CountRange[],
  reached: number | null,
  lowering: Lowering,
): QuantitySql {
  return {
    holds: ({ n }) => inRanges(n, ranges, lowering),
    changes: null,
    reached: reached === null ? null : ({ n }) => `${n} >= ${lowering.bind(reached, 'bigint')}`,
    boundaries: boundaries(ranges),
    readsLast: false,
    values: null,
  };
}

/** The time since the latest event lies in one of the ranges (of milliseconds); false without one. */
function quiet(ranges: readonly CountRange[], negated: boolean, lowering: Lowering): QuantitySql {
  const turns = boundaries(ranges);
  return {
    holds: ({ n, last }) =>
      `${negated ? 'not ' : ''}(${n} > 0 and ${elapsedIn(last, 's.at', ranges, lowering)})`,
    changes:
      turns.length === 0
        ? null
        : ({ n, last }) =>
            `case ${turns.map((ms) => `when ${n} > 0 and ${after(last, ms, lowering)} > s.at then ${after(last, ms, lowering)}`).join(' ')} end`,
    reached: null,
    boundaries: [1],
    readsLast: true,
    values: null,
  };
}

/** That a whole number lies in one of the ranges. */
export function inRanges(n: string, ranges: readonly CountRange[], lowering: Lowering): string {
  if (ranges.length === 0) return 'false';
  const bind = (value: number): string => lowering.bind(value, 'bigint');
  const parts = ranges.map(({ from, to }) =>
    to === null ? `${n} >= ${bind(from)}` : `${n} between ${bind(from)} and ${bind(to)}`,
  );
  return parts.length === 1 ? parts[0]! : `(${parts.join(' or ')})`;
}
