/** Stage 1: which failures of Postgres are the fault of a value, so that a part without it can be stored. */
import { TOO_MANY_NAMES, TRAITS_TOO_LARGE } from './trait-limits.js';

/** SQLSTATE classes: data exception, integrity constraint, program limit (an index row too large). */
const DATA_CLASSES = new Set(['22', '23', '54']);

/** Thrown in a transaction that gave profiles more trait names than fit. */
export class TooManyNames extends Error {
  readonly code = '23514';
}

/** Whether `error` came of what was to be stored, not of the database's state. */
export function isDataError(error: unknown): boolean {
  const { code } = error as { code?: unknown };
  return typeof code === 'string' && code.length === 5 && DATA_CLASSES.has(code.slice(0, 2));
}

/** Why, in a sentence without the value. */
export function unstorable(error: unknown): string {
  if (error instanceof TooManyNames) return TOO_MANY_NAMES;
  const { code, constraint } = error as { code: string; constraint?: string };
  return constraint?.endsWith('_traits_size')
    ? TRAITS_TOO_LARGE
    : `the database cannot keep it (SQLSTATE ${code})`;
}
