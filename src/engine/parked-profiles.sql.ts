/**
 * Profiles set aside because settling them failed (`parked_profiles`): the rest of their shard goes on,
 * their own facts and timers wait until somebody deletes the row.
 */
import type { Instant } from '../core/instant.js';
import { instantToSql } from '../core/instant.js';
import type { Queryable } from '../core/queryable.js';

/** The profiles of a shard that have facts or due rows at `at`, parked ones left out. */
export async function profilesWithWork(
  sql: Queryable,
  shard: number,
  at: Instant,
): Promise<number[]> {
  const { rows } = await sql.query<{ profile_id: number }>(
    `select profile_id from (
       select profile_id from inbox where shard = $1 and judged_at <= $2::timestamptz
       union
       select profile_id from segment_states where shard = $1 and changes_at < 'infinity' and changes_at <= $2::timestamptz
       union
       select profile_id from enrolments
         where shard = $1 and state = 'active' and least(due_at, watch_at) <= $2::timestamptz
     ) work where profile_id not in (select profile_id from parked_profiles)
     order by profile_id`,
    [shard, instantToSql(at)],
  );
  return rows.map((row) => row.profile_id);
}

/** Sets a profile aside with the error it failed on. */
export async function park(
  sql: Queryable,
  o: { profileId: number; shard: number; at: Instant; error: unknown },
): Promise<void> {
  await sql.query(
    `insert into parked_profiles (profile_id, shard, parked_at, error) values ($1, $2, $3, $4)
     on conflict (profile_id) do nothing`,
    [o.profileId, o.shard, instantToSql(o.at), String(o.error).slice(0, 1_000)],
  );
}
