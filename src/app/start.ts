/**
 * Starts the roles of one process and stops them. In: an environment; out: a running application that
 * has opened its database, listens and works. Stopping drains: no new requests, wake-ups or claims,
 * what runs ends, then the connections close, then the embedded server.
 */
import { NestFactory } from '@nestjs/core';
import type { NestFastifyApplication } from '@nestjs/platform-fastify';
import { serveDocumentation } from '../api/openapi.js';
import { DatabaseClock } from '../core/clock.js';
import type { Environment } from '../core/environment.js';
import { agreeOnWayOut } from '../delivery/way-out.js';
import { AppModule, type Foundations } from './app.module.js';
import { describeStart, LEADS_NOWHERE, publicUrlLeadsNowhere } from './describe-start.js';
import { databaseRefusal, listenRefusal, redisRefusal } from './explain-start.js';
import { createAdapter } from './http-server.js';
import { JsonLogger } from './logger.js';
import { ownCommand } from './own-command.js';
import { VERSION } from './version.js';
import { BullWakeUps } from './wake-ups.js';
import { openWorkspace, type Workspace } from './workspace.js';

export interface RunningApplication {
  app: NestFastifyApplication;
  foundations: Foundations;
  /** Where it listens, e.g. `http://127.0.0.1:3000`; empty where it does not. */
  url: string;
  /** Drains and closes everything. */
  stop(): Promise<void>;
}

/** Opens, starts and listens; rejects with everything closed again. */
export async function startApplication(
  environment: Environment,
  logger = new JsonLogger(),
  /** How this program is run, where it was not built. */
  commandLine?: readonly string[],
): Promise<RunningApplication> {
  const foundations = await openFoundations(environment, logger, commandLine);
  try {
    await wakeUpsReady(foundations);
    const app = await createApplication(foundations, logger);
    const url = await listen(app, environment).catch(async (error: unknown) => {
      await app.close();
      throw error;
    });
    logger.log(describeStart(foundations, url, app), 'Start');
    if (publicUrlLeadsNowhere(environment)) logger.warn(LEADS_NOWHERE, 'Start');
    return {
      app,
      foundations,
      url: url ?? '',
      async stop() {
        await app.close();
        await closeFoundations(foundations);
      },
    };
  } catch (error) {
    await closeFoundations(foundations);
    throw error;
  }
}

async function wakeUpsReady({ wakeUps, environment, workspace }: Foundations): Promise<void> {
  await wakeUps.ready().catch((error: unknown) => {
    const { redisUrl } = environment;
    throw redisUrl ? redisRefusal(error, redisUrl) : databaseRefusal(error, workspace.url);
  });
}

/** Where it listens; null where nobody asked for that. */
async function listen(
  app: NestFastifyApplication,
  { port, host }: Environment,
): Promise<string | null> {
  if (port === null) {
    await app.init();
    return null;
  }
  await app.listen(port, host).catch((error: unknown) => {
    throw listenRefusal(error, host, port);
  });
  return app.getUrl();
}

async function openFoundations(
  environment: Environment,
  logger: JsonLogger,
  commandLine?: readonly string[],
): Promise<Foundations> {
  const workspace = await openWorkspace(environment, {
    applicationName: `rekindle ${environment.roles.join(',')}`,
    log: (line) => logger.log(line, 'Database'),
  });
  await wayOutAgreed(workspace, environment);
  const { rows } = await workspace.connections.query<{ id: string }>('select id from workspace');
  const wakeUps = new BullWakeUps({
    databaseUrl: workspace.url,
    schema: workspace.schema,
    ...(environment.redisUrl ? { redisUrl: environment.redisUrl } : {}),
    workspaceId: rows[0]!.id,
    log: (message, error) => logger.warn(error ? { message, error } : message, 'WakeUps'),
  });
  return { environment, workspace, wakeUps, ownCommand: ownCommand(workspace, commandLine) };
}

async function wayOutAgreed(
  workspace: Workspace,
  { roles, smtpUrl, devMailboxWanted }: Environment,
): Promise<void> {
  if (!roles.includes('mailer')) return;
  try {
    const now = await new DatabaseClock().now(workspace.connections);
    await agreeOnWayOut(workspace.connections, { smtp: smtpUrl !== null, devMailboxWanted, now });
  } catch (error) {
    await workspace.close();
    throw error;
  }
}

async function closeFoundations({ wakeUps, workspace }: Foundations): Promise<void> {
  await wakeUps.close();
  await workspace.close();
}

async function createApplication(
  foundations: Foundations,
  logger: JsonLogger,
): Promise<NestFastifyApplication> {
  const app = await NestFactory.create<NestFastifyApplication>(
    AppModule.of(foundations),
    createAdapter({ trustedProxies: foundations.environment.trustedProxies }),
    { logger, abortOnError: false },
  );
  if (foundations.environment.roles.includes('api')) serveDocumentation(app, VERSION);
  return app;
}
