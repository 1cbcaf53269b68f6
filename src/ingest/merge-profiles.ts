/**
 * Stage 1: two profiles turn out to be one person. In: loser and survivor; out: everything the loser had is
 * the survivor's, the loser is a tombstone (`merged_into`), and the engine hears of it once (`merge`).
 * Invariants: both shards' locks are held from before BEGIN, lower first (design.md 7), so the engine is
 * not in the middle of either; every key of both is locked, so ingest writes to neither. Doing it again,
 * or while someone else does it, changes nothing.
 */
import type { Instant } from '../core/instant.js';
import { instantToSql } from '../core/instant.js';
import type { Connection, ConnectionSource, Queryable } from '../core/queryable.js';
import { earlier, zoneOf } from './decide-profile.js';
import type { JsonObject } from './item.js';
import { moveLoser } from './merge-profiles.sql.js';
import type { Merge } from './resolve-identities.js';
import { mergeTraits, type KnownTraits, type TraitTimes } from './trait-statements.js';

/**
 * Merges one profile into another at `at` (ms). Returns false when there was nothing to do: one of them
 * is a tombstone by now, or the loser got a user id and the merge is not `explicit` (alias).
 */
export async function mergeProfiles(
  source: ConnectionSource,
  merge: Merge,
  at: Instant,
): Promise<boolean> {
  const connection = await source.connect();
  let broken = true;
  try {
    const shards = await lockShards(connection, [merge.loser, merge.survivor]);
    await connection.query('begin');
    const merged = await mergeLocked(connection, merge, at);
    await connection.query(merged ? 'commit' : 'rollback');
    await unlockShards(connection, shards);
    broken = false;
    return merged;
  } finally {
    // A broken session is thrown away, and its locks with it.
    connection.release(broken);
  }
}

async function lockShards(sql: Connection, profiles: number[]): Promise<number[]> {
  const { rows } = await sql.query<{ shard: number }>(
    'select distinct shard from profiles where id = any($1::bigint[]) order by shard',
    [profiles],
  );
  const shards = rows.map((row) => row.shard);
  for (const shard of shards) {
    await sql.query('select pg_advisory_lock(hashtext(current_schema()), $1::integer)', [shard]);
  }
  return shards;
}

async function unlockShards(sql: Connection, shards: readonly number[]): Promise<void> {
  for (const shard of shards) {
    await sql.query('select pg_advisory_unlock(hashtext(current_schema()), $1::integer)', [shard]);
  }
}

interface Half {
  id: number;
  shard: number;
  traits: JsonObject;
  traits_occurred_at: TraitTimes;
  born_at: Instant | null;
  first_event_at: Instant | null;
  traits_changed_at: Instant | null;
  account_id: number | null;
  merged_into: number | null;
}

async function mergeLocked(sql: Connection, merge: Merge, at: Instant): Promise<boolean> {
  const ids = [merge.loser, merge.survivor];
  await lockAllKeys(sql, ids);
  const { rows } = await sql.query<Half>(
    `select id, shard, traits, traits_occurred_at, born_at, first_event_at, traits_changed_at, account_id, merged_into
     from profiles where id = any($1::bigint[]) order by id for update`,
    [ids],
  );
  const loser = rows.find((row) => row.id === merge.loser);
  const survivor = rows.find((row) => row.id === merge.survivor);
  if (!loser || !survivor || loser.merged_into !== null || survivor.merged_into !== null)
    return false;
  if (!merge.explicit && (await hasUserId(sql, loser.id))) return false;
  const changedAt = Math.max(at, loser.traits_changed_at ?? at, survivor.traits_changed_at ?? at);
  await storeSurvivor(sql, loser, survivor, changedAt);
  await moveLoser(sql, {
    loser: loser.id,
    survivor: survivor.id,
    from: loser.shard,
    shard: survivor.shard,
    at: changedAt,
  });
  return true;
}

/**
 * Locks every key of both profiles. Whoever adds a key holds another one of the same profile FOR SHARE
 * until it commits, so once a fresh look finds no key that is not ours, no one is writing to them. (What
 * slipped past a single look would be caught by the profile's own lock, but by way of a deadlock.)
 */
async function lockAllKeys(sql: Queryable, ids: number[]): Promise<void> {
  let locked = -1;
  for (;;) {
    const { rowCount } = await sql.query(
      'select from profile_keys where profile_id = any($1::bigint[]) order by kind, value for update',
      [ids],
    );
    if (rowCount === locked) return;
    locked = rowCount ?? 0;
  }
}

async function hasUserId(sql: Queryable, id: number): Promise<boolean> {
  const { rowCount } = await sql.query(
    `select from profile_keys where profile_id = $1 and kind = 'user' limit 1`,
    [id],
  );
  return (rowCount ?? 0) > 0;
}

/**
 * Traits as mergeTraits decides. A trait's history goes along where the survivor has none of its own; otherwise
 * the loser's stays with the tombstone, and what the survivor takes over is a change of `at`.
 */
async function storeSurvivor(
  sql: Queryable,
  loser: Half,
  survivor: Half,
  at: Instant,
): Promise<void> {
  const { traits, traitTimes, changes } = mergeTraits(knowledgeOf(survivor), knowledgeOf(loser));
  const { rows } = await sql.query<{ trait: string }>(
    'select distinct trait from trait_changes where profile_id = $1',
    [survivor.id],
  );
  const own = [...new Set([...Object.keys(survivor.traits), ...rows.map((row) => row.trait)])];
  await sql.query(
    `update trait_changes set profile_id = $2 where profile_id = $1 and trait <> all($3::text[])`,
    [loser.id, survivor.id, own],
  );
  await sql.query('update late_traits set profile_id = $2 where profile_id = $1', [
    loser.id,
    survivor.id,
  ]);
  const news = changes.filter(({ trait }) => own.includes(trait));
  if (news.length > 0) {
    await sql.query(
      `insert into trait_changes (profile_id, trait, before, after, changed_at, source)
       select $1, trait, before, after, $2::timestamptz, 'merge'
       from jsonb_to_recordset($3::jsonb) as r (trait text, before jsonb, after jsonb)`,
      [survivor.id, instantToSql(at), JSON.stringify(news)],
    );
  }
  await sql.query(
    `update profiles set traits = $2::jsonb, zone = $3, born_at = $4::timestamptz, first_event_at = $5::timestamptz,
            traits_changed_at = $6::timestamptz, account_id = $7, traits_occurred_at = $8::jsonb
     where id = $1`,
    [
      survivor.id,
      JSON.stringify(traits),
      zoneOf(traits),
      sqlInstant(earlier(loser.born_at, survivor.born_at)),
      sqlInstant(earlier(loser.first_event_at, survivor.first_event_at)),
      changes.length > 0 ? instantToSql(at) : sqlInstant(survivor.traits_changed_at),
      survivor.account_id ?? loser.account_id,
      JSON.stringify(traitTimes),
    ],
  );
}

function knowledgeOf({ traits, traits_occurred_at: traitTimes }: Half): KnownTraits {
  return { traits, traitTimes };
}

function sqlInstant(at: Instant | null): string | null {
  return at === null ? null : instantToSql(at);
}
