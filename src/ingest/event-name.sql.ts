/** Stage 1, for those who look: what an event is called. */
import type { Queryable } from '../core/queryable.js';

/** The name of a profile's event, null when there is none of this number. */
export async function findEventName(
  sql: Queryable,
  profileId: number,
  id: number,
): Promise<string | null> {
  const { rows } = await sql.query<{ name: string }>(
    'select name from events where profile_id = $1 and id = $2',
    [profileId, id],
  );
  return rows[0]?.name ?? null;
}
