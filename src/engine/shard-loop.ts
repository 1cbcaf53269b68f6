/**
 * The production loop over shards: finds shards with work, takes those nobody else holds, settles them in
 * one transaction, and goes on until nothing is left. Any number of processes may run it; the advisory
 * locks are taken on the transaction's own connection before it begins (design.md 4). What fails is narrowed down: to
 * a shard, to a first build, to a profile, which is set aside; a shard that fails for no profile's sake rests.
 */
import type { Clock } from '../core/clock.js';
import { isDatabaseAway } from '../core/database-away.js';
import { OperationalError } from '../core/errors.js';
import type { Instant } from '../core/instant.js';
import type { Connection, ConnectionSource, Queryable } from '../core/queryable.js';
import { SHARD_COUNT } from '../core/shard.js';
import type { WakeUps } from '../core/wake-up.js';
import { currentRevision } from '../definitions/load-definitions.js';
import type { Advanced } from './advance.js';
import { advance } from './advance.js';
import { blamesProfile } from './blames-profile.js';
import type { EngineDefinitions } from './engine-definitions.js';
import { loadEngineDefinitions } from './engine-definitions.js';
import { dueForRetry, park, profilesWithWork, unpark } from './parked-profiles.sql.js';
import { RestingShards } from './resting-shards.js';
import { SurgeGuard } from './surge-guard.js';
import { findWork, lockFree, unlock } from './shard-work.sql.js';

/** Shards settled in one transaction: enough to share the statements, few enough to share the work. */
const SHARDS_AT_ONCE = 64;

/** Postgres: serialization failure and deadlock; the same transaction may simply be tried again. */
const RETRYABLE = new Set(['40001', '40P01']);

export interface ShardLoopOptions {
  source: ConnectionSource;
  clock: Clock;
  wakeUps: WakeUps;
  /** Told of a shard that could not be settled as a whole; it is tried again after a rest that grows. */
  onFailure: (error: unknown, shard: number) => void;
  /** Told of a profile that was set aside, and how often in a row by now. */
  onParked: (profileId: number, error: unknown, failures: number) => void;
  /** Where this process begins to look for free shards, so that several do not queue for the same ones. */
  firstShard?: number;
  /** For the rests of failing shards: milliseconds, monotonic. */
  stopwatch?: () => number;
}

/** What a settlement leaves out. */
interface Narrowing {
  /** This profile alone. */
  only?: number;
  /** It was parked: let it go if this succeeds. */
  parked?: true;
  /** Everything but first builds. */
  unbuilt?: true;
}

export class ShardLoop {
  private definitions: EngineDefinitions | null = null;
  private running: Promise<void> | null = null;
  private again = false;
  private stopping = false;
  private readonly resting: RestingShards;
  /** Shards in which this run found nothing more to do. */
  private readonly idle = new Set<number>();

  constructor(private readonly o: ShardLoopOptions) {
    this.resting = new RestingShards(o.stopwatch);
  }

  /** Settles everything that is due; a call during a run makes that run look once more. */
  run(): Promise<void> {
    this.again = true;
    this.running ??= this.runUntilIdle().finally(() => (this.running = null));
    return this.running;
  }

  /** How many shards could not be settled when they were last tried. */
  get failing(): number {
    return this.resting.size;
  }

  /** Lets the transaction under way finish and takes no further one. */
  async stop(): Promise<void> {
    this.stopping = true;
    await this.running;
  }

  private async runUntilIdle(): Promise<void> {
    while (this.again && !this.stopping) {
      this.again = false;
      this.idle.clear();
      while (!this.stopping && (await this.pass()));
    }
  }

  /** One pass over shards that have work now; false when there were none, or others hold them. */
  private async pass(): Promise<boolean> {
    const connection = await this.o.source.connect();
    let healthy = true;
    try {
      const now = await this.o.clock.now(connection);
      const revision = await currentRevision(connection);
      if (revision === null) return false;
      const wanted = this.inOrder(await findWork(connection, { now, revision }));
      if (wanted.length === 0) return false;
      const shards = await lockFree(connection, wanted, SHARDS_AT_ONCE);
      if (shards.length === 0) return false;
      try {
        await this.retryParked(connection, shards, { at: now, revision });
        const progressed = await this.settleTogetherOrApart(connection, shards, revision);
        // Nothing comes of them now: else they would stand in the way of those behind them.
        if (!progressed) for (const shard of shards) this.idle.add(shard);
        return true;
      } finally {
        await unlock(connection, shards);
      }
    } catch (error) {
      healthy = false;
      throw error;
    } finally {
      connection.release(!healthy);
    }
  }

  /** From this process' first shard on, without those that are done with or rest. */
  private inOrder(work: number[]): number[] {
    const first = this.o.firstShard ?? 0;
    const order = (shard: number): number => (shard - first + SHARD_COUNT) % SHARD_COUNT;
    return work
      .filter((shard) => !this.idle.has(shard) && !this.resting.has(shard))
      .sort((a, b) => order(a) - order(b));
  }

