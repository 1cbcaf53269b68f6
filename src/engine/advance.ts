/**
 * The heart of the engine: settles everything that some shards owe up to an instant, inside the caller's
 * transaction and under the caller's shard locks. Round k takes every profile's k-th instant, so the
 * number of statements follows the busiest profile, not the number of instants, and the result does not
 * depend on how time is cut into windows (design.md 3).
 */
import type { Instant } from '../core/instant.js';
import { instantToSql } from '../core/instant.js';
import type { Queryable } from '../core/queryable.js';
import type { EngineDefinitions } from './engine-definitions.js';
import { buildDates } from './date-builds.js';
import { loadEntryBuilds } from './entry-builds.sql.js';
import { buildSegments } from './first-builds.js';
import { flushWindow } from './flush-window.js';
import { loadWindow } from './load-window.js';
import { writeOwnHistory } from './own-history.sql.js';
import { tellOfMigrations } from './moves.sql.js';
import { loadBuilds } from './segment-builds.js';
import { cutAtSample } from './take-samples.js';
import { settleRounds } from './settle-rounds.js';
import { settleBroadcasts } from './settle-broadcasts.js';
import { cutAtStrike, strike } from './settle-schedules.js';

/** Facts taken in one transaction at most, but for those that share the last one's instant. */
const FACTS_AT_ONCE = 20_000;

export interface AdvanceOptions {
  shards: readonly number[];
  /** Business time to settle up to, inclusive. Shards that are further already are judged at their own instant. */
  until: Instant;
  definitions: EngineDefinitions;
  /** Settles this profile alone and leaves the shard where it is: to find out whom a shard fails on. */
  only?: number | undefined;
  /** Leaves first builds and broadcasts for another time: to find out whether a shard fails on them. */
  unbuilt?: true | undefined;
  /** Virtual time: goes beyond the strike of a schedule only when everybody has been let in. */
  holds?: true | undefined;
}

export interface Advanced {
  /** Instants of profiles that were settled. */
  turns: number;
  transitions: number;
  entered: number;
  /** Messages that delivery has to look at now. */
  messages: number;
  /** Segments were built or campaigns started here for the first time. */
  built: boolean;
  /** Facts are left, or profiles that a broadcast has yet to look at: call again. */
  more: boolean;
}

/** Settles `shards` up to `until`; segments not built yet there are built at the end, the first time when they were applied. */
export async function advance(sql: Queryable, o: AdvanceOptions): Promise<Advanced> {
  const settled = await settledInstants(sql, o.shards);
  const builds = await loadBuilds(sql, o.shards);
  const dates = await loadEntryBuilds(sql, o.shards);
  await writeOwnHistory(sql, o.shards, o.definitions);
  const settledAt = earliest(o.shards, settled);
  const goal = Math.max(o.until, ...settled.values());
  const asked = Math.max(
    Math.min(goal, firstStop(o.definitions, settledAt, goal)),
    ...settled.values(),
  );
  const sampled = await cutAtSample(sql, { ...o, settledAt }, asked);
  const cut = await cutAtStrike(sql, { ...o, settledAt }, sampled);
  const struckAt = Math.max(cut.until, ...settled.values());
  const until = Math.max(await cutWindow(sql, o.shards, struckAt), ...settled.values());
  const window = await loadWindow(sql, { ...o, until, settled, builds, dates });
  const turns = await settleRounds(sql, window);
  await flushWindow(sql, window);
  const alone = o.only !== undefined;
  const caughtUp = !alone && !o.unbuilt && until === asked;
  const built = caughtUp && (await build(sql, { ...o, at: until, builds, dates }));
  const open = !alone && !o.unbuilt;
  const struck = open && until === struckAt && (await strike(sql, o.definitions, cut.clocks));
  const broadcasted =
    open && (caughtUp || struck || until === struckAt)
      ? await settleBroadcasts(sql, {
          ...o,
          at: until,
          builds,
          dates: built ? await loadEntryBuilds(sql, o.shards) : dates,
        })
      : { more: false, entered: 0, messages: 0 };
  const told = open && caughtUp && (await tellOfMigrations(sql, o.shards, until));
  if (!alone) await markSettled(sql, o.shards, until);
  return {
    turns,
    transitions: window.transitions.length,
    entered: window.entered + broadcasted.entered,
    messages:
      window.messages.filter((message) => message.skipped === null).length + broadcasted.messages,
    built,
    more: until < goal || broadcasted.more || told,
  };
}

/** A shard that nobody has settled yet begins with what it finds, unless that was applied just now. */
const JUST_NOW_MS = 60_000;

/** What is new is built as of its apply, so that whoever comes in the moments after it comes to something that is there. */
function firstStop(
  { appliedAt }: EngineDefinitions,
  settledAt: Instant | null,
  goal: Instant,
): Instant {
  const isBehind = settledAt === null ? goal - appliedAt <= JUST_NOW_MS : settledAt < appliedAt;
  return isBehind ? appliedAt : goal;
}

async function build(sql: Queryable, o: Parameters<typeof buildDates>[1]): Promise<boolean> {
  const segments = await buildSegments(sql, o);
  return (await buildDates(sql, o)) || segments;
}

function earliest(
  shards: readonly number[],
  settled: ReadonlyMap<number, Instant>,
): Instant | null {
  return settled.size < shards.length ? null : Math.min(...settled.values());
}

async function settledInstants(
  sql: Queryable,
  shards: readonly number[],
): Promise<Map<number, Instant>> {
  const { rows } = await sql.query<{ shard: number; settled_at: Instant }>({
    name: 'engine-settled-instants',
    text: `select shard, settled_at from shards where shard = any($1::smallint[])`,
    values: [shards],
  });
  return new Map(rows.map((row) => [row.shard, row.settled_at]));
}

/** A backlog is worked off in slices of time; any slice gives the same result. */
async function cutWindow(
  sql: Queryable,
  shards: readonly number[],
  until: Instant,
): Promise<Instant> {
  const { rows } = await sql.query<{ judged_at: Instant }>({
    name: 'engine-cut-window',
    text: `select judged_at from inbox where shard = any($1::smallint[]) and judged_at <= $2::timestamptz
           order by judged_at offset $3 limit 1`,
    values: [shards, instantToSql(until), FACTS_AT_ONCE],
  });
  return rows[0] ? Math.min(rows[0].judged_at, until) : until;
}

async function markSettled(
  sql: Queryable,
  shards: readonly number[],
  until: Instant,
): Promise<void> {
  await sql.query({
    name: 'engine-mark-settled',
    text: `insert into shards as s (shard, settled_at) select shard, $2::timestamptz from unnest($1::smallint[]) as shard
           on conflict (shard) do update set settled_at = greatest(s.settled_at, excluded.settled_at)`,
    values: [shards, instantToSql(until)],
  });
}
