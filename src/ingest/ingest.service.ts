/**
 * Stage 1 as a running service: the group commit of this process, its keys and limits, the routes, the counts of
 * webhooks, and the daily work (partitions ahead, old event keys). The composition root provides database, clock and wake-ups.
 */
import {
  Inject,
  Injectable,
  Logger,
  type OnApplicationShutdown,
  type OnModuleInit,
} from '@nestjs/common';
import { HttpAdapterHost } from '@nestjs/core';
import { Cron } from '@nestjs/schedule';
import type { FastifyAdapter } from '@nestjs/platform-fastify';
import type { DataSource } from 'typeorm';
import type { Clock } from '../core/clock.js';
import type { Environment } from '../core/environment.js';
import { errorText } from '../core/error-fields.js';
import { DAY_MS, instantToSql } from '../core/instant.js';
import type { ConnectionSource } from '../core/queryable.js';
import { CLOCK, CONNECTIONS, DATA_SOURCE, ENVIRONMENT, WAKE_UPS } from '../core/tokens.js';
import type { WakeUps } from '../core/wake-up.js';
import { StoredApiKey } from './api-key.entity.js';
import { ApiKeys } from './api-keys.js';
import { registerBilling } from './billing/billing-routes.js';
import { Receipts } from './billing/receipts.js';
import { addReceipts } from './billing/receipts.sql.js';
import { registerEnrolmentRequests } from './enrol-request-routes.js';
import { GroupCommit } from './group-commit.js';
import type { Fastify } from './http-edge.js';
import { KeyGate } from './key-gate.js';
import { countItems, storeSeconds } from './metrics.js';
import { ensureMonthsAhead } from './partitions.js';
import { RateLimit } from './rate-limit.js';
import { KEYS_KEPT_DAYS } from './staged-events.sql.js';
import { storeItems } from './store-items.js';
import { registerTracking } from './tracking-routes.js';

/** Generous: far above what one application sends, far below what a loop gone wild would. */
const ITEMS_PER_SECOND = { perSecond: 50_000, burst: 250_000 };
const WRONG_KEYS_PER_SECOND = { perSecond: 5, burst: 50 };
/** Of one billing system and reason: who guesses signatures fills no log. */
const UNSIGNED_LINES = { perSecond: 1 / 60, burst: 3 };
/** A merge takes 20 ms: with more than these, the other clients do not wait for them. */
const MERGES_PER_GROUP = 5;

@Injectable()
export class IngestService implements OnModuleInit, OnApplicationShutdown {
  private readonly logger = new Logger('Ingest');
  private readonly receipts = new Receipts(
    async (counts) => addReceipts(this.connections, counts, await this.clock.now(this.connections)),
    (error) => this.logger.warn({ message: 'webhooks were not counted', error: errorText(error) }),
  );

  constructor(
    @Inject(CONNECTIONS) private readonly connections: ConnectionSource,
    @Inject(DATA_SOURCE) private readonly dataSource: DataSource,
    @Inject(WAKE_UPS) private readonly wakeUps: WakeUps,
    @Inject(CLOCK) private readonly clock: Clock,
    @Inject(ENVIRONMENT) private readonly environment: Environment,
    @Inject(HttpAdapterHost) private readonly host: HttpAdapterHost<FastifyAdapter>,
  ) {}

  async onModuleInit(): Promise<void> {
    const server = this.host.httpAdapter.getInstance<Fastify>();
    const keys = new ApiKeys(this.dataSource.getRepository(StoredApiKey), () =>
      this.clock.now(this.connections),
    );
    const gate = new KeyGate(keys, new RateLimit(WRONG_KEYS_PER_SECOND));
    const onError = (error: unknown): void => this.logger.error(error);
    const group = new GroupCommit((...group) => this.store(...group));
    registerTracking(server, {
      gate,
      group,
      perKey: new RateLimit(ITEMS_PER_SECOND),
      onError,
    });
    registerEnrolmentRequests(server, {
      gate,
      connections: this.connections,
      clock: this.clock,
      wakeUps: this.wakeUps,
      onError,
    });
    this.registerBilling(server, group, onError);
    await ensureMonthsAhead(this.connections, await this.clock.now(this.connections));
  }

  onApplicationShutdown(): Promise<void> {
    return this.receipts.flush();
  }

  private registerBilling(
    server: Fastify,
    group: GroupCommit,
    onError: (error: unknown) => void,
  ): void {
    const { connections, clock, receipts } = this;
    const lines = new RateLimit(UNSIGNED_LINES);
    registerBilling(server, {
      secrets: this.environment.billingSecrets,
      group,
      connections,
      clock,
      receipts,
      onUnsigned: (source, { what, why }) => {
        if (lines.take(`${source} ${what}`) === 0)
          this.logger.warn({ message: 'a webhook was refused', source, why });
      },
      onError,
    });
  }

  /** Partitions for the months to come; message ids older than any client's patience are forgotten. */
  @Cron('17 2 * * *')
  async daily(): Promise<void> {
    const now = await this.clock.now(this.connections);
    await ensureMonthsAhead(this.connections, now);
    await this.connections.query(
      'delete from event_keys where not kept and received_at < $1::timestamptz',
      [instantToSql(now - KEYS_KEPT_DAYS * DAY_MS)],
    );
  }

  private async store(
    ...[items, refusals, { aside }]: Parameters<ConstructorParameters<typeof GroupCommit>[0]>
  ) {
    const done = storeSeconds.startTimer();
    const outcomes = await storeItems(this.connections, items, this.clock, {
      refusals,
      maxMerges: aside ? Infinity : MERGES_PER_GROUP,
      told: () => this.wakeUps.wake('engine'),
    });
    done();
    countItems(outcomes, refusals.length);
    return outcomes;
  }
}
