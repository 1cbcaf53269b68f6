/**
 * Quantities of event conditions in SQL. In: a quantity; out: its truth over the facts of the matching
 * events, and which of those events can matter at all.
 */
import type { Quantity } from '../../language/definitions.js';
import { boundaries, countRanges, reachedAt, type CountRange } from '../count-ranges.js';
import type { Lowering } from './lowering.js';

/** What is known of the events that match: expressions over the main relation. */
export interface EventFacts {
  /** Their number, 0 for none; cut at the largest number that matters. */
  n: string;
  /** When the latest occurred; meaningful where n > 0. */
  last: string;
}

export interface QuantitySql {
  /** True or false, for a window that is not open. */
  holds(facts: EventFacts): string;
  /** When time alone changes that within an unchanged set of events, SQL null for never; null = never. */
  changes: ((facts: EventFacts) => string) | null;
  /** The number from which an open `within_first` is true already; null = only its end decides. */
  reachedAt: number | null;
  /** The counts at which the truth flips. */
  boundaries: number[];
  /** Whether it reads when the latest occurred. */
  readsLast: boolean;
}

export function lowerQuantity(quantity: Quantity, lowering: Lowering): QuantitySql {
  switch (quantity.kind) {
    case 'once':
      return counted([{ from: 1, to: null }], 1, lowering);
    case 'never':
      return counted([{ from: 0, to: 0 }], null, lowering);
    case 'count':
      return counted(countRanges(quantity.tests), reachedAt(quantity.tests), lowering);
    case 'quiet_for': {
      const quietAt = ({ last }: EventFacts): string =>
        `${last} + ${lowering.interval(quantity.ms)}`;
      return {
        holds: (facts) =>
          `${quantity.negated ? 'not ' : ''}(${facts.n} > 0 and ${quietAt(facts)} <= s.at)`,
        changes: (facts) =>
          `case when ${facts.n} > 0 and ${quietAt(facts)} > s.at then ${quietAt(facts)} end`,
        reachedAt: null,
        boundaries: [1],
        readsLast: true,
      };
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
    reachedAt: reached,
    boundaries: boundaries(ranges),
    readsLast: false,
  };
}

function inRanges(n: string, ranges: readonly CountRange[], lowering: Lowering): string {
  if (ranges.length === 0) return 'false';
  const bind = (value: number): string => lowering.bind(value, 'bigint');
  const parts = ranges.map(({ from, to }) =>
    to === null ? `${n} >= ${bind(from)}` : `${n} between ${bind(from)} and ${bind(to)}`,
  );
  return parts.length === 1 ? parts[0]! : `(${parts.join(' or ')})`;
}
