/**
 * What a process knows of its own health: its database, and of each of its roles how far behind the work is. In: the
 * questions of insights/backlog.sql.ts and what engine and mailer say of themselves; out: figures, and in words what is wrong.
 */
import { hostname } from 'node:os';
import { Inject, Injectable } from '@nestjs/common';
import { ModuleRef } from '@nestjs/core';
import type { Clock } from '../core/clock.js';
import { ROLES, type Environment, type Role } from '../core/environment.js';
import type { Instant } from '../core/instant.js';
import {
  listProcesses,
  MIXED_TRANSPORTS,
  runningRoles,
  troubledMailers,
  whereMailGoes,
} from '../core/processes.sql.js';
import type { ConnectionSource } from '../core/queryable.js';
import { CLOCK, CONNECTIONS, ENVIRONMENT } from '../core/tokens.js';
import { errorText } from '../core/error-fields.js';
import { DeliveryService } from '../delivery/delivery.service.js';
import { EngineService } from '../engine/engine.service.js';
import { engineBacklog, mailBacklog } from '../insights/backlog.sql.js';
import { LATE_MAIL_MS, LATE_WORK_MS } from '../insights/decide-alerts.js';
import { VERSION } from './version.js';

/** A database that takes longer does not answer. */
const PATIENCE_MS = 2_000;
/** Clocks of shards that run before the database's by more than its clock may be corrected by. */
const AHEAD_MS = 60_000;

export interface Health {
  status: 'ok' | 'trouble';
  /** What is wrong, a sentence each. */
  problems: string[];
  version: string;
  roles: Role[];
  /** Processes that run each role, as the role api sees it. */
  running?: Record<Role, number>;
  engine?: { oldestDueSeconds: number; parkedProfiles: number };
  mailer?: { oldestDueSeconds: number; pauses: number };
}

type Part = Pick<Health, 'running' | 'engine' | 'mailer'> & { problems: string[] };

@Injectable()
export class HealthService {
  constructor(
    @Inject(CONNECTIONS) private readonly connections: ConnectionSource,
    @Inject(CLOCK) private readonly clock: Clock,
    @Inject(ENVIRONMENT) private readonly environment: Environment,
    private readonly modules: ModuleRef,
  ) {}

  /** Whether the database answers soon. */
  async databaseAnswers(): Promise<boolean> {
    return 'answer' in (await withPatience(this.connections.query('select 1')));
  }

  /** All that this process knows; never rejects. */
  async look(): Promise<Health> {
    const { roles } = this.environment;
    const asked = await withPatience(this.parts(roles));
    const parts = 'answer' in asked ? asked.answer : [];
    const problems =
      'answer' in asked
        ? parts.flatMap((part) => part.problems)
        : [`the database does not answer: ${asked.why}`, ...this.ownTroubles()];
    return {
      status: problems.length === 0 ? 'ok' : 'trouble',
      ...(Object.assign({}, ...parts) as Part),
      problems,
      version: VERSION,
      roles,
    };
  }

  private async parts(roles: Role[]): Promise<Part[]> {
    const now = await this.clock.now(this.connections);
    const parts: Part[] = [{ problems: this.ownTroubles() }];
    if (roles.includes('api')) parts.push(await this.everybody(now));
    if (roles.includes('engine')) parts.push(await this.engine(now));
    if (roles.includes('mailer')) parts.push(await this.mailer(now));
    return parts;
  }

  /** What the roles of this process say of themselves, without asking the database. */
  private ownTroubles(): string[] {
    const { roles } = this.environment;
    const find = { strict: false };
    const engine = roles.includes('engine') ? this.modules.get(EngineService, find).troubles : [];
    const mailer = roles.includes('mailer')
      ? this.modules.get(DeliveryService, find).trouble
      : null;
    return [...engine, ...(mailer === null ? [] : [mailer])];
  }

  /** The api is asked by those who look from outside, so it says who is there at all. */
  private async everybody(now: Instant): Promise<Part> {
    const processes = await listProcesses(this.connections, now);
    const running = runningRoles(processes);
    // What this process says of itself stands there already, and is newer.
    const others = troubledMailers(processes).filter(
      ({ host, pid }) => host !== hostname() || pid !== process.pid,
    );
    const missing = ROLES.filter((role) => running[role] === 0);
    return {
      problems: [
        ...missing.map((role) => `no ${role} is running: start a process with the role ${role}`),
        ...(whereMailGoes(processes) === 'mixed' ? [MIXED_TRANSPORTS] : []),
        ...others.map(({ host, pid, trouble }) => `the mailer on ${host} (${pid}): ${trouble}`),
      ],
      running,
    };
  }

  private async engine(now: Instant): Promise<Part> {
    const { oldestDueAt, parkedProfiles, settledAt } = await engineBacklog(this.connections, now);
    const waits = oldestDueAt === null ? 0 : now - oldestDueAt;
    const ahead = settledAt === null ? 0 : settledAt - now;
    const problems = [
      ...(waits > LATE_WORK_MS
        ? [`the engine is behind: something is due for ${seconds(waits)} s`]
        : []),
      ...(ahead > AHEAD_MS
        ? [
            `shards have settled ${seconds(ahead)} s of the future: the clock of the database went back`,
          ]
        : []),
    ];
    return { problems, engine: { oldestDueSeconds: seconds(waits), parkedProfiles } };
  }

  private async mailer(now: Instant): Promise<Part> {
    const { oldestDueAt, pauses } = await mailBacklog(this.connections, now);
    const waits = oldestDueAt === null ? 0 : now - oldestDueAt;
    const late = `mails are late: one that no pause holds is due for ${seconds(waits)} s`;
    return {
      problems: waits > LATE_MAIL_MS ? [late] : [],
      mailer: { oldestDueSeconds: seconds(waits), pauses },
    };
  }
}

function seconds(ms: number): number {
  return Math.round(ms / 1_000);
}

/** What `answer` brings, or why there is none: it fails, or takes too long. */
async function withPatience<T>(asked: Promise<T>): Promise<{ answer: T } | { why: string }> {
  let timer: NodeJS.Timeout | undefined;
  const patience = new Promise<{ why: string }>((resolve) => {
    const why = `nothing came within ${seconds(PATIENCE_MS)} s`;
    timer = setTimeout(() => resolve({ why }), PATIENCE_MS);
  });
  const settled = asked.then(
    (answer) => ({ answer }),
    (error: unknown) => ({ why: errorText(error) }),
  );
  return Promise.race([settled, patience]).finally(() => clearTimeout(timer));
}
