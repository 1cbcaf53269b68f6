import * as fc from 'fast-check';
import type { NumberTest } from '../language/definitions.js';
import { boundaries, countRanges, reachedAt } from './count-ranges.js';

function test(
  op: 'at_least' | 'more_than' | 'less_than' | 'at_most',
  value: number,
  negated = false,
): NumberTest {
  return { op, value, negated };
}

describe('counts', () => {
  it.each<[string, NumberTest[], { from: number; to: number | null }[], number[], number | null]>([
    ['at_least 2', [test('at_least', 2)], [{ from: 2, to: null }], [2], 2],
    ['less_than 2', [test('less_than', 2)], [{ from: 0, to: 1 }], [2], null],
    ['not less_than 2', [test('less_than', 2, true)], [{ from: 2, to: null }], [2], 2],
    ['more_than 2.5', [test('more_than', 2.5)], [{ from: 3, to: null }], [3], 3],
    ['is 3', [{ op: 'is', value: 3, negated: false }], [{ from: 3, to: 3 }], [3, 4], null],
    ['is_not 0', [{ op: 'is', value: 0, negated: true }], [{ from: 1, to: null }], [1], null],
    [
      'in 1, 2, 5',
      [{ op: 'in', values: [1, 2, 5], negated: false }],
      [
        { from: 1, to: 2 },
        { from: 5, to: 5 },
      ],
      [1, 3, 5, 6],
      null,
    ],
    [
      'between 2 and 4',
      [{ op: 'between', low: 2, high: 4, negated: false }],
      [{ from: 2, to: 4 }],
      [2, 5],
      null,
    ],
    ['is 1.5, which no count is', [{ op: 'is', value: 1.5, negated: false }], [], [], null],
    ['at_least 0, which every count is', [test('at_least', 0)], [{ from: 0, to: null }], [], 0],
    [
      'at_least 3 and at_most 4',
      [test('at_least', 3), test('at_most', 4)],
      [{ from: 3, to: 4 }],
      [3, 5],
      null,
    ],
    ['more than any table holds', [test('at_least', 1e300)], [], [], null],
  ])('%s', (_, tests, ranges, flips, reached) => {
    expect(countRanges(tests)).toEqual(ranges);
    expect(boundaries(countRanges(tests))).toEqual(flips);
    expect(reachedAt(tests)).toBe(reached);
  });

  it('hold exactly the numbers that pass every test', () => {
    const bound = fc.oneof(
      fc.integer({ min: -2, max: 8 }),
      fc.double({ min: -2, max: 8, noNaN: true }),
    );
    const any = fc.oneof(
      fc.record({
        op: fc.constantFrom(
          'at_least' as const,
          'more_than' as const,
          'less_than' as const,
          'at_most' as const,
          'is' as const,
        ),
        value: bound,
        negated: fc.boolean(),
      }),
      fc.record({
        op: fc.constant('between' as const),
        low: bound,
        high: bound,
        negated: fc.boolean(),
      }),
    );
    const passes = (n: number, one: NumberTest): boolean => {
      if (one.op === 'between') return (n >= one.low && n <= one.high) !== one.negated;
      if (one.op === 'in') throw new Error('not generated');
      const v = one.value as number;
      return (
        { at_least: n >= v, more_than: n > v, less_than: n < v, at_most: n <= v, is: n === v }[
          one.op
        ] !== one.negated
      );
    };
    fc.assert(
      fc.property(fc.array(any, { minLength: 1, maxLength: 3 }), (tests) => {
        const ranges = countRanges(tests);
        for (let n = 0; n <= 12; n++) {
          const inside = ranges.some(({ from, to }) => from <= n && (to === null || n <= to));
          expect(inside).toBe(tests.every((one) => passes(n, one)));
        }
      }),
    );
  });
});
