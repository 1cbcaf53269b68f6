/**
 * Stage 1: two profiles turn out to be one person. In: loser and survivor; out: everything the loser had is
 * the survivor's, the loser is a tombstone (`merged_into`), and the engine hears of it once (`merge`).
 * Invariants: both shards' locks are held from before BEGIN, lower first (design.md 7), so the engine is
 * not in the middle of either; every key of both is locked, so ingest writes to neither. Doing it again,
 * or while someone else does it, changes nothing. In four round trips: statements that need no answer of those
 * before them go out together.
 */
import type { Instant } from '../core/instant.js';
import { instantToSql } from '../core/instant.js';
import type { Connection, ConnectionSource, Queryable } from '../core/queryable.js';
import { insertMoves } from './account-moves.sql.js';
import { learn } from './billing/stripe-objects.js';
import { loadStripeObjects, type StripeObjects } from './billing/stripe-objects.sql.js';
import { effectsOf } from './billing/stripe-touches.js';
import { earlier, zoneOf } from './decide-profile.js';
import type { JsonObject } from './item.js';
import { moveLoser } from './merge-profiles.sql.js';
import { connectPipelined } from './pipelined.js';
import { prepared } from './prepared.js';
import type { Merge } from './resolve-identities.js';
import { TraitSize } from './trait-limits.js';
import {
  mergeTraits,
  stateTraits,
  type KnownTraits,
  type TraitChange,
  type TraitTimes,
} from './trait-statements.js';

/** `not_needed`: one of them is a tombstone by now, or the loser got a user id and the merge is not by alias. */
export type MergeResult = 'merged' | 'not_needed' | { tooMuch: string };

/** Merges one profile into another at `at` (ms), or says which limit the survivor's traits would break. */
export async function mergeProfiles(
  source: ConnectionSource,
  merge: Merge,
  at: Instant,
): Promise<MergeResult> {
  const connection = prepared(await connectPipelined(source));
  let broken = true;
  try {
    const shards = await lockShards(connection, [merge.loser, merge.survivor]);
    const halves = await lockBoth(connection, merge);
    const result = halves ? await mergeLocked(connection, halves, at) : 'not_needed';
    await Promise.all([
      connection.query(result === 'merged' ? 'commit' : 'rollback'),
      unlockShards(connection, shards),
    ]);
    broken = false;
    return result;
  } finally {
    // A broken session is thrown away, and its locks with it.
    connection.release(broken);
  }
}

/** Takes the locks of the shards of these profiles. Lower first: they are asked for in this order, and in this order they are granted. */
export async function lockShards(sql: Connection, profiles: number[]): Promise<number[]> {
  const { rows } = await sql.query<{ shard: number }>(
    'select distinct shard from profiles where id = any($1::bigint[]) order by shard',
    [profiles],
  );
  const shards = rows.map((row) => row.shard);
  await Promise.all(
    shards.map((shard) =>
      sql.query('select pg_advisory_lock(hashtext(current_schema()), $1::integer)', [shard]),
    ),
  );
  return shards;
}

