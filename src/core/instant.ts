/**
 * Instants. Every point in time inside the engine is a whole number of milliseconds since
 * 1970-01-01T00:00Z, because times are `timestamptz(3)` in the database (design.md 2) and a
 * number compares, sorts and serialises without surprises. `NEVER` is Postgres' `infinity`.
 */
export type Instant = number;

/** The instant that never comes: `changes_at` of a truth that only an event can change. */
export const NEVER: Instant = Number.POSITIVE_INFINITY;

/** Milliseconds in one elapsed day: outside calendar places a day is always 24 h (semantics.md, Clock). */
export const DAY_MS = 86_400_000;

/** An instant as Postgres and JSON read it: ISO 8601 in UTC, or `infinity` for `NEVER`. */
export function instantToSql(at: Instant): string {
  return at === NEVER ? 'infinity' : new Date(at).toISOString();
}
