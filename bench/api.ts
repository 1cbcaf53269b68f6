/**
 * `npm run bench:api [-- --json]`: requests per second of the REST API with 50 connections, by a server process of its own
 * on a durable database (embedded server, fsync on): a key's own question, a profile, a page of messages, a profile written and
 * an event written. Raw limit of the same run: a handler that does nothing, in the same framework with the same settings.
 */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type pg from 'pg';
import { connectionsOf, openDataSource } from '../src/app/database.js';
import { startEmbedded } from '../src/app/embedded-postgres.js';
import { migrate } from '../src/app/migrate.js';
import { createApiKey } from '../src/ingest/api-keys.js';
import { writeManyMessages } from '../test/delivery/many-messages.js';
import { startApi, startEmpty } from './api-server.js';
import { getOf, load, postOf } from './http-client.js';
import { figure, medianOf, printFigures } from './support.js';

const RUNS = 5;
const RUN_MS = 3_000;
const CONNECTIONS = 50;
const PROFILES = 20_000;
const MESSAGES = 200_000;

/** A key may ask 500 times a second; as many clients have as many keys. */
const KEYS = CONNECTIONS;

async function main(): Promise<void> {
  const home = mkdtempSync(join(tmpdir(), 'rekindle-bench-'));
  const database = await startEmbedded({ home });
  await migrate(database.url, 'rekindle');
  const dataSource = await openDataSource(database.url);
  const pool = connectionsOf(dataSource) as pg.Pool;
  await writeManyMessages(pool, { count: MESSAGES, open: 100, profiles: PROFILES });
  const keys = await Promise.all(
    Array.from({ length: KEYS }, (_, n) =>
      createApiKey(dataSource.manager, { name: `bench-${n}`, scopes: ['admin'], now: 0 }),
    ),
  );
  const api = await startApi(database.url, home);
  const empty = await startEmpty();
  try {
    printFigures(await measure(api.port, empty.port, keys));
  } finally {
    await api.stop();
    await empty.stop();
    await dataSource.destroy();
    await database.stop();
    rmSync(home, { recursive: true, force: true });
  }
}

type Next = (key: string) => Buffer;

const user = (): string => `u${Math.ceil(Math.random() * PROFILES)}`;
const ROUTES: Record<string, Next> = {
  'GET whoami': (key) => getOf('/api/v1/whoami', key),
  'GET profiles/{id}': (key) => getOf(`/api/v1/profiles/${user()}`, key),
  'GET messages?profile=': (key) => getOf(`/api/v1/messages?profile=${user()}&limit=20`, key),
  'POST profiles/{id}/events': (key) =>
    postOf(`/api/v1/profiles/${user()}/events`, key, '{"name":"seen","properties":{"n":1}}'),
  'POST /v1/track': (key) =>
    postOf('/v1/track', key, JSON.stringify({ userId: user(), event: 'seen' })),
};

async function measure(port: number, emptyPort: number, keys: string[]) {
  const raw: number[] = [];
  const samples = new Map(Object.keys(ROUTES).map((name) => [name, [] as number[]]));
  for (let run = -1; run < RUNS; run += 1) {
    const limit = await rate(emptyPort, keys, (key) => getOf('/empty', key));
    if (run >= 0) raw.push(limit);
    for (const [name, next] of Object.entries(ROUTES)) {
      const one = await rate(port, keys, next);
      if (run >= 0) samples.get(name)!.push(one);
    }
  }
  return [...samples].map(([name, list]) => figure(name, 'requests/s', list, medianOf(raw)));
}

async function rate(port: number, keys: string[], next: Next): Promise<number> {
  let n = 0;
  const { requests, seconds } = await load({
    port,
    connections: CONNECTIONS,
    forMs: RUN_MS,
    next: () => next(keys[n++ % keys.length] ?? ''),
  });
  return requests / seconds;
}

void main().catch((error: unknown) => {
  console.error(error);
  process.exitCode = 1;
});
