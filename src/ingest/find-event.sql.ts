/** Stage 1, for those who look: what an event is called, and when it happened. */
import type { Instant } from '../core/instant.js';
import type { Queryable } from '../core/queryable.js';

/** A profile's event, null when there is none of this number. */
export async function findEvent(
  sql: Queryable,
  profileId: number,
  id: number,
): Promise<{ name: string; occurredAt: Instant } | null> {
  const { rows } = await sql.query<{ name: string; occurredAt: Instant }>(
    'select name, occurred_at as "occurredAt" from events where profile_id = $1 and id = $2',
    [profileId, id],
  );
  return rows[0] ?? null;
}