/** Gives back what `lockShards` took. */
export async function unlockShards(sql: Connection, shards: readonly number[]): Promise<void> {
  await Promise.all(
    shards.map((shard) =>
      sql.query('select pg_advisory_unlock(hashtext(current_schema()), $1::integer)', [shard]),
    ),
  );
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

/** Begins, and holds both; null when there is nothing to merge. */
async function lockBoth(
  sql: Connection,
  { loser, survivor, explicit }: Merge,
): Promise<Omit<Survival, 'merged'> | null> {
  const ids = [loser, survivor];
  const [, , { rows }, isIdentified, withHistory, objects] = await Promise.all([
    sql.query('begin'),
    lockAllKeys(sql, ids),
    sql.query<Half>(
      `select id, shard, traits, traits_occurred_at, born_at, first_event_at, traits_changed_at, account_id, merged_into
       from profiles where id = any($1::bigint[]) order by id for update`,
      [ids],
    ),
    hasUserId(sql, loser),
    traitsWithHistory(sql, survivor),
    loadStripeObjects(sql, ids),
  ]);
  const halves = ids.map((id) => rows.find((row) => row.id === id && row.merged_into === null));
  if (!halves[0] || !halves[1] || (isIdentified && !explicit)) return null;
  return { loser: halves[0], survivor: halves[1], withHistory, objects };
}

async function mergeLocked(
  sql: Connection,
  { loser, survivor, withHistory, objects }: Omit<Survival, 'merged'>,
  at: Instant,
): Promise<MergeResult> {
  const changedAt = Math.max(at, loser.traits_changed_at ?? at, survivor.traits_changed_at ?? at);
  const known = knowledgeOf(survivor);
  const merged = restateBilling(mergeTraits(known, knowledgeOf(loser)), objects);
  const names = [
    ...Object.keys(loser.traits),
    ...Object.keys(loser.traits_occurred_at),
    ...merged.restated.map(({ trait }) => trait),
  ];
  const tooMuch = new TraitSize(known).change(known, merged, names);
  if (tooMuch !== null) return { tooMuch };
  await Promise.all([
    storeSurvivor(sql, { loser, survivor, merged, withHistory }, changedAt),
    moveLoser(sql, {
      loser: loser.id,
      survivor: survivor.id,
      from: loser.shard,
      shard: survivor.shard,
      at: changedAt,
      accounts: [loser.account_id, survivor.account_id].filter((id) => id !== null),
    }),
  ]);
  return 'merged';
}

type Merged = ReturnType<typeof mergeTraits> & {
  /** Changes on top of those, by what both together have at Stripe. */
  restated: TraitChange[];
};

/** Two customers are one person: what follows from both is not what follows from either. */
function restateBilling(
  merged: ReturnType<typeof mergeTraits>,
  objects: ReadonlyMap<number, StripeObjects>,
): Merged {
  const befores = [...objects.values()];
  if (befores.length === 0) return { ...merged, restated: [] };
  const union = befores.reduce((all, one) => learn(all, [...one.values()]));
  let known: KnownTraits = merged;
  const restated: TraitChange[] = [];
  for (const { at, ...effect } of effectsOf(befores, union, merged)) {
    const stated = stateTraits(known, { ...effect, occurredAt: at ?? -Infinity });
    known = stated;
    restated.push(...stated.changes);
  }
  const { traits, traitTimes } = known;
  return { traits, traitTimes, changes: merged.changes, restated };
}

/**
 * Locks every key of both profiles. Whoever adds a key holds another one of the same profile FOR SHARE
 * until it commits, so once a fresh look finds no key that is not ours, no one is writing to them. (What
 * slipped past a single look would be caught by the profile's own lock, but by way of a deadlock.)
 */
export async function lockAllKeys(sql: Queryable, ids: number[]): Promise<void> {
  const look = () =>
    sql.query(
      'select from profile_keys where profile_id = any($1::bigint[]) order by kind, value for update',
      [ids],
    );
  let looks = await Promise.all([look(), look()]);
  while (looks[0].rowCount !== looks[1].rowCount) looks = [looks[1], await look()];
}

async function hasUserId(sql: Queryable, id: number): Promise<boolean> {
  const { rowCount } = await sql.query(
    `select from profile_keys where profile_id = $1 and kind = 'user' limit 1`,
    [id],
  );
  return (rowCount ?? 0) > 0;
}

/** Traits that the profile has a history of. */
async function traitsWithHistory(sql: Queryable, id: number): Promise<string[]> {
  const { rows } = await sql.query<{ trait: string }>(
    'select distinct trait from trait_changes where profile_id = $1',
    [id],
  );
  return rows.map((row) => row.trait);
}

interface Survival {
  loser: Half;
  survivor: Half;
  merged: Merged;
  /** Traits that the survivor has a history of. */
  withHistory: string[];
  /** At Stripe, by profile. */
  objects: ReadonlyMap<number, StripeObjects>;
}

/**
 * Traits as mergeTraits decides. A trait's history goes along where the survivor has none of its own; otherwise
 * the loser's stays with the tombstone, and what the survivor takes over is a change of `at`.
 */
async function storeSurvivor(
  sql: Queryable,
  { loser, survivor, merged, withHistory }: Omit<Survival, 'objects'>,
  at: Instant,
): Promise<void> {
  const { traits, traitTimes, changes, restated } = merged;
  const joined = survivor.account_id === null && loser.account_id !== null;
  const move = { profileId: survivor.id, before: null, after: loser.account_id, at };
  const own = [...new Set([...Object.keys(survivor.traits), ...withHistory])];
  const news = [...changes.filter(({ trait }) => own.includes(trait)), ...restated];
  await Promise.all([
    sql.query(
      `update trait_changes set profile_id = $2 where profile_id = $1 and trait <> all($3::text[])`,
      [loser.id, survivor.id, own],
    ),
    sql.query('update late_traits set profile_id = $2 where profile_id = $1', [
      loser.id,
      survivor.id,
    ]),
    joined && insertMoves(sql, [move]),
    news.length > 0 &&
      sql.query(
        `insert into trait_changes (profile_id, trait, before, after, changed_at, source)
         select $1, trait, before, after, $2::timestamptz, 'merge'
         from jsonb_to_recordset($3::jsonb) as r (trait text, before jsonb, after jsonb)`,
        [survivor.id, instantToSql(at), JSON.stringify(news)],
      ),
    sql.query(
      `update profiles set traits = $2::jsonb, zone = $3, born_at = $4::timestamptz, first_event_at = $5::timestamptz,
              traits_changed_at = $6::timestamptz, account_id = $7, traits_occurred_at = $8::jsonb
       where id = $1`,
      [
        survivor.id,
        JSON.stringify(traits),
        zoneOf(traits),
        sqlInstant(earlier(loser.born_at, survivor.born_at)),
        sqlInstant(earlier(loser.first_event_at, survivor.first_event_at)),
        changes.length + restated.length > 0
          ? instantToSql(at)
          : sqlInstant(survivor.traits_changed_at),
        survivor.account_id ?? loser.account_id,
        JSON.stringify(traitTimes),
      ],
    ),
  ]);
}

function knowledgeOf({ traits, traits_occurred_at: traitTimes }: Half): KnownTraits {
  return { traits, traitTimes };
}

function sqlInstant(at: Instant | null): string | null {
  return at === null ? null : instantToSql(at);
}
