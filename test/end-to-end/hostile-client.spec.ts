/**
 * A client that means harm, against the server as a process of its own: every kind of bad request is answered precisely,
 * honest clients are served meanwhile, nothing of it is stored, and the process does not grow.
 */
import { execFileSync } from 'node:child_process';
import { connect, type Socket } from 'node:net';
import { createApiKey } from '../../src/ingest/api-keys.js';
import { testDatabase, type TestDatabase } from '../support/database.js';
import { runTypescript, type Running } from '../support/processes.js';

jest.setTimeout(120_000);

let db: TestDatabase;
let server: Running;
let url: string;
let key: string;
beforeAll(async () => {
  db = await testDatabase();
  key = await createApiKey(db.dataSource.manager, { name: 'c', scopes: ['admin'], now: 0 });
  server = runTypescript('src/main.ts', ['--roles', 'api', '--port', '0'], {
    env: {
      DATABASE_URL: db.url,
      REKINDLE_SCHEMA: db.schema,
      REKINDLE_DURABILITY: 'relaxed',
      // What grows without bound would end the process.
      NODE_OPTIONS: '--max-old-space-size=256',
    },
  });
  url = /http:[^"]+/.exec(await server.line(/"listening"/))![0];
});
afterAll(async () => {
  server.kill('SIGTERM');
  await server.ended;
  await db.close();
});

interface Answer {
  status: number;
  body: { detail?: string; rejects?: { code: string }[]; code?: string };
}

async function send(path: string, body: string, headers: Record<string, string> = {}) {
  const response = await fetch(url + path, {
    method: 'POST',
    headers: { authorization: `Bearer ${key}`, 'content-type': 'application/json', ...headers },
    body,
  });
  return { status: response.status, body: (await response.json()) as Answer['body'] };
}

const nested = (depth: number): string => '['.repeat(depth) + ']'.repeat(depth);
const track = (properties: string, more = ''): string =>
  `{"userId": "u", "event": "e", "properties": ${properties}${more}}`;
const batch = (item: string): string => `{"batch": [{"type": "track", ${item.slice(1)}]}`;
const event = (properties: string): string => `{"name": "e", "properties": ${properties}}`;

/** What is asked, the status, and what the answer says of it. */
const BAD: [name: string, path: string, body: string, status: number, says: RegExp][] = [
  ['bad JSON', '/v1/track', '{"userId": ', 400, /JSON/],
  ['bad JSON, own API', '/api/v1/profiles/u/events', '{', 400, /JSON/],
  ['a call of 40 KB', '/v1/track', track(`"${'x'.repeat(40_000)}"`), 413, /32768/],
  ['a batch of 600 KB', '/v1/batch', batch(track(`"${'x'.repeat(600_000)}"`)), 413, /512000/],
  ['200,000 lists', '/v1/batch', batch(track(nested(200_000))), 200, /too_deep/],
  ['200,000 lists, own API', '/api/v1/profiles/u/events', event(nested(200_000)), 422, /too_deep/],
  ['NUL', '/v1/track', track('{"a": "\\u0000"}'), 200, /"nul"/],
  ['NUL in a key', '/v1/track', track('{"\\u0000": 1}'), 200, /"nul"/],
  ['half a character', '/v1/track', track('{"a": "\\ud800"}'), 200, /"surrogate"/],
  [
    'half a character as id',
    '/v1/track',
    '{"userId": "\\ud800", "event": "e"}',
    200,
    /"surrogate"/,
  ],
  ['NUL, own API', '/api/v1/profiles/u/events', event('{"a": "\\u0000"}'), 422, /"nul"/],
  ['a number past 2^53', '/v1/track', track('{"a": 12345678901234567890}'), 200, /number/],
  ['a number past 1e308', '/v1/track', track('{"a": 1e400}'), 200, /number/],
  ['a list as a call', '/v1/track', '[]', 400, /object/],
  ['a reserved name', '/v1/track', '{"userId": "u", "event": "$message_sent"}', 200, /reserved/],
  ['too far ahead', '/v1/track', track('{}', ', "timestamp": "+300000-01-01"'), 200, /time/],
];

test.each(BAD)('%s', async (_name, path, body, status, says) => {
  const answer = await send(path, body);
  expect([answer.status, JSON.stringify(answer.body)]).toEqual([
    status,
    expect.stringMatching(says),
  ]);
});

test('in strict mode the same items are 422', async () => {
  const inside = BAD.filter(([, , , status]) => status === 200);
  expect(inside.length).toBeGreaterThan(5);
  for (const [name, path, body] of inside) {
    const { status } = await send(path, body, { 'x-rekindle-strict': 'true' });
    expect([name, status]).toEqual([name, 422]);
  }
});

test('of all that nothing was stored as an event', async () => {
  const { rows } = await db.pool.query('select name, properties from events');
  expect(rows).toEqual([]);
});

test('a message that is sent a hundred times at once is stored once', async () => {
  const body = JSON.stringify({ userId: 'r', event: 'replayed', messageId: 'm-1' });
  const answers = await Promise.all(Array.from({ length: 100 }, () => send('/v1/track', body)));
  expect(new Set(answers.map(({ status }) => status))).toEqual(new Set([200]));
  const { rows } = await db.pool.query(`select 1 from events where name = 'replayed'`);
  expect(rows).toHaveLength(1);
});

test('bodies that never end cost nobody else anything, and 1 GB is not read', async () => {
  const port = Number(new URL(url).port);
  const head = (length: string) =>
    `POST /v1/track HTTP/1.1\r\nhost: x\r\ncontent-type: application/json\r\nauthorization: Bearer ${key}\r\n${length}\r\n\r\n`;
  const open = (text: string): Promise<Socket> =>
    new Promise((resolve, reject) => {
      const socket: Socket = connect(port, '127.0.0.1', () =>
        socket.write(text, () => resolve(socket)),
      );
      socket.on('error', reject);
    });
  const slow = await Promise.all(
    Array.from({ length: 200 }, () => open(`${head('content-length: 30000')}{"userId": "s"`)),
  );
  expect((await send('/v1/track', track('{}'))).status).toBe(200);

  const flood = await open(head('transfer-encoding: chunked'));
  const chunk = `10000\r\n${'x'.repeat(65_536)}\r\n`;
  let answer = '';
  let sent = 0;
  flood.removeAllListeners('error').on('error', () => undefined);
  flood.on('data', (data) => (answer += data.toString()));
  const closed = new Promise<void>((resolve) => flood.on('close', () => resolve()));
  const pump = (): void => {
    while (!flood.destroyed && sent < 1e9) {
      sent += chunk.length;
      if (!flood.write(chunk)) break;
    }
  };
  flood.on('drain', pump);
  pump();
  await closed;
  // It is told, or cut off while it still sends and hears nothing (RFC 9112, 9.6).
  expect(answer).toMatch(/^(HTTP\/1\.1 413 |$)/);
  expect(sent).toBeLessThan(50e6);
  for (const socket of slow) socket.destroy();
});

test('wrong keys are 401, then 429; a key that has worked goes on working', async () => {
  const wrong = { authorization: `Bearer rk_${'0'.repeat(12)}_${'0'.repeat(40)}` };
  const statuses: number[] = [];
  // All at once: five tries a second come back, and a slow machine would never be refused.
  const tries = Array.from({ length: 120 }, () => send('/v1/track', '{}', wrong));
  for (const { status } of await Promise.all(tries)) statuses.push(status);
  expect(statuses.filter((status) => status === 401).length).toBeGreaterThanOrEqual(50);
  expect(statuses).toContain(429);
  expect((await send('/v1/track', track('{}'))).status).toBe(200);
  const asked = await fetch(`${url}/api/v1/keys`, { headers: wrong });
  expect([401, 429]).toContain(asked.status);
});

test('a key for events alone manages nothing', async () => {
  const ingest = await createApiKey(db.dataSource.manager, {
    name: 'page',
    scopes: ['ingest'],
    now: 0,
  });
  const authorization = `Bearer ${ingest}`;
  for (const path of ['/api/v1/suppressions', '/api/v1/keys', '/api/v1/definitions/validate']) {
    expect((await send(path, '{}', { authorization })).status).toBe(403);
  }
});

test('after hundreds of bad requests the process holds no more memory than after the first hundred', async () => {
  const resident = (): number =>
    Number(execFileSync('ps', ['-o', 'rss=', '-p', String(server.pid)], { encoding: 'utf8' })) /
    1024;
  const round = async (): Promise<void> => {
    await Promise.all(BAD.map(([, path, body]) => send(path, body)));
  };
  for (let n = 0; n < 7; n += 1) await round();
  const before = resident();
  for (let n = 0; n < 25; n += 1) await round();
  expect(resident() - before).toBeLessThan(100);
  expect((await send('/v1/track', track('{}'))).status).toBe(200);
});
