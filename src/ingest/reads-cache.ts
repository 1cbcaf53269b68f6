/**
 * Stage 1: the newest revision's `reads` and project, loaded once per revision and pool. In: a transaction
 * that holds the definitions lock shared; out: what the engine wants to hear of, null before any apply.
 */
import type { ConnectionSource, Queryable } from '../core/queryable.js';
import { currentReads } from '../definitions/load-definitions.js';

export type CurrentReads = NonNullable<Awaited<ReturnType<typeof currentReads>>>;

const cached = new WeakMap<ConnectionSource, CurrentReads>();

/** What `revision`, the newest one, reads; asked for only when it is another than the last time. */
export async function readsOf(
  source: ConnectionSource,
  sql: Queryable,
  revision: number | null,
): Promise<CurrentReads | null> {
  if (revision === null) return null;
  const known = cached.get(source);
  if (known?.revision === revision) return known;
  const fresh = await currentReads(sql);
  if (fresh) cached.set(source, fresh);
  return fresh;
}
