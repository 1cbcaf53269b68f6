/** Stage 3, for those who look: entries that may come (engine/settle-awaited.ts writes them). */
import type { Instant } from '../core/instant.js';
import type { Queryable } from '../core/queryable.js';

/** When the next one of this profile is looked at; NEVER = only an event can bring it; null = none has begun. */
export async function nextAwaited(
  sql: Queryable,
  { profileId, campaign }: { profileId: number; campaign: string },
): Promise<Instant | null> {
  const { rows } = await sql.query<{ due: Instant | null }>(
    `select min(due_at) as due from awaited_entries where profile_id = $1 and campaign = $2`,
    [profileId, campaign],
  );
  return rows[0]!.due;
}
