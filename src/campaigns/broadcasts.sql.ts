/**
 * Stage 3: broadcasts as rows. In: a campaign that is entered by broadcast, and who asks. Out: one broadcast that every
 * shard owes, how far it has come and what became of whom; the engine does the rest (engine/settle-broadcasts.ts).
 */
import type { Instant } from '../core/instant.js';
import { instantToSql } from '../core/instant.js';
import type { Queryable } from '../core/queryable.js';
import { SHARD_COUNT } from '../core/shard.js';

export const BROADCAST_STATES = ['running', 'done', 'cancelled'] as const;
export type BroadcastState = (typeof BROADCAST_STATES)[number];

export interface NewBroadcast {
  id: string;
  campaign: string;
  versionId: number;
  entry: Record<string, unknown>;
  /** Everybody is judged as of then. */
  at: Instant;
  /** The wall time that a schedule meant; null, or left out = somebody asked for it. */
  occurrence?: string | null;
  /** How many matched then; of a strike nobody counts before. */
  counted: number;
  by: string;
  /** sha256 of what was asked. */
  request: Buffer;
}

export interface StoredBroadcast extends Omit<
  NewBroadcast,
  'versionId' | 'request' | 'occurrence'
> {
  /** Of the campaign. */
  version: number;
  state: BroadcastState;
  /** Shards that have looked at everybody of theirs, of all there are. */
  shards: { done: number; all: number };
  /** Profiles that were looked at; of them, those that matched; of those, who entered. */
  judged: number;
  matched: number;
  entered: number;
  /** Those that matched and did not enter, by reason. */
  refused: Record<string, number>;
  /** When the last shard was done; null before. */
  finishedAt: Instant | null;
  cancelled: { at: Instant; by: string; why: string } | null;
}

/** Whether a text can be the id of a broadcast: one made of a key is a UUID of no version. */
export function isBroadcastId(text: string): boolean {
  return /^[\da-f]{8}(?:-[\da-f]{4}){3}-[\da-f]{12}$/i.test(text);
}

/** Writes it down with what every shard owes; false when there is one of this id. */
export async function insertBroadcast(sql: Queryable, o: NewBroadcast): Promise<boolean> {
  const { rowCount } = await sql.query(
    `insert into broadcasts (id, campaign, version_id, entry, at, counted, requested_by, request, occurrence)
     values ($1, $2, $3, $4::jsonb, $5::timestamptz(3), $6, $7, $8, $9) on conflict do nothing`,
    [
      o.id,
      o.campaign,
      o.versionId,
      JSON.stringify(o.entry),
      instantToSql(o.at),
      o.counted,
      o.by,
      o.request,
      o.occurrence ?? null,
    ],
  );
  if (rowCount === 0) return false;
  await sql.query(
    `insert into broadcast_shards (broadcast_id, shard) select $1, shard from generate_series(0, $2::integer - 1) as shard`,
    [o.id, SHARD_COUNT],
  );
  return true;
}

/** The hash of what was asked under this id; null when nothing was. */
export async function requestOf(sql: Queryable, id: string): Promise<Buffer | null> {
  const { rows } = await sql.query<{ request: Buffer }>(
    'select request from broadcasts where id = $1',
    [id],
  );
  return rows[0]?.request ?? null;
}

/** Broadcasts of a campaign, the latest first; `before` is (at, id) of the last one seen. */
export async function listBroadcasts(
  sql: Queryable,
  {
    campaign,
    before,
    limit,
  }: { campaign: string; before: [Instant, string] | null; limit: number },
): Promise<StoredBroadcast[]> {
  return select(sql, {
    which: `b.campaign = $1 and ($2::timestamptz(3) is null or (b.at, b.id) < ($2, $3::uuid))
            order by b.at desc, b.id desc limit $4`,
    values: [campaign, before && instantToSql(before[0]), before?.[1] ?? null, limit],
  });
}

/** One broadcast; null when there is none of this id. */
export async function loadBroadcast(sql: Queryable, id: string): Promise<StoredBroadcast | null> {
  const [found] = await select(sql, { which: 'b.id = $1', values: [id] });
  return found ?? null;
}

interface Row extends Omit<
  StoredBroadcast,
  'state' | 'shards' | 'judged' | 'matched' | 'entered' | 'refused' | 'cancelled'
> {
  done: number;
  occurrence: string | null;
  counts: Record<string, number>;
  cancelledAt: Instant | null;
  cancelledBy: string;
  cancelledWhy: string;
}

