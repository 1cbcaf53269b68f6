/** Imports that wait in the database: limits of what is taken, who runs one, and what is left of a process that dies. */
import { NestFactory } from '@nestjs/core';
import type { NestFastifyApplication } from '@nestjs/platform-fastify';
import { once } from 'node:events';
import { open } from 'node:fs/promises';
import { request } from 'node:http';
import { Readable } from 'node:stream';
import { setTimeout as delay } from 'node:timers/promises';
import { gzipSync } from 'node:zlib';
import { AppModule } from '../../src/app/app.module.js';
import { parseEnvironment } from '../../src/app/environment.js';
import { createAdapter } from '../../src/app/http-server.js';
import { JsonLogger } from '../../src/app/logger.js';
import { startApplication } from '../../src/app/start.js';
import { DatabaseClock } from '../../src/core/clock.js';
import { createApiKey } from '../../src/ingest/api-keys.js';
import { parseMapping } from '../../src/ingest/import-csv-mapping.js';
import {
  failLostImports,
  loadImport,
  lockImport,
  registerImport,
  type StoredImport,
} from '../../src/ingest/imports.sql.js';
import { receiveImport, type ReceiveOptions } from '../../src/ingest/receive-import.js';
import { runStoredImport } from '../../src/ingest/run-stored-import.js';
import { Spool } from '../../src/ingest/spool.js';
import { testDatabase, type TestDatabase } from '../support/database.js';
import { runTypescript } from '../support/processes.js';

jest.setTimeout(90_000);

const MAPPING = parseMapping({ profile: 'id', trait: ['name'], source: 'people' });
const clock = new DatabaseClock();

let db: TestDatabase;
beforeEach(async () => {
  db = await testDatabase();
});
afterEach(() => db.close());

const people = (count: number): string =>
  ['id,name', ...Array.from({ length: count }, (_, n) => `p${n},Ann`), ''].join('\n');

async function receive(
  content: string | Buffer | Readable,
  options: Partial<ReceiveOptions> = {},
): Promise<StoredImport> {
  const body = content instanceof Readable ? content : Readable.from([Buffer.from(content)]);
  const upload = { body, zipped: false, file: 'people.csv', mapping: MAPPING, by: 'api:test' };
  const { signal } = new AbortController();
  const o = { clock, idleMs: 1_000, signal, ...options };
  return (await receiveImport(db.pool, upload, o)).stored;
}
const run = (id: number, chunkLines = 10) => runStoredImport(db.pool, id, { clock, chunkLines });
const profiles = async () => (await db.pool.query('select from profiles')).rowCount;

async function eventually(wanted: () => Promise<boolean>): Promise<void> {
  while (!(await wanted())) await delay(20);
}

/** Chunks beyond this line wait until the returned function is called. */
async function holdAfter(line: number): Promise<() => Promise<void>> {
  await db.pool.query(`
    create function wait_here() returns trigger language plpgsql as
      $$ begin perform pg_advisory_xact_lock(4711); return new; end $$;
    create trigger wait_here before update of lines_done on imports for each row when (new.lines_done > ${line})
      execute function wait_here()`);
  const holder = await db.pool.connect();
  await holder.query('select pg_advisory_lock(4711)');
  return async () => {
    await holder.query('select pg_advisory_unlock(4711)');
    holder.release();
  };
}

test.each([
  ['more than its limit', people(100), { mostBytes: 500 }, 413, /larger than 500 bytes/],
  [
    'more than its limit, unzipped',
    gzipSync(people(9_999)),
    { mostUnzipped: 50_000 },
    413,
    /unzipped, is larger/,
  ],
])('%s is refused and leaves nothing', async (_name, content, limits, status, message) => {
  await expect(receive(content, limits)).rejects.toMatchObject({
    status,
    message: expect.stringMatching(message),
  });
  expect((await db.pool.query('select from imports')).rowCount).toBe(0);
});

test('who sends nothing more is given up, and so is an upload when the process stops', async () => {
  const silent = new Readable({ read: () => undefined });
  silent.push('id,name\n');
  await expect(receive(silent, { idleMs: 50 })).rejects.toMatchObject({ status: 408 });
  // Whoever discards the rest still can.
  expect(silent.destroyed).toBe(false);
  const stopping = new AbortController();
  const taking = receive(new Readable({ read: () => undefined }), { signal: stopping.signal });
  stopping.abort();
  await expect(taking).rejects.toMatchObject({ status: 503 });
});

test('a full disk is 507', async () => {
  const spool = new Spool(await open('/dev/full', 'r+'));
  await expect(spool.write(Buffer.alloc(10))).rejects.toMatchObject({
    status: 507,
    message: expect.stringContaining('ENOSPC'),
  });
  await spool.close();
  await expect(Spool.open('/nowhere')).rejects.toMatchObject({ status: 507 });
});

test('of two that would run the same import one does', async () => {
  const { id } = await receive(people(30));
  const release = await holdAfter(15);
  const first = run(id);
  await eventually(async () => (await loadImport(db.pool, id))!.linesDone > 0);
  expect(await run(id)).toBe('busy');
  await release();
  expect(await first).toBe('end');
  expect(await run(id)).toBe('over');
  expect(await profiles()).toBe(30);
});

