/**
 * Runs queued backtests, in the role api: a child process each, because a simulation takes a processor and memory that a server
 * needs for what comes in. In: the queue. Out: nothing here; the child writes down what becomes of it. It is polite (lowest
 * priority, bounded memory, no parallel workers in the database) and ends with this process.
 */
import type { ChildProcessWithoutNullStreams } from 'node:child_process';
import { once } from 'node:events';
import { Inject, Injectable, Logger } from '@nestjs/common';
import type { BeforeApplicationShutdown, OnApplicationBootstrap } from '@nestjs/common';
import { Interval } from '@nestjs/schedule';
import type { Clock } from '../core/clock.js';
import { errorText } from '../core/error-fields.js';
import { Outage } from '../core/outage.js';
import type { ConnectionSource } from '../core/queryable.js';
import { CLOCK, CONNECTIONS, OWN_COMMAND, type OwnCommand } from '../core/tokens.js';
import { withoutTrace } from '../core/trace.js';
import { beginOwn } from './own-process.js';
import { endBacktest, nextBacktest } from './backtests.sql.js';

/** How long one waits that another process left. */
const LOOK_MS = 5_000;
/** How long it may take to put away what it made. */
const PATIENCE_MS = 5_000;

@Injectable()
export class BacktestRunner implements OnApplicationBootstrap, BeforeApplicationShutdown {
  private readonly logger = new Logger('Backtests');
  private readonly outage = new Outage(
    { bad: 'backtests cannot begin', good: 'backtests can begin' },
    this.logger,
  );
  private running: Promise<void> | null = null;
  private child: ChildProcessWithoutNullStreams | null = null;
  private again = false;
  private stopping = false;

  constructor(
    @Inject(CONNECTIONS) private readonly connections: ConnectionSource,
    @Inject(CLOCK) private readonly clock: Clock,
    @Inject(OWN_COMMAND) private readonly command: OwnCommand,
  ) {}

  onApplicationBootstrap(): void {
    this.look();
  }

  /** Looks for one that waits, after the one in hand. */
  @Interval(LOOK_MS)
  look(): void {
    if (this.stopping) return;
    this.again = true;
    this.running ??= withoutTrace(() => this.run()).finally(() => (this.running = null));
  }

  async beforeApplicationShutdown(): Promise<void> {
    this.stopping = true;
    // It puts its schema away; a process that was killed instead leaves that to the next one.
    this.child?.stdin.end();
    const late = setTimeout(() => this.child?.kill('SIGKILL'), PATIENCE_MS);
    await this.running;
    clearTimeout(late);
  }

  private async run(): Promise<void> {
    while (this.again && !this.stopping) {
      this.again = false;
      try {
        const id = await nextBacktest(this.connections);
        if (id !== null) await this.runOne(id);
        this.outage.succeeded();
      } catch (error) {
        this.outage.failed(errorText(error));
      }
    }
  }

  private async runOne(id: number): Promise<void> {
    const { child, lastWords } = beginOwn(this.command, ['run-backtest', String(id)]);
    this.child = child;
    child.stdout.resume();
    const [code] = (await once(child, 'close')) as [number | null];
    this.child = null;
    if (code === 0) return;
    const error = this.stopping
      ? 'the server was stopped meanwhile'
      : `it ended with ${code ?? 'a signal'}: ${lastWords()}`;
    await endBacktest(this.connections, id, {
      state: 'failed',
      error,
      now: await this.clock.now(this.connections),
    });
  }
}
