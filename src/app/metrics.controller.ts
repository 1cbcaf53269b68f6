/**
 * `/metrics` for Prometheus, with a key of the scope `read`: what this process counts itself (requests, items, runs,
 * hand-overs) and what the database says of everybody's work (what waits and since when, messages by campaign). No
 * personal data: labels are names of routes, campaigns, states, reasons and providers.
 */
import { Controller, Get, Header, Inject, UseGuards, type OnModuleInit } from '@nestjs/common';
import { HttpAdapterHost } from '@nestjs/core';
import type { FastifyAdapter } from '@nestjs/platform-fastify';
import { collectDefaultMetrics, Gauge, Histogram, register, Registry } from 'prom-client';
import { AuthorizeGuard, Needs } from '../api/authorize.js';
import { COUNT_BOUND } from '../core/bounded.js';
import type { Clock } from '../core/clock.js';
import type { Instant } from '../core/instant.js';
import {
  listProcesses,
  runningRoles,
  runningTransports,
  troubledMailers,
} from '../core/processes.sql.js';
import type { ConnectionSource } from '../core/queryable.js';
import { CLOCK, CONNECTIONS } from '../core/tokens.js';
import { engineBacklog, mailBacklog } from '../insights/backlog.sql.js';
import { webhookBacklog } from '../webhooks/backlog.sql.js';
import { countByCampaign, countWaiting, MOST_COUNTED } from './metrics.sql.js';

const requestSeconds = new Histogram({
  name: 'rekindle_http_request_seconds',
  help: 'Seconds of answers to HTTP requests.',
  labelNames: ['method', 'route', 'status'] as const,
  buckets: [0.001, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 10],
});
collectDefaultMetrics();

@Controller('metrics')
@UseGuards(AuthorizeGuard)
export class MetricsController implements OnModuleInit {
  constructor(
    @Inject(CONNECTIONS) private readonly sql: ConnectionSource,
    @Inject(CLOCK) private readonly clock: Clock,
    @Inject(HttpAdapterHost) private readonly host: HttpAdapterHost<FastifyAdapter>,
  ) {}

  onModuleInit(): void {
    const server = this.host.httpAdapter.getInstance();
    server.addHook('onResponse', (request, reply, done) => {
      // Addresses without a route are anybody's invention.
      const route = request.routeOptions.url ?? 'none';
      const labels = { method: request.method, route, status: String(reply.statusCode) };
      requestSeconds.observe(labels, reply.elapsedTime / 1_000);
      done();
    });
  }

  @Get()
  @Needs('read')
  @Header('content-type', register.contentType)
  async metrics(): Promise<string> {
    const [own, shared] = await Promise.all([register.metrics(), this.ofDatabase()]);
    return `${own}${await shared.metrics()}`;
  }

  private async ofDatabase(): Promise<Registry> {
    const now = await this.clock.now(this.sql);
    const [waiting, engine, mail, campaigns, webhooks, processes] = await Promise.all([
      countWaiting(this.sql, now),
      engineBacklog(this.sql, now),
      mailBacklog(this.sql, now),
      countByCampaign(this.sql),
      webhookBacklog(this.sql, now),
      listProcesses(this.sql, now),
    ]);
    const registry = new Registry();
    const gauge = (name: string, help: string, value: number) =>
      new Gauge({ name: `rekindle_${name}`, help, registers: [registry] }).set(value);
    const bound = `at most ${MOST_COUNTED}`;
    gauge('inbox_waiting', `Facts that the engine has yet to settle, ${bound}.`, waiting.inbox);
    gauge('steps_due', `Enrolments whose step is due, ${bound}.`, waiting.steps);
    gauge(
      'engine_lag_seconds',
      'Since when the oldest due fact or step waits.',
      age(now, engine.oldestDueAt),
    );
    gauge(
      'parked_profiles',
      'Profiles set aside because settling them failed.',
      engine.parkedProfiles,
    );
    gauge('surges', 'Campaigns that hold people back until somebody decides.', engine.surges);
    gauge('mails_due', `Mails that are due and wait, ${bound}.`, waiting.mails);
    gauge(
      'mail_lag_seconds',
      'Since when the oldest of the most urgent mails is due that no pause holds.',
      age(now, mail.oldestDueAt),
    );
    gauge('pauses', 'Pauses of sending in force, without those of stopped campaigns.', mail.pauses);
    gauge('database_bytes', 'Size of the database on its disk.', waiting.databaseBytes);
    gauge('mailers', 'Mailers whose lease stands.', waiting.liveMailers);
    gauge(
      'webhook_backlog',
      `Webhooks that are due and wait, at most ${COUNT_BOUND + 1}.`,
      webhooks.due,
    );
    gauge(
      'webhook_lag_seconds',
      'Since when the oldest of them is due.',
      age(now, webhooks.oldestDueAt),
    );
    gauge(
      'webhook_endpoints_failing',
      'Endpoints of webhooks whose last attempt failed.',
      webhooks.failing,
    );
    gauge(
      'webhook_endpoints_disabled',
      'Endpoints of webhooks that were disabled because nothing arrived or they said so.',
      webhooks.disabled,
    );
    gauge(
      'mailers_in_trouble',
      'Mailers whose mail does not leave: the mail server refuses them or does not answer.',
      troubledMailers(processes).length,
    );
    const byLabel = (name: string, help: string, label: string, of: Record<string, number>) => {
      const labelled = new Gauge({
        name: `rekindle_${name}`,
        help,
        labelNames: [label],
        registers: [registry],
      });
      for (const [value, n] of Object.entries(of)) labelled.set({ [label]: value }, n);
    };
    byLabel('processes', 'Processes that run, by role.', 'role', runningRoles(processes));
    byLabel(
      'mail_transports',
      'Mailers that run, by where their mail goes.',
      'transport',
      runningTransports(processes),
    );
    const messages = new Gauge({
      name: 'rekindle_messages',
      help: 'Messages by campaign, state and reason; at most a minute old.',
      labelNames: ['campaign', 'state', 'reason'] as const,
      registers: [registry],
    });
    for (const { campaign, state, reason, n } of campaigns)
      messages.set({ campaign, state, reason: reason ?? '' }, n);
    return registry;
  }
}

function age(now: Instant, since: Instant | null): number {
  return since === null ? 0 : Math.max(0, (now - since) / 1_000);
}
