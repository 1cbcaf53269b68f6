/**
 * The mailer role: runs the mailer at every wake-up and, because a wake-up may be lost, every second; the
 * same tick settles what lost workers left behind.
 */
import { Inject, Injectable, Logger } from '@nestjs/common';
import type { BeforeApplicationShutdown, OnApplicationBootstrap } from '@nestjs/common';
import { Cron, Interval } from '@nestjs/schedule';
import type { Clock } from '../core/clock.js';
import type { Environment } from '../core/environment.js';
import type { ConnectionSource } from '../core/queryable.js';
import { CLOCK, CONNECTIONS, ENVIRONMENT, WAKE_UP_SOURCE } from '../core/tokens.js';
import type { WakeUpSource } from '../core/wake-up.js';
import { rewriteSuppressions } from '../messages/rewrite-suppressions.js';
import { forgetRisenRates } from './domain-rate.sql.js';
import { Mailer } from './mailer.js';
import { parseSmtpUrl } from './smtp-url.js';

/** How long a lost wake-up or a due retry may go unnoticed. */
const SWEEP_MS = 1_000;

@Injectable()
export class DeliveryService implements OnApplicationBootstrap, BeforeApplicationShutdown {
  private readonly logger = new Logger('Delivery');
  private readonly mailer: Mailer;
  private started = false;

  constructor(
    @Inject(CONNECTIONS) private readonly connections: ConnectionSource,
    @Inject(CLOCK) private readonly clock: Clock,
    @Inject(ENVIRONMENT) environment: Environment,
    @Inject(WAKE_UP_SOURCE) private readonly wakeUpSource: WakeUpSource,
  ) {
    const { smtpUrl, mailConnections, publicUrl, drainMs, dkim } = environment;
    this.mailer = new Mailer({
      connections,
      clock,
      server: smtpUrl === null ? null : parseSmtpUrl(smtpUrl, mailConnections),
      publicUrl,
      drainMs,
      dkim,
      report: this.logger,
    });
  }

  /** As the tables `workers` and `attempts` call this process. */
  get workerId(): string {
    return this.mailer.worker.id;
  }

  /** What is wrong with the way out just now, for people; null when nothing is. */
  get trouble(): string | null {
    return this.mailer.trouble();
  }

  async onApplicationBootstrap(): Promise<void> {
    const { left } = await rewriteSuppressions(this.connections);
    if (left > 0)
      this.logger.warn(
        `${left} suppressions are no addresses that mail could go to: see operations.md`,
      );
    await this.mailer.start();
    this.started = true;
    this.wakeUpSource.onWake('delivery', () => {
      this.mailer.wake();
      return Promise.resolve();
    });
  }

  /** The sweeper: due rows without a wake-up, and messages of workers whose lease has lapsed. */
  @Interval(SWEEP_MS)
  async sweep(): Promise<void> {
    if (this.started) await this.mailer.tick();
  }

  /** Rates that delivery had made and that have risen for a day bind nobody any more. */
  @Cron('47 2 * * *')
  async daily(): Promise<void> {
    await forgetRisenRates(this.connections, await this.clock.now(this.connections));
  }

  async beforeApplicationShutdown(): Promise<void> {
    if (!this.started) return;
    this.started = false;
    await this.mailer.stop();
  }
}