async function select(
  sql: Queryable,
  { which, values }: { which: string; values: unknown[] },
): Promise<StoredBroadcast[]> {
  const { rows } = await sql.query<Row>(
    `select b.id, b.campaign, v.version, b.entry, b.at, b.counted, b.occurrence, b.requested_by as by, s.done,
       case when s.done = s.all then s.latest end as "finishedAt", coalesce(c.counts, '{}') as counts,
       b.cancelled_at as "cancelledAt", b.cancelled_by as "cancelledBy", b.cancelled_why as "cancelledWhy"
     from broadcasts b join definition_versions v on v.id = b.version_id
     cross join lateral (
       select count(*) as all, count(done_at) as done, max(done_at) as latest
       from broadcast_shards where broadcast_id = b.id) s
     left join lateral (
       select jsonb_object_agg(outcome, n) as counts
       from (select outcome, sum(n) as n from broadcast_counts where broadcast_id = b.id group by outcome) o) c on true
     where ${which}`,
    values,
  );
  return rows.map(toBroadcast);
}

function toBroadcast({
  done,
  counts,
  cancelledAt,
  cancelledBy,
  cancelledWhy,
  occurrence,
  ...row
}: Row): StoredBroadcast {
  const { judged = 0, matched = 0, entered = 0, ...refused } = counts;
  return {
    ...row,
    counted: occurrence === null ? row.counted : matched,
    state: cancelledAt !== null ? 'cancelled' : done === SHARD_COUNT ? 'done' : 'running',
    shards: { done, all: SHARD_COUNT },
    judged,
    matched,
    entered,
    refused,
    cancelled:
      cancelledAt === null ? null : { at: cancelledAt, by: cancelledBy, why: cancelledWhy },
  };
}

/**
 * Takes in nobody any more whom it has not let in; waits for the pages that engines have in hand. Of a campaign
 * (`id: null`) those that are on their way. Returns how many there were.
 */
export async function cancelBroadcasts(
  sql: Queryable,
  { campaign, id }: { campaign: string; id: string | null },
  { by, why, now }: { by: string; why: string; now: Instant },
): Promise<number> {
  const { rowCount } = await sql.query(
    `update broadcasts b set cancelled_at = greatest($3::timestamptz(3), at), cancelled_by = $4, cancelled_why = $5
     where campaign = $1 and cancelled_at is null and (id = $2::uuid or $2::uuid is null and exists (
       select from broadcast_shards s where s.broadcast_id = b.id and s.done_at is null))`,
    [campaign, id, instantToSql(now), by, why],
  );
  return rowCount ?? 0;
}

export const BROADCAST_OUTCOMES = [
  'entered',
  'refused',
  'did_not_match',
  'came_later',
  'waits',
  'cancelled',
] as const;
/**
 * What a broadcast came to for one profile. `came_later`: it did not exist at that instant; `waits`: the broadcast has
 * yet to come to it; `cancelled`: before it did.
 */
export type BroadcastOutcome = (typeof BROADCAST_OUTCOMES)[number];

export interface ProfileInBroadcast {
  id: string;
  at: Instant;
  /** The wall time that a schedule meant; null = somebody asked for it. */
  occurrence: string | null;
  outcome: BroadcastOutcome;
  /** Of `refused`. */
  reason: string | null;
  /** The data that it brings. */
  entry: Record<string, unknown>;
}

/** What the latest broadcasts of a campaign came to for a profile, the latest first. */
export async function broadcastsOf(
  sql: Queryable,
  { campaign, profileId, limit }: { campaign: string; profileId: number; limit: number },
): Promise<ProfileInBroadcast[]> {
  const { rows } = await sql.query<ProfileInBroadcast>(
    `select b.id, b.at, b.entry, b.occurrence, r.reason,
       case
         when exists (select from enrolments e where e.profile_id = p.id and e.campaign = b.campaign
           and split_part(e.trigger, '/', 1) = 'broadcast:' || b.id) then 'entered'
         when r.reason is not null then 'refused'
         when p.created_at > b.at then 'came_later'
         when b.cancelled_at is null and exists (select from inbox i where i.shard = p.shard and i.judged_at = b.at
           and i.profile_id = p.id and i.data ->> 'broadcast' = b.id::text) then 'waits'
         when s.after_profile >= p.id or b.occurrence is not null and s.done_at is not null then 'did_not_match'
         when b.cancelled_at is not null then 'cancelled'
         when s.done_at is not null then 'came_later'
         else 'waits'
       end as outcome
     from broadcasts b
     join profiles p on p.id = $2
     join broadcast_shards s on s.broadcast_id = b.id and s.shard = p.shard
     left join lateral (
       select reason from entry_refusals f where f.profile_id = p.id and f.campaign = b.campaign
         and f.trigger = 'broadcast:' || b.id order by f.id desc limit 1) r on true
     where b.campaign = $1
     order by b.at desc, b.id desc limit $3`,
    [campaign, profileId, limit],
  );
  return rows;
}