test('a file that turns out to be damaged ends the import in words, and what came before stays', async () => {
  const { id } = await receive(`${people(25)}"p99,Bob\n`);
  expect(await run(id)).toBe('failed');
  expect(await loadImport(db.pool, id)).toMatchObject({
    state: 'failed',
    error: 'people.csv: a quote opened in the row that begins at line 27 is never closed',
    rowsStored: 20,
  });
  expect((await db.pool.query('select from import_files')).rowCount).toBe(0);
});

test('a database that goes away ends nothing: the import goes on afterwards', async () => {
  const { id } = await receive(people(30));
  const release = await holdAfter(15);
  const first = run(id).catch((error: unknown) => error);
  await eventually(async () => {
    const { rowCount } = await db.pool.query(
      `select pg_terminate_backend(pid) from pg_stat_activity
       where datname = current_database() and wait_event_type = 'Lock'`,
    );
    return rowCount === 1;
  });
  expect(await first).toBeInstanceOf(Error);
  expect(await loadImport(db.pool, id)).toMatchObject({ state: 'running', rowsStored: 10 });
  await release();
  expect(await run(id)).toBe('end');
  expect(await profiles()).toBe(30);
});

test('a command that died is said to have; one that lives is left alone', async () => {
  const asked = { file: 'a.csv', mapping: MAPPING, askedBy: 'command', bytesTotal: 1, now: 0 };
  const [dead, alive] = [
    await registerImport(db.pool, { ...asked, fingerprint: 'dead' }),
    await registerImport(db.pool, { ...asked, fingerprint: 'alive' }),
  ];
  const session = await db.pool.connect();
  await lockImport(session, alive.id);
  await failLostImports(db.pool, 0);
  expect((await loadImport(db.pool, alive.id))!.state).toBe('queued');
  expect(await loadImport(db.pool, dead.id)).toMatchObject({
    state: 'failed',
    error: 'the command was interrupted; the same command goes on',
  });
  session.release(true);
});

const VARIABLES = () => ({
  DATABASE_URL: db.url,
  REKINDLE_DURABILITY: 'relaxed',
  REKINDLE_PORT: '0',
  REKINDLE_ROLES: 'api',
});

test('a process that is killed in the middle leaves the rest to the next one; every row counts once', async () => {
  const release = await holdAfter(5_000);
  const key = await createApiKey(db.dataSource.manager, { name: 'x', scopes: ['manage'], now: 0 });
  const dying = runTypescript('src/main.ts', [], { env: VARIABLES() });
  const url = /http:[^"]+/.exec(await dying.line(/"listening"/))![0];
  const answer = await fetch(`${url}/api/v1/imports?profile=id&trait=name&source=people`, {
    method: 'POST',
    headers: { authorization: `Bearer ${key}`, 'content-type': 'text/csv' },
    body: people(9_000),
  });
  const { id } = (await answer.json()) as { id: number };
  await eventually(async () => (await loadImport(db.pool, id))!.linesDone > 0);
  dying.kill('SIGKILL');
  await dying.ended;
  await release();
  const quiet = new JsonLogger();
  quiet.setLogLevels([]);
  const next = await startApplication(parseEnvironment({}, VARIABLES()), quiet);
  await eventually(async () => (await loadImport(db.pool, id))!.state === 'finished');
  expect(await loadImport(db.pool, id)).toMatchObject({ rowsStored: 9_000, rowsRefused: 0 });
  expect(await profiles()).toBe(9_000);
  await next.stop();
});

test('an upload may take longer than other requests, and a stop of the process ends it', async () => {
  const quiet = new JsonLogger();
  quiet.setLogLevels([]);
  const running = await startApplication(parseEnvironment({}, VARIABLES()), quiet);
  const app = await NestFactory.create<NestFastifyApplication>(
    AppModule.of(running.foundations),
    createAdapter({ connectionsCheckingInterval: 20 }),
    { logger: false },
  );
  await app.listen(0, '127.0.0.1');
  Object.assign(app.getHttpServer(), { headersTimeout: 50, requestTimeout: 100 });
  const key = await createApiKey(db.dataSource.manager, { name: 'x', scopes: ['manage'], now: 0 });
  const send = async (type: string, path: string) => {
    const sent = request(`${await app.getUrl()}${path}`, {
      method: 'POST',
      headers: { authorization: `Bearer ${key}`, 'content-type': type, expect: '100-continue' },
    });
    sent.flushHeaders();
    // The server has it in hand.
    await once(sent, 'continue');
    sent.write(type === 'text/csv' ? 'id,name\n' : '{');
    const answered = new Promise<number>((done, fail) => {
      sent.on('response', (response) => done(response.resume().statusCode!));
      sent.on('error', fail);
    });
    return { sent, answered };
  };
  const path = '/api/v1/imports?profile=id&trait=name&source=people';
  const slow = await send('text/csv', path);
  const other = await send('application/json', '/api/v1/suppressions');
  // The slow one began before.
  expect(await other.answered).toBe(408);
  slow.sent.end('p1,Ann\n');
  expect(await slow.answered).toBe(202);
  const cut = await send('text/csv', path);
  const closing = app.close();
  expect(await cut.answered).toBe(503);
  await closing;
  await running.stop();
});
