/** Imports over REST: what becomes of a file, whatever happens to the request, the process or the mapping. */
import { execFile } from 'node:child_process';
import { mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { connect } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { gzipSync } from 'node:zlib';
import { listActions } from '../../src/core/audit.js';
import { testDatabase, type TestDatabase } from '../support/database.js';
import { startRest, type Answer, type RestServer } from './rest-server.js';
import { eventually, readAll } from './world.js';

let db: TestDatabase;
let rest: RestServer;
let folder: string;
beforeAll(async () => {
  db = await testDatabase();
  rest = await startRest(db);
  folder = mkdtempSync(join(tmpdir(), 'rekindle-imports-'));
});
afterAll(async () => {
  await rest.stop();
  await db.close();
  rmSync(folder, { recursive: true });
});

const EVENTS = {
  event: 'order_completed',
  profile: 'customer',
  at: 'when',
  id: 'order',
  property: 'amount:number',
  trait: 'email=c{customer}@customers.example',
};
const HEADER = 'order,customer,when,amount';

/** Orders `from` to `to` - 1 of as many customers. */
function orders(from: number, to: number): string {
  const rows = Array.from({ length: to - from }, (_, n) => {
    const i = from + n;
    return `o${i},c${i},2026-01-01T10:00:00Z,${i}`;
  });
  return [HEADER, ...rows, ''].join('\n');
}

const pathOf = (mapping: Record<string, string>): string =>
  `/api/v1/imports?${new URLSearchParams(mapping).toString()}`;

const upload = (
  csv: string | Buffer,
  mapping: Record<string, string>,
  headers: Record<string, string> = {},
): Promise<Answer> =>
  rest.ask('POST', pathOf(mapping), csv, { 'content-type': 'text/csv', ...headers });

const look = async (id: number) => (await rest.ask('GET', `/api/v1/imports/${id}`)).body;
const ended = (id: number) =>
  eventually(
    () => look(id),
    ({ state }) => state !== 'queued' && state !== 'running',
  );
const lastAction = async () =>
  (await listActions(db.pool, { before: null, subject: null, limit: 1 }))[0];
const count = async (table: string): Promise<number> =>
  (await db.pool.query<{ n: number }>(`select count(*)::integer as n from ${table}`)).rows[0]!.n;

test('a file goes on by itself; it is known how far it came, what was refused and why', async () => {
  const csv = `${orders(0, 5)}bad,c9,yesterday,1\no6,c6,2026-01-01T10:00:00Z,many\no0,c0,2026-01-01T10:00:00Z,0\n`;
  const { status, body } = await upload(csv, { ...EVENTS, source: 'first', file: 'orders.csv' });
  expect(status).toBe(202);
  expect(body).toMatchObject({
    file: 'orders.csv',
    source: 'import:first',
    event: 'order_completed',
    askedBy: 'api:rest',
    progress: { bytesTotal: Buffer.byteLength(csv) },
  });
  expect(await lastAction()).toMatchObject({
    actor: 'api:rest',
    action: 'import.create',
    subject: `import/${body.id}`,
    detail: { file: 'orders.csv', source: 'import:first', event: 'order_completed' },
  });
  expect(await ended(body.id)).toMatchObject({
    state: 'finished',
    rows: { stored: 5, duplicate: 1, refused: 2 },
    progress: { bytes: Buffer.byteLength(csv), lines: 9 },
    error: null,
  });
  const errors = await readAll<{ line: number; detail: string }>(
    rest,
    `/api/v1/imports/${body.id}/errors?limit=1`,
  );
  expect(errors).toEqual([
    { line: 7, detail: expect.stringContaining('"yesterday" is not a time') },
    { line: 8, detail: expect.stringContaining('"many" is not a number') },
  ]);
  const { body: profile } = await rest.ask('GET', '/api/v1/profiles/c3');
  expect(profile.traits).toEqual({ email: 'cc3@customers.example' });
  expect((await rest.ask('GET', '/api/v1/profiles/c3/events')).body.items).toMatchObject([
    { name: 'order_completed', source: 'import:first', historical: true },
  ]);
  // The file has done its duty.
  expect(await count('import_files')).toBe(0);
});

test('gzip, by its header or by what it is, and the same file again are the same import', async () => {
  const csv = orders(10, 20);
  const mapping = { ...EVENTS, source: 'zipped' };
  const first = await upload(gzipSync(csv), mapping, { 'content-encoding': 'gzip' });
  expect(first.status).toBe(202);
  const { id } = first.body;
  expect(await ended(id)).toMatchObject({ state: 'finished', rows: { stored: 10 } });
  for (const again of [
    await upload(csv, mapping),
    await upload(gzipSync(csv), mapping, { 'content-type': 'application/gzip' }),
  ])
    expect([again.status, again.body.id]).toEqual([200, id]);
  const other = await upload(csv, { ...mapping, property: 'total:number=amount' });
  expect(other.status).toBe(202);
  expect(other.body.id).not.toBe(id);
  expect(await ended(other.body.id)).toMatchObject({ rows: { stored: 0, duplicate: 10 } });
});

describe('what cannot be taken', () => {
  const mapping = { ...EVENTS, source: 'no' };
  const { at: _, ...timeless } = mapping;
  test.each<
    [string, string | Buffer, Record<string, string>, Record<string, string>, number, RegExp]
  >([
    ['no time', orders(0, 1), timeless, {}, 422, /^at is missing/],
    [
      'an unknown column',
      orders(0, 1),
      { ...mapping, profile: 'costumer' },
      {},
      422,
      /no column costumer \(did you mean customer\?\)/,
    ],
    ['an unknown parameter', orders(0, 1), { ...mapping, colour: 'red' }, {}, 422, /colour/],
    [
      'a bad zone',
      orders(0, 1),
      { ...mapping, zone: 'Mars' },
      {},
      422,
      /zone: Mars is not a time zone/,
    ],
    ['no source', orders(0, 1), EVENTS, {}, 422, /source/],
    [
      'an odd source',
      orders(0, 1),
      { ...mapping, source: 'a/b' },
      {},
      422,
      /source: a\/b may hold/,
    ],
    [
      'a polluting name',
      orders(0, 1),
      { ...mapping, trait: '__proto__.x=amount' },
      {},
      422,
      /cannot be a name/,
    ],
    ['nothing', '', mapping, {}, 422, /empty/],
    ['a broken header', '"a', mapping, {}, 422, /never closed/],
    ['half a gzip', gzipSync(orders(0, 99)).subarray(0, 60), mapping, {}, 400, /ends too early/],
    ['no gzip', orders(0, 1), mapping, { 'content-encoding': 'gzip' }, 400, /damaged/],
    ['brotli', orders(0, 1), mapping, { 'content-encoding': 'br' }, 415, /gzip/],
    ['JSON', '{}', mapping, { 'content-type': 'application/json' }, 415, /text\/csv/],
    ['NUL in a parameter', orders(0, 1), { ...mapping, file: 'a\0b' }, {}, 422, /./],
  ])('%s', async (_name, csv, asked, headers, status, detail) => {
    const [imports, action] = [await count('imports'), await lastAction()];
    const answer = await upload(csv, asked, headers);
    expect([answer.status, answer.body.detail]).toEqual([status, expect.stringMatching(detail)]);
    expect([await count('imports'), await count('import_files')]).toEqual([imports, 0]);
    expect(await lastAction()).toEqual(action);
  });

  test('a key that may not manage, and CSV where none is wanted', async () => {
    const as = { authorization: `Bearer ${await rest.newKey('ingest', 'read')}` };
    expect((await upload(orders(0, 1), mapping, as)).status).toBe(403);
    const csv = { 'content-type': 'text/csv' };
    expect((await rest.ask('POST', '/api/v1/suppressions', 'a,b', csv)).status).toBe(415);
    for (const path of ['imports/0', 'imports/99999999', 'imports/99999999/errors'])
      expect((await rest.ask('GET', `/api/v1/${path}`)).status).toBe(404);
  });

  test('a file that is cut off leaves nothing, here or on the disk', async () => {
    const spools = () => readdirSync(tmpdir()).filter((name) => name.startsWith('rekindle-upload'));
    const imports = await count('imports');
    const key = await rest.newKey('manage');
    const { hostname, port } = new URL(rest.url);
    await new Promise<void>((gone) => {
      const socket = connect(Number(port), hostname, () => {
        socket.write(
          `POST ${pathOf(mapping)} HTTP/1.1\r\nhost: x\r\nauthorization: Bearer ${key}\r\ncontent-type: text/csv\r\ncontent-length: 1000000\r\n\r\n${orders(0, 500)}`,
          () => socket.destroy(),
        );
      });
      socket.on('close', () => gone());
    });
    // The next one waits behind whatever the first one left.
    expect((await upload(orders(30, 31), { ...EVENTS, source: 'after' })).status).toBe(202);
    expect(await count('imports')).toBe(imports + 1);
    expect(spools()).toEqual([]);
  });
});

test('a dry run says what rows would become, and stores nothing, however long the file is', async () => {
  const csv = `${HEADER}\no1,c1,2026-01-01 10:00,5\no2,c2,2026-01-02T10:00:00Z,x\n${'o3,c3,2026-01-03T10:00:00Z,1\n'.repeat(200_000)}`;
  const before = await count('imports');
  const mapping = { ...EVENTS, source: 'dry', zone: 'Europe/Berlin', dry_run: 'true', rows: '3' };
  const { status, body } = await upload(csv, mapping);
  expect(status).toBe(200);
  expect(body).toEqual({
    rows: [
      {
        line: 2,
        userId: 'c1',
        traits: { email: 'cc1@customers.example' },
        event: {
          name: 'order_completed',
          occurredAt: '2026-01-01T09:00:00.000Z',
          messageId: 'o1',
          properties: { amount: 5 },
        },
      },
      { line: 3, error: 'amount: "x" is not a number' },
      expect.objectContaining({ line: 4 }),
    ],
    refused: 1,
    complete: false,
  });
  expect(await count('imports')).toBe(before);
  const people = { profile: 'customer', trait: 'amount', source: 'dry', dry_run: 'true' };
  const short = await upload(orders(0, 1), people);
  expect(short.body).toMatchObject({
    complete: true,
    rows: [{ traits: { amount: '0' }, event: null }],
  });
  const wrong = await upload(orders(0, 1), { ...people, profile: 'x' });
  expect(wrong.status).toBe(422);
});

test('curl -T streams a file of any size; a dry run of it is answered before it was sent', async () => {
  const file = join(folder, 'large.csv');
  writeFileSync(file, `id,name\n${'c1,Ann of the long and winding road\n'.repeat(1_000_000)}`);
  const key = await rest.newKey('manage');
  const curl = async (mapping: Record<string, string>) => {
    const as = `authorization: Bearer ${key}`;
    const args = ['-sS', '-X', 'POST', '-T', file, '-H', as, '-w', '\n%{http_code}'];
    const { stdout } = await promisify(execFile)('curl', [...args, rest.url + pathOf(mapping)]);
    const [body, status] = stdout.split('\n');
    return { status, body: JSON.parse(body!) };
  };
  const people = { profile: 'id', trait: 'name', source: 'people' };
  expect(await curl({ ...people, dry_run: 'true' })).toMatchObject({
    status: '200',
    body: { complete: false, refused: 0 },
  });
  const { status, body } = await curl(people);
  expect(status).toBe('202');
  await rest.ask('POST', `/api/v1/imports/${body.id}/cancel`);
  expect(await ended(body.id)).toMatchObject({ state: 'cancelled', event: null });
});

test('a cancelled import keeps what is stored, and goes on when the same file comes again', async () => {
  // The second chunk waits for the test.
  await db.pool.query(`
    create function wait_here() returns trigger language plpgsql as
      $$ begin perform pg_advisory_xact_lock(4711); return new; end $$;
    create trigger wait_here before update of lines_done on imports for each row when (new.lines_done > 4500)
      execute function wait_here()`);
  const holder = await db.pool.connect();
  await holder.query('select pg_advisory_lock(4711)');
  const csv = orders(1_000, 10_000);
  const mapping = { ...EVENTS, source: 'cancelled' };
  const { body } = await upload(csv, mapping);
  const halfway = await eventually(
    () => look(body.id),
    ({ rows }) => rows.stored > 0,
  );
  expect(halfway).toMatchObject({ state: 'running', rows: { stored: 4_000 } });
  expect(halfway.progress.bytes).toBeLessThanOrEqual(halfway.progress.bytesTotal);
  const cancel = () => rest.ask('POST', `/api/v1/imports/${body.id}/cancel`);
  expect((await cancel()).body).toMatchObject({ state: 'cancelled', rows: { stored: 4_000 } });
  expect((await cancel()).status).toBe(409);
  expect(await lastAction()).toMatchObject({
    action: 'import.cancel',
    detail: { rowsStored: 4_000 },
  });
  await holder.query('select pg_advisory_unlock(4711)');
  holder.release();
  const again = await upload(csv, mapping);
  expect([again.status, again.body.id]).toEqual([202, body.id]);
  expect(await ended(body.id)).toMatchObject({
    state: 'finished',
    rows: { stored: 9_000, duplicate: 0 },
  });
  await db.pool.query('drop trigger wait_here on imports');
});

test('the list is paged, the latest first, and filtered by state', async () => {
  const all = await readAll<{ id: number; state: string }>(rest, '/api/v1/imports?limit=2');
  expect(all.map(({ id }) => id)).toEqual(all.map(({ id }) => id).toSorted((a, b) => b - a));
  const cancelled = await readAll<{ id: number }>(rest, '/api/v1/imports?state=cancelled&limit=2');
  expect(cancelled.map(({ id }) => id)).toEqual(
    all.filter(({ state }) => state === 'cancelled').map(({ id }) => id),
  );
});
