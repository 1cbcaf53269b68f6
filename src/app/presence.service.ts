/**
 * Says that this process runs, with which roles, where its mail goes and what keeps it from leaving, until it stops; every
 * process does.
 */
import { randomUUID } from 'node:crypto';
import { hostname } from 'node:os';
import { Inject, Injectable, Logger } from '@nestjs/common';
import type { OnApplicationBootstrap, OnApplicationShutdown } from '@nestjs/common';
import { ModuleRef } from '@nestjs/core';
import { Interval } from '@nestjs/schedule';
import type { Clock } from '../core/clock.js';
import { isDatabaseAway } from '../core/database-away.js';
import type { Environment } from '../core/environment.js';
import {
  processStopped,
  SIGN_OF_LIFE_MS,
  signOfLife,
  type OwnProcess,
} from '../core/processes.sql.js';
import type { ConnectionSource } from '../core/queryable.js';
import { CLOCK, CONNECTIONS, ENVIRONMENT } from '../core/tokens.js';
import { DeliveryService } from '../delivery/delivery.service.js';
import { parseSmtpUrl } from '../delivery/smtp-url.js';
import { VERSION } from './version.js';

/** How soon trouble, or its end, is told to the others. */
const LOOK_MS = 1_000;

@Injectable()
export class PresenceService implements OnApplicationBootstrap, OnApplicationShutdown {
  private readonly logger = new Logger('Presence');
  private readonly own: OwnProcess;
  private known = false;
  /** Trouble was told last time. */
  private troubled = false;

  constructor(
    @Inject(CONNECTIONS) private readonly sql: ConnectionSource,
    @Inject(CLOCK) private readonly clock: Clock,
    @Inject(ENVIRONMENT) { roles, smtpUrl }: Environment,
    private readonly modules: ModuleRef,
  ) {
    const mails = roles.includes('mailer');
    const server = mails && smtpUrl !== null ? parseSmtpUrl(smtpUrl) : null;
    this.own = {
      id: randomUUID(),
      host: hostname(),
      pid: process.pid,
      version: VERSION,
      roles,
      transport: server ? 'smtp' : mails ? 'dev_mailbox' : null,
      mailHost: server && `${server.host}:${server.port}`,
    };
  }

  async onApplicationBootstrap(): Promise<void> {
    await this.sign();
    this.known = true;
  }

  /** A database that is away is told by whoever works with it. */
  @Interval(SIGN_OF_LIFE_MS)
  async renew(): Promise<void> {
    if (!this.known) return;
    try {
      await this.sign();
    } catch (error) {
      if (!isDatabaseAway(error)) this.logger.error(error);
    }
  }

  @Interval(LOOK_MS)
  async look(): Promise<void> {
    if ((this.trouble !== null) !== this.troubled) await this.renew();
  }

  private async sign(): Promise<void> {
    const { trouble } = this;
    await signOfLife(this.sql, this.own, { now: await this.clock.now(this.sql), trouble });
    this.troubled = trouble !== null;
  }

  /** Of the way out of this process; null without a mailer. */
  private get trouble(): string | null {
    if (!this.own.roles.includes('mailer')) return null;
    return this.modules.get(DeliveryService, { strict: false }).trouble;
  }

  async onApplicationShutdown(): Promise<void> {
    if (!this.known) return;
    this.known = false;
    try {
      await processStopped(this.sql, this.own.id, await this.clock.now(this.sql));
    } catch (error) {
      if (!isDatabaseAway(error)) this.logger.error(error);
    }
  }
}
