/**
 * The mailer role: runs the mailer at every wake-up and, because a wake-up may be lost, every second; the
 * same tick settles what lost workers left behind. Beside it copies of mails go out that people asked for.
 */
import { Inject, Injectable, Logger } from '@nestjs/common';
import type { BeforeApplicationShutdown, OnApplicationBootstrap } from '@nestjs/common';
import { Cron, Interval } from '@nestjs/schedule';
import type { Clock } from '../core/clock.js';
import { isDatabaseAway } from '../core/database-away.js';
import type { Environment } from '../core/environment.js';
import type { ConnectionSource } from '../core/queryable.js';
import { CLOCK, CONNECTIONS, ENVIRONMENT, WAKE_UP_SOURCE } from '../core/tokens.js';
import type { WakeUpSource } from '../core/wake-up.js';
import { rewriteSuppressions } from '../messages/rewrite-suppressions.js';
import { CopySender } from './copy-sender.js';
import { forgetRisenRates } from './domain-rate.sql.js';
import { Mailer } from './mailer.js';
import { forgetCopies } from './message-copies.sql.js';
import { parseSmtpUrl } from './smtp-url.js';

/** How long a lost wake-up or a due retry may go unnoticed. */
const SWEEP_MS = 1_000;

@Injectable()
export class DeliveryService implements OnApplicationBootstrap, BeforeApplicationShutdown {
  private readonly logger = new Logger('Delivery');
  private readonly mailer: Mailer;
  private readonly copies: CopySender;
  private started = false;

  constructor(
    @Inject(CONNECTIONS) private readonly connections: ConnectionSource,
    @Inject(CLOCK) private readonly clock: Clock,
    @Inject(ENVIRONMENT) environment: Environment,
    @Inject(WAKE_UP_SOURCE) private readonly wakeUpSource: WakeUpSource,
  ) {
    const { smtpUrl, mailConnections, publicUrl, drainMs, dkim } = environment;
    const server = smtpUrl === null ? null : parseSmtpUrl(smtpUrl, mailConnections);
    const way = { connections, clock, server, publicUrl, drainMs, dkim };
    this.mailer = new Mailer({ ...way, report: this.logger });
    this.copies = new CopySender({ ...way, sender: this.mailer.sender });
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
      void this.sendCopies();
      return Promise.resolve();
    });
  }

  /** The sweeper: due rows without a wake-up, and messages of workers whose lease has lapsed. */
  @Interval(SWEEP_MS)
  async sweep(): Promise<void> {
    if (!this.started) return;
    void this.sendCopies();
    await this.mailer.tick();
  }

  /** Never rejects: an outage is told by the mailer, and the next round finds what waits. */
  private async sendCopies(): Promise<void> {
    try {
      await this.copies.work();
    } catch (error) {
      if (!isDatabaseAway(error)) this.logger.error(error);
    }
  }

  /** Rates that delivery had made and that have risen for a day bind nobody any more, and old copies help nobody. */
  @Cron('47 2 * * *')
  async daily(): Promise<void> {
    const now = await this.clock.now(this.connections);
    await forgetRisenRates(this.connections, now);
    await forgetCopies(this.connections, now);
  }

  async beforeApplicationShutdown(): Promise<void> {
    if (!this.started) return;
    this.started = false;
    await Promise.all([this.copies.stop(), this.mailer.stop()]);
  }
}
