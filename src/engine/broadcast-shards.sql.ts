/**
 * What shards owe to broadcasts, and how far they have come. In: shards that the caller holds. Out: the broadcasts they
 * owe, pages of profiles by id, and the place up to which everybody was looked at, written in the transaction of what
 * was decided: a killed engine goes on exactly where it was.
 */
import type { Instant } from '../core/instant.js';
import { instantToSql } from '../core/instant.js';
import type { Queryable } from '../core/queryable.js';
import type { BroadcastCount, RunningBroadcast } from './window.js';

/** A broadcast, and the shards that owe it; `after` = the last profile that was looked at there. */
export interface OwedBroadcast extends RunningBroadcast {
  cancelled: boolean;
  shards: { shard: number; after: number }[];
}

const COLUMNS = `b.id, b.campaign, b.version_id as "versionId", b.entry, b.at, b.occurrence`;

/**
 * The broadcasts that these shards owe by `until`, the oldest first. They cannot be cancelled until the transaction ends; where one
 * was cancelled after it began, it fails (40001) and is begun anew.
 */
export async function lockOwed(
  sql: Queryable,
  shards: readonly number[],
  until: Instant,
): Promise<OwedBroadcast[]> {
  const { rows } = await sql.query<
    RunningBroadcast & { cancelled: boolean; shard: number; after: number }
  >({
    name: 'engine-lock-owed-broadcasts',
    text: `select ${COLUMNS}, b.cancelled_at is not null as cancelled, s.shard, s.after_profile as after
           from broadcast_shards s join broadcasts b on b.id = s.broadcast_id
           where s.done_at is null and s.shard = any($1::smallint[]) and b.at <= $2::timestamptz
           order by b.at, b.id, s.shard for share of b`,
    values: [shards, instantToSql(until)],
  });
  const owed = new Map<string, OwedBroadcast>();
  for (const { shard, after, ...broadcast } of rows) {
    if (!owed.has(broadcast.id)) owed.set(broadcast.id, { ...broadcast, shards: [] });
    owed.get(broadcast.id)!.shards.push({ shard, after });
  }
  return [...owed.values()];
}

/** Of these broadcasts, those that are not cancelled; they cannot be until the transaction ends. */
export async function lockRunning(
  sql: Queryable,
  ids: readonly string[],
): Promise<Map<string, RunningBroadcast>> {
  const { rows } = await sql.query<RunningBroadcast>(
    `select ${COLUMNS} from broadcasts b where id = any($1::uuid[]) and cancelled_at is null order by id for share`,
    [ids],
  );
  return new Map(rows.map((row) => [row.id, row]));
}

export interface PagedProfile {
  id: number;
  shard: number;
  /** False: a tombstone of a merge, or somebody who came after the broadcast's instant. */
  judged: boolean;
  parked: boolean;
}

/** The next profiles of each shard, at most `share` of each; of these zones, or whose zone may have been one of them. */
export async function nextPage(
  sql: Queryable,
  { at, shards }: Pick<OwedBroadcast, 'at' | 'shards'>,
  { share, zones }: { share: number; zones: readonly string[] | null },
): Promise<PagedProfile[]> {
  const { rows } = await sql.query<PagedProfile>({
    name: 'engine-broadcast-page',
    text: `select p.id, s.shard, p.merged_into is null and p.created_at <= $4::timestamptz as judged,
                  exists (select from parked_profiles k where k.profile_id = p.id) as parked
           from unnest($1::smallint[], $2::bigint[]) as s (shard, after)
           cross join lateral (
             select id, merged_into, created_at from profiles
             where shard = s.shard and id > s.after
               and ($5::text[] is null or coalesce(zone, '') = any($5::text[]) or traits_changed_at > $4::timestamptz)
             order by id limit $3) p
           order by s.shard, p.id`,
    values: [
      shards.map(({ shard }) => shard),
      shards.map(({ after }) => after),
      share,
      instantToSql(at),
      zones,
    ],
  });
  return rows;
}

/** Writes down how far these shards have come; `done` = nobody is left there. */
export async function markPage(
  sql: Queryable,
  broadcast: string,
  reached: readonly { shard: number; after: number; done: boolean }[],
  at: Instant,
): Promise<void> {
  await sql.query({
    name: 'engine-mark-broadcast-page',
    text: `update broadcast_shards b
           set after_profile = r.after, done_at = case when r.done then $5::timestamptz end
           from unnest($2::smallint[], $3::bigint[], $4::boolean[]) as r (shard, after, done)
           where b.broadcast_id = $1 and b.shard = r.shard`,
    values: [
      broadcast,
      reached.map(({ shard }) => shard),
      reached.map(({ after }) => after),
      reached.map(({ done }) => done),
      instantToSql(at),
    ],
  });
}

/** Cancels a broadcast for the engine's own reasons. */
export async function abandon(
  sql: Queryable,
  broadcast: string,
  { why, at }: { why: string; at: Instant },
): Promise<void> {
  await sql.query(
    `update broadcasts set cancelled_at = $2::timestamptz, cancelled_by = 'engine', cancelled_why = $3
     where id = $1 and cancelled_at is null`,
    [broadcast, instantToSql(at), why],
  );
}

/**
 * Leaves these profiles for later: as facts, which wait while a profile is parked, and park one that cannot be settled.
 */
export async function setAside(
  sql: Queryable,
  { id, campaign, at }: RunningBroadcast,
  profiles: readonly number[],
): Promise<void> {
  if (profiles.length === 0) return;
  await sql.query(
    `insert into inbox (shard, profile_id, kind, name, occurred_at, judged_at, data)
     select shard, id, 'enrol', $2, $3::timestamptz, $3::timestamptz, jsonb_build_object('broadcast', $4::text)
     from profiles where id = any($1::bigint[])`,
    [profiles, campaign, instantToSql(at), id],
  );
}

/** Adds to what became of those who were looked at. */
export async function addCounts(sql: Queryable, counts: readonly BroadcastCount[]): Promise<void> {
  if (counts.length === 0) return;
  await sql.query(
    `insert into broadcast_counts as c (broadcast_id, shard, outcome, n)
     select broadcast, shard, outcome, sum(n)
     from jsonb_to_recordset($1::jsonb) as r (broadcast uuid, shard smallint, outcome text, n bigint)
     group by broadcast, shard, outcome order by broadcast, shard, outcome
     on conflict (broadcast_id, shard, outcome) do update set n = c.n + excluded.n`,
    [JSON.stringify(counts)],
  );
}
