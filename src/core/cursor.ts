/**
 * Cursor paging, the same on every list of every face. In: the `cursor` that the page before gave. Out: a page with
 * the next one's cursor, null at the end. A cursor holds the sort key of the last row, so a page costs the same
 * however deep it lies, and rows that arrive meanwhile shift nothing.
 */
import { HttpProblem } from './http-problem.js';

/** What a cursor holds: whole numbers and texts, the first of them the most significant. */
type SortKey = readonly (number | string)[];

export interface Page<T> {
  items: T[];
  /** Null on the last page. */
  next: string | null;
}

/**
 * The sort key in a cursor, whose parts are of the given types; null without one. Throws 400 for what no page of
 * this list gave.
 */
export function readCursor<K extends SortKey>(
  cursor: string | undefined,
  ...types: { [I in keyof K]: K[I] extends number ? 'number' : 'string' }
): K | null {
  if (cursor === undefined) return null;
  try {
    const key: unknown = JSON.parse(Buffer.from(cursor, 'base64url').toString('utf8'));
    if (
      Array.isArray(key) &&
      key.length === types.length &&
      key.every((part, i) => fits(part, types[i]))
    )
      return key as unknown as K;
  } catch {
    // said below
  }
  throw new HttpProblem(400, 'the cursor is none that this list gave');
}

function fits(part: unknown, type: unknown): boolean {
  if (type === 'number') return Number.isSafeInteger(part);
  return typeof part === 'string' && !/\0|\p{Surrogate}/u.test(part);
}

/** A page of at most `limit` rows, of a query that asked for one more. */
export function toPage<T, R>(
  rows: R[],
  { limit }: { limit: number },
  { key, show }: { key: (row: R) => SortKey; show: (row: R) => T },
): Page<T> {
  const shown = rows.slice(0, limit);
  const last = shown.at(-1);
  const next =
    rows.length > limit && last !== undefined
      ? Buffer.from(JSON.stringify(key(last))).toString('base64url')
      : null;
  return { items: shown.map(show), next };
}
