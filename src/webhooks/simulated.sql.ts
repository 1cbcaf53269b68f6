/**
 * Calls in a simulation that people go on with, the demo: nothing leaves. In: its workspace. Out: endpoints that nobody calls
 * until somebody enables them, and what was decided written down as simulated.
 */
import { instantToSql, type Instant } from '../core/instant.js';
import type { Queryable } from '../core/queryable.js';

/** Calls of these endpoints wait from now on. */
export async function disableSimulated(sql: Queryable, at: Instant): Promise<void> {
  await sql.query(
    `update webhook_endpoints set disabled_at = $1::timestamptz(3), disabled_because = 'simulated' where name is not null`,
    [instantToSql(at)],
  );
}

/** Writes down as simulated what was decided before `to`. */
export async function settleSimulated(sql: Queryable, to: Instant): Promise<void> {
  await sql.query(
    `update webhook_deliveries set state = 'simulated', settled_at = due_at
     where state = 'pending' and due_at < $1::timestamptz(3)`,
    [instantToSql(to)],
  );
}
