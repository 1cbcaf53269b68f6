/**
 * `npm run bench:ingest [-- --json]`: events per second through HTTP into a durable database (embedded
 * server, its default settings, fsync on), by a server process of its own; in batches of 100, and singly
 * with 50 connections, each event acknowledged. Raw limit of the same run: multi-row INSERT of the same
 * events into a plain table with the same index, by one connection. Every event is counted afterwards.
 */
import { randomUUID } from 'node:crypto';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type pg from 'pg';
import { connectionsOf, openDataSource } from '../src/app/database.js';
import { startEmbedded } from '../src/app/embedded-postgres.js';
import { migrate } from '../src/app/migrate.js';
import { createApiKey } from '../src/ingest/api-keys.js';
import { startApi } from './api-server.js';
import { load, postOf } from './http-client.js';
import { figure, medianOf, printFigures } from './support.js';

const RUNS = 5;
const RUN_MS = 4_000;
const PROFILES = 5_000;
const NAMES = ['page', 'session_started', 'feature_used', 'order_completed', 'report_shared'];

async function main(): Promise<void> {
  const home = mkdtempSync(join(tmpdir(), 'rekindle-bench-'));
  const database = await startEmbedded({ home });
  await migrate(database.url, 'rekindle');
  const dataSource = await openDataSource(database.url);
  const pool = connectionsOf(dataSource) as pg.Pool;
  const server = await startApi(database.url, home);
  try {
    await publish(pool);
    const key = await createApiKey(dataSource.manager, {
      name: 'bench',
      scopes: ['ingest'],
      now: 0,
    });
    printFigures(await measure(pool, server.port, key));
  } finally {
    await server.stop();
    await dataSource.destroy();
    await database.stop();
    rmSync(home, { recursive: true, force: true });
  }
}

async function measure(pool: pg.Pool, port: number, key: string) {
  const batches = { name: 'events in batches of 100', connections: 4, size: 100 };
  const singles = { name: 'events singly acknowledged, 50 connections', connections: 50, size: 1 };
  const samples = new Map([batches, singles].map((kind) => [kind, [] as number[]]));
  const raw: number[] = [];
  await run(port, key, { ...batches, forMs: 2_000 });
  await run(port, key, { ...singles, forMs: 2_000 });
  for (let i = 0; i < RUNS; i++) {
    raw.push(await rawInserts(pool));
    for (const [kind, list] of samples) {
      const before = await stored(pool);
      const { requests, seconds } = await run(port, key, { ...kind, forMs: RUN_MS });
      const events = (await stored(pool)) - before;
      if (events !== requests * kind.size)
        throw new Error(`${requests} requests acknowledged, ${events} events stored`);
      list.push(events / seconds);
    }
  }
  return [...samples].map(([{ name }, list]) => figure(name, 'events/s', list, medianOf(raw)));
}

function run(port: number, key: string, o: { connections: number; size: number; forMs: number }) {
  const next = (): Buffer => {
    if (o.size === 1) return postOf('/v1/track', key, JSON.stringify(event()));
    return postOf(
      '/v1/batch',
      key,
      JSON.stringify({ batch: Array.from({ length: o.size }, event), sentAt: new Date() }),
    );
  };
  return load({ port, connections: o.connections, forMs: o.forMs, next });
}

function event() {
  return {
    type: 'track',
    userId: `user-${Math.floor(Math.random() * PROFILES)}`,
    event: NAMES[Math.floor(Math.random() * NAMES.length)],
    properties: { plan: 'pro', amount: 49.9, source: 'web', position: 3 },
    messageId: randomUUID(),
    timestamp: new Date().toISOString(),
  };
}

/** One of the five names is read by a definition, so a fifth of the events also goes to the inbox. */
async function publish(pool: pg.Pool): Promise<void> {
  const reads = { events: ['order_completed'], anyEvent: false, traits: [] };
  await pool.query(
    `insert into revisions (applied_at, applied_by, summary, reads, project)
     values ('2026-01-01', 'bench', '{}', $1, '{"zone": "UTC", "profileStart": ["created_at"]}')`,
    [JSON.stringify(reads)],
  );
}

async function stored(pool: pg.Pool): Promise<number> {
  const { rows } = await pool.query<{ n: number }>(
    'select coalesce(sum(count), 0)::bigint as n from profile_event_stats',
  );
  return rows.at(0)?.n ?? 0;
}

/** Rows per second of multi-row INSERTs of 1,000, each committed. */
async function rawInserts(pool: pg.Pool): Promise<number> {
  await pool.query('drop table if exists raw_events');
  await pool.query(
    'create table raw_events (profile_id bigint, name text, occurred_at timestamptz(3), properties jsonb, message_id text)',
  );
  await pool.query('create index on raw_events (profile_id, name, occurred_at)');
  const rows = Array.from({ length: 1_000 }, event);
  const text = `insert into raw_events values ${rows.map((_, i) => `($${i * 5 + 1}, $${i * 5 + 2}, $${i * 5 + 3}, $${i * 5 + 4}, $${i * 5 + 5})`).join(', ')}`;
  const values = rows.flatMap((one) => [
    one.userId.slice(5),
    one.event,
    one.timestamp,
    JSON.stringify(one.properties),
    one.messageId,
  ]);
  const begun = performance.now();
  let count = 0;
  for (; performance.now() - begun < 1_500; count += rows.length)
    await pool.query({ name: 'raw', text, values });
  return count / ((performance.now() - begun) / 1000);
}

void main();
