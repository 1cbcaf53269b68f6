/**
 * Stage 1: the newest revision's `reads` and project, loaded once per revision and pool. In: a transaction
 * that holds the definitions lock shared; out: what the engine wants to hear of, null before any apply.
 */
import type { ConnectionSource, Queryable } from '../core/queryable.js';
import { currentReads, currentRevision } from '../definitions/load-definitions.js';

export type CurrentReads = NonNullable<Awaited<ReturnType<typeof currentReads>>>;

const cached = new WeakMap<ConnectionSource, CurrentReads>();

/** The newest revision; only a number is asked for while it stays the same. */
export async function readsOf(
  source: ConnectionSource,
  sql: Queryable,
): Promise<CurrentReads | null> {
  const revision = await currentRevision(sql);
  if (revision === null) return null;
  const known = cached.get(source);
  if (known?.revision === revision) return known;
  const fresh = await currentReads(sql);
  if (fresh) cached.set(source, fresh);
  return fresh;
}