  /** A failing batch is tried shard by shard, so that one bad row holds up its own shard only. */
  private async settleTogetherOrApart(
    connection: Connection,
    shards: number[],
    revision: number,
  ): Promise<boolean> {
    try {
      const progressed = await this.settle(connection, shards);
      for (const shard of shards) this.resting.wakes(shard);
      return progressed;
    } catch (error) {
      if (isDatabaseAway(error)) throw error;
      if (shards.length === 1) return this.narrowDown(connection, shards[0]!, revision, error);
    }
    let progressed = false;
    for (const shard of shards) {
      progressed = (await this.settleTogetherOrApart(connection, [shard], revision)) || progressed;
    }
    return progressed;
  }

  /** A shard failed: its facts go on without its first builds, or profile by profile; whether that did anything. */
  private async narrowDown(
    connection: Connection,
    shard: number,
    revision: number,
    error: unknown,
  ): Promise<boolean> {
    if (!blamesProfile(error)) return this.rest(shard, error);
    try {
      await this.settle(connection, [shard], { unbuilt: true });
    } catch (again) {
      if (isDatabaseAway(again)) throw again;
      const parked = await this.parkFailing(connection, shard, revision);
      return parked || this.rest(shard, again);
    }
    return this.rest(shard, error);
  }

  private rest(shard: number, error: unknown): false {
    this.resting.rests(shard);
    this.o.onFailure(error, shard);
    return false;
  }

  /** Settles the shard's profiles one by one and sets those aside that fail; true when there were any. */
  private async parkFailing(
    connection: Connection,
    shard: number,
    revision: number,
  ): Promise<boolean> {
    const now = await this.o.clock.now(connection);
    let parked = false;
    for (const profileId of await profilesWithWork(connection, shard, now)) {
      parked = (await this.tryAlone(connection, { profileId, shard, revision })) || parked;
    }
    return parked;
  }

  private async retryParked(
    connection: Connection,
    shards: number[],
    o: { at: Instant; revision: number },
  ): Promise<void> {
    for (const parked of await dueForRetry(connection, shards, o))
      await this.tryAlone(connection, { ...parked, revision: o.revision, parked: true });
  }

  /** Settles one profile; true when it is to blame for a failure and set aside. */
  private async tryAlone(
    connection: Connection,
    {
      profileId,
      shard,
      revision,
      parked,
    }: Omit<Narrowing, 'only'> & {
      profileId: number;
      shard: number;
      revision: number;
    },
  ): Promise<boolean> {
    try {
      await this.settle(connection, [shard], { only: profileId, ...(parked ? { parked } : {}) });
      return false;
    } catch (error) {
      if (isDatabaseAway(error)) throw error;
      // Who was set aside before has failed again, for whatever reason: the next try comes later.
      if (!parked && !blamesProfile(error)) return false;
      const at = await this.o.clock.now(connection);
      const failures = await park(connection, { profileId, shard, at, revision, error });
      this.o.onParked(profileId, error, failures);
      return true;
    }
  }

  /** One transaction over `shards`; true when it settled something or more is left. */
  private async settle(
    connection: Connection,
    shards: number[],
    { only, parked, unbuilt }: Narrowing = {},
  ): Promise<boolean> {
    for (let attempt = 1; ; attempt++) {
      await connection.query('begin isolation level repeatable read');
      try {
        const definitions = await this.currentDefinitions(connection);
        if (parked && only !== undefined) await unpark(connection, only);
        const until = await this.o.clock.now(connection);
        const result = await advance(connection, { shards, until, definitions, only, unbuilt });
        await connection.query('commit');
        if (result.messages > 0) this.o.wakeUps.wake('delivery');
        return didWork(result);
      } catch (error) {
        await connection.query('rollback');
        if (attempt >= 5 || !isRetryable(error)) throw error;
      }
    }
  }

  private async currentDefinitions(sql: Queryable): Promise<EngineDefinitions> {
    const revision = await currentRevision(sql);
    if (this.definitions?.revision !== revision)
      this.definitions = await loadEngineDefinitions(sql).catch((cause: unknown) => {
        if (isDatabaseAway(cause)) throw cause;
        const { message } = cause as Error;
        throw new OperationalError(
          `the live definitions cannot be loaded: ${message}`,
          'permanent',
          {
            cause,
          },
        );
      });
    if (!this.definitions) throw new Error('definitions vanished');
    this.definitions.guard ??= new SurgeGuard();
    return this.definitions;
  }
}

/** Two engines at once may have let in two of one account: who comes second sees the first the next time. */
function isRetryable(error: unknown): boolean {
  const { code = '', constraint } = error as { code?: string; constraint?: string };
  return RETRYABLE.has(code) || constraint === 'enrolments_one_per_account';
}

function didWork(result: Advanced): boolean {
  return result.turns > 0 || result.built || result.more;
}
