/**
 * The definitions lock (design.md 4): ingest holds it shared while it decides from `reads` what goes into
 * the inbox, apply holds it exclusively while it publishes. So no event is judged by definitions that
 * did not know of it. Transaction-scoped: it ends with the transaction that took it.
 *
 * Key: (workspace schema, -1). Shard locks use the same first key and 0 .. 255, so they never meet.
 */
import type { Queryable } from '../core/queryable.js';

const SECOND_KEY = -1;

/** `lockDefinitionsShared` as a statement, for ingest, which sends it behind BEGIN for every group: prepared. */
export const LOCK_SHARED = {
  name: 'definitions-lock-shared',
  text: `select pg_advisory_xact_lock_shared(hashtext(current_schema()), ${SECOND_KEY})`,
};

/** Waits for a running apply, then holds definitions still until the transaction of `sql` ends. */
export async function lockDefinitionsShared(sql: Queryable): Promise<void> {
  await sql.query(LOCK_SHARED);
}

/** Waits for every transaction that reads definitions, then keeps new ones out until this one ends. */
export async function lockDefinitionsExclusive(sql: Queryable): Promise<void> {
  await sql.query(`select pg_advisory_xact_lock(hashtext(current_schema()), ${SECOND_KEY})`);
}
