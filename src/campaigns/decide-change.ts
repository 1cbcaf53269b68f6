/** Stage 3. Whether a change of a trait lets in: from what to what. Pure. */
import { isDeepStrictEqual } from 'node:util';
import { valueAt } from '../core/value-at.js';
import type { Entry, ValueTest } from '../language/definitions.js';
import { testValue, type Testing } from '../segments/test-value.js';

export type ByTrait = Extract<Entry, { kind: 'trait' }>;

/** What it was and what it is now, null for nothing; null when it is no change that lets in. `change`: of the whole trait. */
export function changeThatLetsIn(
  { path: [, ...rest], from, to }: ByTrait,
  change: { before?: unknown; after?: unknown },
  testing: Testing,
): { from: unknown; to: unknown } | null {
  const before = valueAt(change.before, rest) ?? null;
  const after = valueAt(change.after, rest) ?? null;
  if (isDeepStrictEqual(before, after)) return null;
  const passes = (value: unknown, tests: readonly ValueTest[]): boolean =>
    tests.length === 0 || testValue(value ?? undefined, tests, testing) === true;
  return passes(before, from) && passes(after, to) ? { from: before, to: after } : null;
}
