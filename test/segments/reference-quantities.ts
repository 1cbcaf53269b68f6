/** The meaning of quantities, for the reference evaluator: how many, how much, how long ago. Shares no code with the compiler. */
import type { NumberTest, Quantity } from '../../src/language/definitions.js';
import { average, scaled, sum } from './exact.js';
import type { Question, ReferenceEvent } from './reference-evaluator.js';
import { and, find, type Truth } from './reference-values.js';

export function judgeQuantity(
  quantity: Quantity,
  matching: readonly ReferenceEvent[],
  open: boolean,
  q: Question,
): Truth {
  switch (quantity.kind) {
    case 'once':
      return open ? (matching.length > 0 ? true : null) : matching.length > 0;
    case 'never':
      return open ? null : matching.length === 0;
    case 'count':
      return judgeCount(matching.length, quantity.tests, open);
    case 'distinct': {
      const values = matching.map(({ properties }) => find(properties, quantity.of));
      const scalars = values.filter((v) => ['string', 'number', 'boolean'].includes(typeof v));
      return judgeCount(new Set(scalars).size, quantity.tests, open);
    }
    case 'sum':
    case 'average':
    case 'min':
    case 'max': {
      const numbers = matching
        .map(({ properties }) => find(properties, quantity.of))
        .filter((v) => typeof v === 'number');
      return judgeNumbers(quantity.kind, numbers, quantity.tests, open);
    }
    case 'trend':
    case 'percentile':
      throw new Error('what is sampled is judged by its samples');
    case 'quiet_for': {
      if (open) return null;
      const last = matching.at(-1);
      if (last === undefined) return quantity.negated;
      const quiet = q.at - last.occurredAt;
      const holds =
        'ms' in quantity
          ? quiet >= quantity.ms
          : quantity.tests.every((test) => compare(BigInt(quiet), test, BigInt));
      return holds !== quantity.negated;
    }
  }
}

/** In an open window only a lower bound is decided, and only once it is reached. */
export function judgeCount(n: number, tests: readonly NumberTest[], open: boolean): Truth {
  return and(
    tests.map((test) => {
      const holds = compare(BigInt(n) * 1000n, test, (value) => BigInt(Math.round(value * 1000)));
      return open ? reached(test, holds) : holds;
    }),
  );
}

function judgeNumbers(
  kind: 'sum' | 'average' | 'min' | 'max',
  numbers: number[],
  tests: readonly NumberTest[],
  open: boolean,
): Truth {
  if (open && kind !== 'sum') return null;
  if (numbers.length === 0 && kind !== 'sum') return null;
  return and(
    tests.map((test) => {
      const holds =
        kind === 'sum'
          ? compare(sum(numbers), test, scaled)
          : kind === 'average'
            ? compare(sum(numbers), test, (value) => average(value, numbers.length))
            : compare(scaled(Math[kind](...numbers)), test, scaled);
      return open ? reached(test, holds) : holds;
    }),
  );
}

function reached(test: NumberTest, holds: boolean): Truth {
  return growing(test) && holds ? true : null;
}

/** Exactly, as whole numbers on one scale. */
export function compare(n: bigint, test: NumberTest, scale: (value: number) => bigint): boolean {
  const at = (value: unknown): bigint => scale(value as number);
  const holds = {
    is: () => n === at((test as { value: number }).value),
    in: () => (test as { values: number[] }).values.some((value) => n === at(value)),
    more_than: () => n > at((test as { value: number }).value),
    less_than: () => n < at((test as { value: number }).value),
    at_least: () => n >= at((test as { value: number }).value),
    at_most: () => n <= at((test as { value: number }).value),
    between: () => {
      const { low, high } = test as { low: number; high: number };
      return at(low) <= n && n <= at(high);
    },
  }[test.op]();
  return holds !== test.negated;
}

/** Of time that goes on: once true it stays so. */
export function growing({ op, negated }: NumberTest): boolean {
  return negated ? op === 'less_than' || op === 'at_most' : op === 'at_least' || op === 'more_than';
}
