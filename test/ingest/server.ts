/** The ingest module alone behind a real HTTP server, on a test database. */
import { Module, type DynamicModule } from '@nestjs/common';
import { APP_FILTER, NestFactory } from '@nestjs/core';
import type { NestFastifyApplication } from '@nestjs/platform-fastify';
import { ScheduleModule } from '@nestjs/schedule';
import { createAdapter } from '../../src/app/http-server.js';
import { ProblemFilter } from '../../src/app/problem.filter.js';
import { DatabaseClock } from '../../src/core/clock.js';
import { parseEnvironment } from '../../src/app/environment.js';
import { CLOCK, CONNECTIONS, DATA_SOURCE, ENVIRONMENT, WAKE_UPS } from '../../src/core/tokens.js';
import type { Lane } from '../../src/core/wake-up.js';
import type { Scope } from '../../src/ingest/api-key.entity.js';
import { createApiKey } from '../../src/ingest/api-keys.js';
import { IngestModule } from '../../src/ingest/ingest.module.js';
import type { TestDatabase } from '../support/database.js';

/** What the routes answer with, as far as tests look at it. */
interface Answer {
  success?: boolean;
  rejected?: number;
  rejects?: { index: number; code: string; detail: string }[];
  detail?: string;
  [member: string]: unknown;
}

export interface IngestServer {
  url: string;
  app: NestFastifyApplication;
  /** Lanes that were woken. */
  woken: Lane[];
  post(
    path: string,
    body: unknown,
    headers?: Record<string, string>,
  ): Promise<{ status: number; body: Answer; headers: Headers }>;
  newKey(...scopes: Scope[]): Promise<string>;
  close(): Promise<void>;
}

@Module({})
class Root {}

@Module({})
class Foundations {
  static of(db: TestDatabase, woken: Lane[], variables: Record<string, string>): DynamicModule {
    const providers = [
      { provide: CONNECTIONS, useValue: db.pool },
      { provide: DATA_SOURCE, useValue: db.dataSource },
      { provide: CLOCK, useClass: DatabaseClock },
      { provide: ENVIRONMENT, useValue: parseEnvironment({}, variables) },
      { provide: WAKE_UPS, useValue: { wake: (lane: Lane) => woken.push(lane) } },
    ];
    return {
      module: Foundations,
      global: true,
      providers,
      exports: providers.map(({ provide }) => provide),
    };
  }
}

export async function ingestServer(
  db: TestDatabase,
  adapter = createAdapter(),
  variables: Record<string, string> = {},
): Promise<IngestServer> {
  const woken: Lane[] = [];
  const root = {
    module: Root,
    imports: [Foundations.of(db, woken, variables), ScheduleModule.forRoot(), IngestModule],
    providers: [{ provide: APP_FILTER, useClass: ProblemFilter }],
  };
  const app = await NestFactory.create<NestFastifyApplication>(root, adapter, {
    logger: false,
    abortOnError: false,
  });
  await app.listen(0, '127.0.0.1');
  const url = await app.getUrl();
  const newKey = (...scopes: Scope[]): Promise<string> =>
    createApiKey(db.dataSource.manager, { name: 'test', scopes, now: 0 });
  const key = await newKey('ingest');
  return {
    url,
    app,
    woken,
    newKey,
    async post(path, body, headers = {}) {
      const response = await fetch(url + path, {
        method: 'POST',
        headers: { 'content-type': 'application/json', authorization: `Bearer ${key}`, ...headers },
        body:
          typeof body === 'string' || Buffer.isBuffer(body)
            ? (body as string)
            : JSON.stringify(body),
      });
      return {
        status: response.status,
        body: (await response.json()) as Answer,
        headers: response.headers,
      };
    },
    async close() {
      await app.close();
    },
  };
}
