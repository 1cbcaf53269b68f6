/** Number tests that exclude each other: `more_than: 5, less_than: 3` would match nobody. */
import type { ValueTest } from '../definitions.js';
import type { Reading } from '../reading.js';
import type { Span } from '../syntax/nodes.js';

/** Reports bounds that no number fits between; true when it did. `show` writes a number as the author did. */
export function reportImpossible(
  reading: Reading,
  at: Span,
  tests: ValueTest[],
  what: string,
  show: (value: number) => string = String,
): boolean {
  let [low, high, open] = [-Infinity, Infinity, false];
  const raise = (value: number, exclusive: boolean): void => {
    if (value > low || (value === low && exclusive))
      [low, open] = [value, exclusive || (value === high && open)];
  };
  const lower = (value: number, exclusive: boolean): void => {
    if (value < high || (value === high && exclusive))
      [high, open] = [value, exclusive || (value === low && open)];
  };
  for (const test of tests) {
    if (test.negated) continue;
    if (test.op === 'at_least' || test.op === 'more_than')
      raise(test.value, test.op === 'more_than');
    if (test.op === 'at_most' || test.op === 'less_than')
      lower(test.value, test.op === 'less_than');
    if (test.op === 'between') {
      raise(test.low, false);
      lower(test.high, false);
    }
  }
  if (low < high || (low === high && !open)) return false;
  const turned = tests.length === 1 && tests[0]!.op === 'between' ? tests[0]! : null;
  reading.error(
    'RK305',
    at,
    `${what} cannot pass these tests: nothing is ${open && low === high ? 'above and below' : 'both above'} ${low === high ? show(low) : `${show(low)} and below ${show(high)}`}`,
    turned
      ? `the smaller one first: between: [${show(turned.high)}, ${show(turned.low)}]`
      : 'leave one of the two out, or say any: with a condition for each',
  );
  return true;
}
