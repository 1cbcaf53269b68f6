/**
 * The production loop over shards: finds shards with work, takes those nobody else holds, settles them in
 * one transaction, and goes on until nothing is left. Any number of processes may run it; the advisory
 * locks are taken on the transaction's own connection before it begins (design.md 4).
 */
import type { Clock } from '../core/clock.js';
import { isDatabaseAway } from '../core/database-away.js';
import type { Instant } from '../core/instant.js';
import { instantToSql } from '../core/instant.js';
import type { Connection, ConnectionSource, Queryable } from '../core/queryable.js';
import { SHARD_COUNT } from '../core/shard.js';
import type { WakeUps } from '../core/wake-up.js';
import { currentRevision } from '../definitions/load-definitions.js';
import type { Advanced } from './advance.js';
import { advance } from './advance.js';
import type { EngineDefinitions } from './engine-definitions.js';
import { loadEngineDefinitions } from './engine-definitions.js';
import { park, profilesWithWork } from './parked-profiles.sql.js';

/** Shards settled in one transaction: enough to share the statements, few enough to share the work. */
const SHARDS_AT_ONCE = 64;

/** Postgres: serialization failure and deadlock; the same transaction may simply be tried again. */
const RETRYABLE = new Set(['40001', '40P01']);

export interface ShardLoopOptions {
  source: ConnectionSource;
  clock: Clock;
  wakeUps: WakeUps;
  /** Told of a shard that could not be settled; it is tried again at the next pass. */
  onFailure: (error: unknown, shards: readonly number[]) => void;
  /** Where this process begins to look for free shards, so that several do not queue for the same ones. */
  firstShard?: number;
}

export class ShardLoop {
  private definitions: EngineDefinitions | null = null;
  private running: Promise<void> | null = null;
  private again = false;
  private stopping = false;

  constructor(private readonly o: ShardLoopOptions) {}

  /** Settles everything that is due; a call during a run makes that run look once more. */
  run(): Promise<void> {
    this.again = true;
    this.running ??= this.runUntilIdle().finally(() => (this.running = null));
    return this.running;
  }

  /** Lets the transaction under way finish and takes no further one. */
  async stop(): Promise<void> {
    this.stopping = true;
    await this.running;
  }

  private async runUntilIdle(): Promise<void> {
    while (this.again && !this.stopping) {
      this.again = false;
      while (!this.stopping && (await this.pass()));
    }
  }

  /** One pass over the shards that have work now; false when there was none, or others hold it. */
  private async pass(): Promise<boolean> {
    const connection = await this.o.source.connect();
    let healthy = true;
    try {
      const now = await this.o.clock.now(connection);
      const revision = await currentRevision(connection);
      if (revision === null) return false;
      const shards = await this.lockSome(connection, await findWork(connection, now));
      if (shards.length === 0) return false;
      try {
        return await this.settleTogetherOrApart(connection, shards);
      } finally {
        await connection.query(
          `select pg_advisory_unlock(hashtext(current_schema()), shard) from unnest($1::int[]) as shard`,
          [shards],
        );
      }
    } catch (error) {
      healthy = false;
      throw error;
    } finally {
      connection.release(!healthy);
    }
  }

  private async lockSome(sql: Queryable, work: number[]): Promise<number[]> {
    const first = this.o.firstShard ?? 0;
    const order = (shard: number): number => (shard - first + SHARD_COUNT) % SHARD_COUNT;
    const wanted = work.sort((a, b) => order(a) - order(b)).slice(0, SHARDS_AT_ONCE);
    const { rows } = await sql.query<{ shard: number; locked: boolean }>(
      `select shard, pg_try_advisory_lock(hashtext(current_schema()), shard) as locked from unnest($1::int[]) as shard`,
      [wanted],
    );
    return rows.filter((row) => row.locked).map((row) => row.shard);
  }

  /** A failing batch is tried shard by shard, so that one bad row holds up its own shard only. */
  private async settleTogetherOrApart(connection: Connection, shards: number[]): Promise<boolean> {
    if (shards.length > 1) {
      try {
        return await this.settle(connection, shards);
      } catch (error) {
        if (isDatabaseAway(error)) throw error;
      }
    }
    let progressed = false;
    for (const shard of shards) {
      try {
        progressed = (await this.settle(connection, [shard])) || progressed;
      } catch (error) {
        if (isDatabaseAway(error)) throw error;
        this.o.onFailure(error, [shard]);
        progressed = (await this.parkFailing(connection, shard)) || progressed;
      }
    }
    return progressed;
  }

  /** Settles the shard's profiles one by one and sets those aside that fail; true when there were any. */
  private async parkFailing(connection: Connection, shard: number): Promise<boolean> {
    let parked = false;
    for (const profileId of await profilesWithWork(
      connection,
      shard,
      await this.o.clock.now(connection),
    )) {
      try {
        await this.settle(connection, [shard], profileId);
      } catch (error) {
        if (isDatabaseAway(error)) throw error;
        await park(connection, { profileId, shard, at: await this.o.clock.now(connection), error });
        parked = true;
      }
    }
    return parked;
  }

  /** One transaction over `shards`; true when it settled something or more is left. */
  private async settle(connection: Connection, shards: number[], only?: number): Promise<boolean> {
    for (let attempt = 1; ; attempt++) {
      await connection.query('begin isolation level repeatable read');
      try {
        const definitions = await this.currentDefinitions(connection);
        const until = await this.o.clock.now(connection);
        const result = await advance(connection, { shards, until, definitions, only });
        await connection.query('commit');
        if (result.messages > 0) this.o.wakeUps.wake('delivery');
        return didWork(result);
      } catch (error) {
        await connection.query('rollback');
        if (attempt >= 5 || !RETRYABLE.has((error as { code?: string }).code ?? '')) throw error;
      }
    }
  }

  private async currentDefinitions(sql: Queryable): Promise<EngineDefinitions> {
    const revision = await currentRevision(sql);
    if (this.definitions?.revision !== revision)
      this.definitions = await loadEngineDefinitions(sql);
    if (!this.definitions) throw new Error('definitions vanished');
    return this.definitions;
  }
}

function didWork(result: Advanced): boolean {
  return result.turns > 0 || result.built || result.more;
}

/** Shards with facts or due rows at `now`, or with segments whose live version they have not built. */
async function findWork(sql: Queryable, now: Instant): Promise<number[]> {
  const { rows } = await sql.query<{ shard: number }>({
    name: 'engine-find-work',
    text: `select shard from generate_series(0, $2::int - 1) as all_shards (shard)
           where exists (select from inbox where inbox.shard = all_shards.shard and judged_at <= $1::timestamptz)
              or exists (select from segment_states s where s.shard = all_shards.shard
                           and s.changes_at < 'infinity' and s.changes_at <= $1::timestamptz)
              or exists (select from enrolments e where e.shard = all_shards.shard
                           and e.state = 'active' and e.due_at < 'infinity' and e.due_at <= $1::timestamptz)
              or exists (select from enrolments e where e.shard = all_shards.shard
                           and e.state = 'active' and e.watch_at < 'infinity' and e.watch_at <= $1::timestamptz)
              or exists (select from live_definitions l where l.kind = 'segment' and not exists (
                           select from segment_builds b where b.shard = all_shards.shard
                             and b.segment = l.name and b.version_id = l.version_id))`,
    values: [instantToSql(now), SHARD_COUNT],
  });
  return rows.map((row) => row.shard);
}
