/** Stage 1, for those who look: what an event is called, when it happened, and what it said. */
import type { Instant } from '../core/instant.js';
import type { Queryable } from '../core/queryable.js';

export interface FoundEvent {
  name: string;
  occurredAt: Instant;
  properties: Record<string, unknown>;
}

/** A profile's event, null when there is none of this number. */
export async function findEvent(
  sql: Queryable,
  profileId: number,
  id: number,
): Promise<FoundEvent | null> {
  const { rows } = await sql.query<FoundEvent>(
    'select name, occurred_at as "occurredAt", properties from events where profile_id = $1 and id = $2',
    [profileId, id],
  );
  return rows[0] ?? null;
}
