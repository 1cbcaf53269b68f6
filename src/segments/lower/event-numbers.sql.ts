/**
 * `sum`, `average`, `min` and `max` in SQL: aggregates over the numbers that a property of the matching events has.
 * Numeric, so exact: an average is compared without dividing. The sum of nothing is 0, the others are undecided then.
 */
import type { NumberTest, Quantity } from '../../language/definitions.js';
import { isLowerBound } from '../count-ranges.js';
import type { EventFacts, QuantitySql } from './quantity-sql.js';
import type { Lowering } from './lowering.js';

type Numbers = Extract<Quantity, { kind: 'sum' | 'average' | 'min' | 'max' }>;

const AGGREGATES: Record<Numbers['kind'], Record<string, string>> = {
  sum: { total: 'sum' },
  average: { total: 'sum', numbers: 'count' },
  min: { least: 'min' },
  max: { greatest: 'max' },
};

export function lowerNumbers(quantity: Numbers, lowering: Lowering): QuantitySql {
  const { kind, of, tests } = quantity;
  const holds = ({ aggregate }: EventFacts): string => {
    switch (kind) {
      case 'sum':
        return passes(`coalesce(${aggregate('total')}, 0)`, tests, lowering);
      case 'average': {
        const average = passes(aggregate('total'), tests, lowering, aggregate('numbers'));
        return `case when ${aggregate('numbers')} > 0 then ${average} end`;
      }
      case 'min':
        return passes(aggregate('least'), tests, lowering);
      case 'max':
        return passes(aggregate('greatest'), tests, lowering);
    }
  };
  return {
    holds,
    changes: null,
    reached: kind === 'sum' && tests.every(isLowerBound) ? holds : null,
    boundaries: null,
    readsLast: false,
    values: { path: of, of: 'numbers', aggregates: AGGREGATES[kind] },
  };
}

/** All tests on a numeric expression, or on `sum` as so many times the compared number. */
function passes(
  sum: string,
  tests: readonly NumberTest[],
  lowering: Lowering,
  times?: string,
): string {
  const number = (value: number): string => {
    const bound = lowering.bind(value, 'numeric');
    return times === undefined ? bound : `${bound} * ${times}`;
  };
  const truths = tests.map((test) => {
    const holds = passesOne(sum, test, number);
    return test.negated ? `not (${holds})` : holds;
  });
  return truths.length === 1 ? truths[0]! : truths.map((truth) => `(${truth})`).join(' and ');
}

function passesOne(sum: string, test: NumberTest, number: (value: number) => string): string {
  switch (test.op) {
    case 'is':
      return `${sum} = ${number(test.value as number)}`;
    case 'in':
      return `${sum} in (${test.values.map((value) => number(value as number)).join(', ')})`;
    case 'more_than':
      return `${sum} > ${number(test.value)}`;
    case 'less_than':
      return `${sum} < ${number(test.value)}`;
    case 'at_least':
      return `${sum} >= ${number(test.value)}`;
    case 'at_most':
      return `${sum} <= ${number(test.value)}`;
    case 'between':
      return `${sum} between ${number(test.low)} and ${number(test.high)}`;
  }
}
