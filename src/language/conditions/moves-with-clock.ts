/** Tests that are true at one time and not at another, for who counts at certain times only. Pure. */
import type { PropertyTest } from '../definitions.js';

export function movesWithClock(where: readonly PropertyTest[]): boolean {
  return where.some(({ tests }) =>
    tests.some(
      (test) =>
        ['within_last', 'within_next', 'anniversary_within_next'].includes(test.op) ||
        ('date' in test && typeof test.date === 'object' && 'days' in test.date),
    ),
  );
}
