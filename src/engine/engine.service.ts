/**
 * The engine role: runs the shard loop at every wake-up and, because a wake-up may be lost, every second.
 * One run at a time in a process; any number of processes.
 */
import { Inject, Injectable, Logger } from '@nestjs/common';
import type { BeforeApplicationShutdown, OnApplicationBootstrap } from '@nestjs/common';
import { Interval } from '@nestjs/schedule';
import { errorFields, errorText } from '../core/error-fields.js';
import { Outage } from '../core/outage.js';
import type { Clock } from '../core/clock.js';
import type { ConnectionSource } from '../core/queryable.js';
import { SHARD_COUNT } from '../core/shard.js';
import { CLOCK, CONNECTIONS, WAKE_UP_SOURCE, WAKE_UPS } from '../core/tokens.js';
import type { WakeUps, WakeUpSource } from '../core/wake-up.js';
import { runSeconds } from './metrics.js';
import { ShardLoop } from './shard-loop.js';

/** How long a lost wake-up or a due timer may go unnoticed. */
const SWEEP_MS = 1_000;
/** Between two looks at a database that is away; a wake-up that gets through looks at once. */
const LONGEST_REST_MS = 5_000;

@Injectable()
export class EngineService implements OnApplicationBootstrap, BeforeApplicationShutdown {
  private readonly logger = new Logger('Engine');
  private readonly loop: ShardLoop;
  private readonly work: Outage;
  private readonly failures: Outage;
  private started = false;
  private restMs = 0;
  private restsUntil = 0;

  constructor(
    @Inject(CONNECTIONS) source: ConnectionSource,
    @Inject(CLOCK) clock: Clock,
    @Inject(WAKE_UPS) wakeUps: WakeUps,
    @Inject(WAKE_UP_SOURCE) private readonly wakeUpSource: WakeUpSource,
  ) {
    this.work = new Outage(
      { bad: 'the engine cannot work', good: 'the engine works' },
      this.logger,
    );
    this.failures = new Outage(
      { bad: 'shards cannot be settled', good: 'every shard can be settled' },
      this.logger,
    );
    this.loop = new ShardLoop({
      source,
      clock,
      wakeUps,
      firstShard: process.pid % SHARD_COUNT,
      onFailure: (error, shard) =>
        this.failures.failed(`shard ${shard}, ${errorText(error)}${firstFrame(error)}`),
      onParked: (profileId, error, failures) =>
        this.logger.error({
          message: 'a profile could not be settled and is set aside for a while',
          profile: profileId,
          failures,
          error,
        }),
    });
  }

  /** What is wrong just now, for people. */
  get troubles(): string[] {
    return [this.work.present, this.failures.present].filter((trouble) => trouble !== null);
  }

  onApplicationBootstrap(): void {
    this.started = true;
    this.wakeUpSource.onWake('engine', () => this.run());
  }

  /** The sweeper: finds due rows and what a lost wake-up left; rarer while the database is away. */
  @Interval(SWEEP_MS)
  async sweep(): Promise<void> {
    if (this.started && performance.now() >= this.restsUntil) await this.run();
  }

  async beforeApplicationShutdown(): Promise<void> {
    this.started = false;
    await this.loop.stop();
  }

  private async run(): Promise<void> {
    try {
      const done = runSeconds.startTimer();
      await this.loop.run();
      done();
      this.restMs = 0;
      this.work.succeeded();
      if (this.loop.failing === 0) this.failures.succeeded();
    } catch (error) {
      this.restMs = Math.min(Math.max(2 * this.restMs, SWEEP_MS), LONGEST_REST_MS);
      this.restsUntil = performance.now() + this.restMs;
      this.work.failed(errorText(error));
    }
  }
}

/** Where a bug of ours was thrown; the database's errors name what matters themselves. */
function firstFrame(error: unknown): string {
  const { stack, code } = errorFields(error);
  return stack === undefined || code !== undefined ? '' : ` ${stack.split('\n')[0]!.trim()}`;
}
