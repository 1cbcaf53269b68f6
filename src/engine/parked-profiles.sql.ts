/**
 * Profiles set aside because settling them failed (`parked_profiles`): the rest of their shard goes on, their own
 * facts and timers wait. They are tried again at growing intervals, and at once under new definitions, because what
 * made them fail may have been mended: nobody has to know of them for that. Deleting a row frees its profile now.
 */
import type { Instant } from '../core/instant.js';
import { instantToSql } from '../core/instant.js';
import { errorText } from '../core/error-fields.js';
import type { Queryable } from '../core/queryable.js';

const FIRST_RETRY_MS = 60_000;
const LONGEST_RETRY_MS = 3_600_000;

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
       union
       select profile_id from awaited_entries where shard = $1 and due_at < 'infinity' and due_at <= $2::timestamptz
     ) work where profile_id not in (select profile_id from parked_profiles)
     order by profile_id`,
    [shard, instantToSql(at)],
  );
  return rows.map((row) => row.profile_id);
}

/** The parked profiles of these shards that are to be tried again at `at` under `revision`. */
export async function dueForRetry(
  sql: Queryable,
  shards: readonly number[],
  o: { at: Instant; revision: number },
): Promise<{ profileId: number; shard: number }[]> {
  const { rows } = await sql.query<{ profile_id: number; shard: number }>({
    name: 'engine-parked-due',
    text: `select profile_id, shard from parked_profiles
           where shard = any($1::smallint[]) and (retry_at <= $2::timestamptz or revision < $3)
           order by profile_id`,
    values: [shards, instantToSql(o.at), o.revision],
  });
  return rows.map((row) => ({ profileId: row.profile_id, shard: row.shard }));
}

/** Lets a profile go; to be done in the transaction that settles it, so that a failure leaves it parked. */
export async function unpark(sql: Queryable, profileId: number): Promise<void> {
  await sql.query('delete from parked_profiles where profile_id = $1', [profileId]);
}

/** Sets a profile aside with the error it failed on, or notes that it has failed again; returns how often by now. */
export async function park(
  sql: Queryable,
  o: { profileId: number; shard: number; at: Instant; revision: number; error: unknown },
): Promise<number> {
  const { rows } = await sql.query<{ failures: number }>(
    `insert into parked_profiles as p (profile_id, shard, parked_at, retry_at, revision, error)
     values ($1, $2, $3::timestamptz, $3::timestamptz + $6 * interval '1 millisecond', $4, $5)
     on conflict (profile_id) do update
       set failures = p.failures + 1, shard = excluded.shard, revision = excluded.revision, error = excluded.error,
           retry_at = excluded.parked_at + least($6 * 2.0 ^ least(p.failures, 20), $7) * interval '1 millisecond'
     returning failures`,
    [
      o.profileId,
      o.shard,
      instantToSql(o.at),
      o.revision,
      errorText(o.error).slice(0, 1_000),
      FIRST_RETRY_MS,
      LONGEST_RETRY_MS,
    ],
  );
  return rows[0]!.failures;
}
