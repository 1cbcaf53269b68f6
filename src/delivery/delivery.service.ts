/**
 * The mailer role: runs the mailer at every wake-up and, because a wake-up may be lost, every second; the
 * same tick settles what lost workers left behind.
 */
import { Inject, Injectable, Logger } from '@nestjs/common';
import type { BeforeApplicationShutdown, OnApplicationBootstrap } from '@nestjs/common';
import { Interval } from '@nestjs/schedule';
import type { Clock } from '../core/clock.js';
import type { Environment } from '../core/environment.js';
import type { ConnectionSource } from '../core/queryable.js';
import { CLOCK, CONNECTIONS, ENVIRONMENT, WAKE_UP_SOURCE } from '../core/tokens.js';
import type { WakeUpSource } from '../core/wake-up.js';
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
    @Inject(CONNECTIONS) connections: ConnectionSource,
    @Inject(CLOCK) clock: Clock,
    @Inject(ENVIRONMENT) environment: Environment,
    @Inject(WAKE_UP_SOURCE) private readonly wakeUpSource: WakeUpSource,
  ) {
    const { smtpUrl, mailConnections, publicUrl } = environment;
    this.mailer = new Mailer({
      connections,
      clock,
      server: smtpUrl === null ? null : parseSmtpUrl(smtpUrl, mailConnections),
      publicUrl,
      onTrouble: (text) => this.logger.warn(text),
    });
  }

  /** As the tables `workers` and `attempts` call this process. */
  get workerId(): string {
    return this.mailer.worker.id;
  }

  async onApplicationBootstrap(): Promise<void> {
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

  async beforeApplicationShutdown(): Promise<void> {
    if (!this.started) return;
    this.started = false;
    await this.mailer.stop();
  }
}
