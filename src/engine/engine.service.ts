/**
 * The engine role: runs the shard loop at every wake-up and, because a wake-up may be lost, every second.
 * One run at a time in a process; any number of processes.
 */
import { Inject, Injectable, Logger } from '@nestjs/common';
import type { BeforeApplicationShutdown, OnApplicationBootstrap } from '@nestjs/common';
import { Interval } from '@nestjs/schedule';
import type { Clock } from '../core/clock.js';
import type { ConnectionSource } from '../core/queryable.js';
import { SHARD_COUNT } from '../core/shard.js';
import { CLOCK, CONNECTIONS, WAKE_UP_SOURCE, WAKE_UPS } from '../core/tokens.js';
import type { WakeUps, WakeUpSource } from '../core/wake-up.js';
import { ShardLoop } from './shard-loop.js';

/** How long a lost wake-up or a due timer may go unnoticed. */
const SWEEP_MS = 1_000;

@Injectable()
export class EngineService implements OnApplicationBootstrap, BeforeApplicationShutdown {
  private readonly logger = new Logger('Engine');
  private readonly loop: ShardLoop;
  private started = false;

  constructor(
    @Inject(CONNECTIONS) source: ConnectionSource,
    @Inject(CLOCK) clock: Clock,
    @Inject(WAKE_UPS) wakeUps: WakeUps,
    @Inject(WAKE_UP_SOURCE) private readonly wakeUpSource: WakeUpSource,
  ) {
    this.loop = new ShardLoop({
      source,
      clock,
      wakeUps,
      firstShard: process.pid % SHARD_COUNT,
      onFailure: (error, shards) =>
        this.logger.error({
          message: 'a shard could not be settled',
          shards,
          error: String(error),
          stack: (error as Error).stack,
        }),
    });
  }

  onApplicationBootstrap(): void {
    this.started = true;
    this.wakeUpSource.onWake('engine', () => this.run());
  }

  /** The sweeper: finds due rows and what a lost wake-up left. */
  @Interval(SWEEP_MS)
  async sweep(): Promise<void> {
    if (this.started) await this.run();
  }

  async beforeApplicationShutdown(): Promise<void> {
    this.started = false;
    await this.loop.stop();
  }

  private async run(): Promise<void> {
    try {
      await this.loop.run();
    } catch (error) {
      this.logger.error({
        message: 'the engine stopped short and goes on at the next sweep',
        error: String(error),
      });
    }
  }
}
