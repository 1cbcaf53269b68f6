/**
 * Which shards have work, and whose they are. A shard is held by an advisory lock of the session that settles it, taken
 * before its transaction begins (design.md 4), so a process that dies lets go of it.
 */
import type { Instant } from '../core/instant.js';
import { instantToSql } from '../core/instant.js';
import type { Queryable } from '../core/queryable.js';
import { SHARD_COUNT } from '../core/shard.js';

/**
 * Shards with facts or due rows at `now`, with parked profiles to be tried again, with segments, and campaigns by
 * date, whose live version they have not built, or with profiles that a broadcast or a migration has yet to come to. What waits for a parked profile is no work.
 */
export async function findWork(
  sql: Queryable,
  { now, revision }: { now: Instant; revision: number },
): Promise<number[]> {
  const free = 'profile_id not in (select profile_id from parked_profiles)';
  const { rows } = await sql.query<{ shard: number }>({
    name: 'engine-find-work',
    text: `with dated as materialized (
             select l.name, l.version_id from live_definitions l join definition_versions v on v.id = l.version_id
             where l.kind = 'campaign' and v.definition #>> '{enter,kind}' = 'date' and v.definition ->> 'draft' = 'false'),
           scheduled as materialized (
             select l.name, l.version_id from live_definitions l join definition_versions v on v.id = l.version_id
             where l.kind = 'campaign' and v.definition #>> '{enter,kind}' = 'schedule' and v.definition ->> 'draft' = 'false')
           select shard from generate_series(0, $2::int - 1) as all_shards (shard)
           where exists (select from inbox where inbox.shard = all_shards.shard and judged_at <= $1::timestamptz and ${free})
              or exists (select from segment_states s where s.shard = all_shards.shard
                           and s.changes_at < 'infinity' and s.changes_at <= $1::timestamptz and ${free})
              or exists (select from enrolments e where e.shard = all_shards.shard
                           and e.state = 'active' and e.due_at < 'infinity' and e.due_at <= $1::timestamptz and ${free})
              or exists (select from enrolments e where e.shard = all_shards.shard
                           and e.state = 'active' and e.watch_at < 'infinity' and e.watch_at <= $1::timestamptz and ${free})
              or exists (select from awaited_entries a where a.shard = all_shards.shard
                           and a.due_at < 'infinity' and a.due_at <= $1::timestamptz and ${free})
              or exists (select from parked_profiles p where p.shard = all_shards.shard
                           and (p.retry_at <= $1::timestamptz or p.revision < $3))
              or exists (select from live_definitions l where l.kind = 'segment' and not exists (
                           select from segment_builds b where b.shard = all_shards.shard
                             and b.segment = l.name and b.version_id = l.version_id))
              or exists (select from dated d where not exists (
                           select from entry_builds b where b.shard = all_shards.shard
                             and b.campaign = d.name and b.version_id = d.version_id))
              or exists (select from sample_clocks where due_at <= $1::timestamptz)
              or exists (select from schedule_clocks where due_at < 'infinity' and due_at <= $1::timestamptz)
              or exists (select from scheduled d where not exists (
                           select from schedule_clocks c where c.campaign = d.name and c.version_id = d.version_id))
              or exists (select from broadcast_shards b where b.shard = all_shards.shard and b.done_at is null)
              or exists (select from migrating_profiles q where q.shard = all_shards.shard)`,
    values: [instantToSql(now), SHARD_COUNT, revision],
  });
  return rows.map((row) => row.shard);
}

/** Takes the first `most` of these shards that nobody else holds. */
export async function lockFree(
  sql: Queryable,
  shards: readonly number[],
  most: number,
): Promise<number[]> {
  // A function scan comes in order and the limit stops it: no lock is taken beyond it.
  const { rows } = await sql.query<{ shard: number }>(
    `select shard from unnest($1::int[]) as shard
     where pg_try_advisory_lock(hashtext(current_schema()), shard) limit $2`,
    [shards, most],
  );
  return rows.map((row) => row.shard);
}

export async function unlock(sql: Queryable, shards: readonly number[]): Promise<void> {
  await sql.query(
    `select pg_advisory_unlock(hashtext(current_schema()), shard) from unnest($1::int[]) as shard`,
    [shards],
  );
}
