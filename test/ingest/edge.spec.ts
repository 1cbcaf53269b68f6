/** The edge over real sockets: refusals before bodies, odd requests, compressed ones, and pages of other origins. */
import { connect } from 'node:net';
import { gzipSync } from 'node:zlib';
import { createAdapter } from '../../src/app/http-server.js';
import { StoredApiKey } from '../../src/ingest/api-key.entity.js';
import { ApiKeys, createApiKey } from '../../src/ingest/api-keys.js';
import { GroupCommit } from '../../src/ingest/group-commit.js';
import type { Fastify } from '../../src/ingest/http-edge.js';
import { KeyGate } from '../../src/ingest/key-gate.js';
import { RateLimit } from '../../src/ingest/rate-limit.js';
import { storeItems } from '../../src/ingest/store-items.js';
import { registerTracking } from '../../src/ingest/tracking-routes.js';
import { testDatabase, type TestDatabase } from '../support/database.js';
import { ingestServer, type IngestServer } from './server.js';
import { NOON, rowsOf } from './support.js';

let db: TestDatabase;
let server: IngestServer;
let key: string;
beforeAll(async () => {
  db = await testDatabase();
  server = await ingestServer(db, createAdapter({ connectionsCheckingInterval: 50 }));
  key = await server.newKey('ingest');
});
afterAll(async () => {
  await server.close();
  await db.close();
});

beforeEach(() => db.pool.query('truncate events, event_keys, profile_event_stats'));

const WRONG = { authorization: `Bearer rk_${'0'.repeat(12)}_${'0'.repeat(40)}` };
const NO_KEY = { authorization: '' };
const CALL = { userId: 'u', event: 'x' };
const events = () => rowsOf(db.pool, 'select name from events');

interface RawAnswer {
  status: number;
  headers: Record<string, string>;
  problem: { status: number; detail: string; title: string };
}

/** Sends `text` as it is and waits for one whole answer; the rest of a body may never come. */
function exchange(text: string, url = server.url): Promise<RawAnswer> {
  return new Promise((resolve, reject) => {
    const socket = connect(Number(new URL(url).port), '127.0.0.1', () => socket.write(text));
    let answer = '';
    socket.on('error', reject);
    socket.on('close', () => reject(new Error(`closed after: ${answer}`)));
    socket.on('data', (data) => {
      answer += data.toString();
      const [head = '', body] = answer.split('\r\n\r\n');
      const [first = '', ...lines] = head.split('\r\n');
      const headers = Object.fromEntries(
        lines.map((line) => line.toLowerCase().split(': ') as [string, string]),
      );
      if (body === undefined || body.length < Number(headers['content-length'])) return;
      resolve({ status: Number(first.split(' ')[1]), headers, problem: JSON.parse(body) });
      socket.destroy();
    });
  });
}

/** The head of a POST whose body is announced and not sent. */
const announce = (path: string, authorization?: string): string =>
  [
    `POST ${path} HTTP/1.1`,
    'host: x',
    'content-type: application/json',
    'content-length: 30000',
    ...(authorization ? [`authorization: ${authorization}`] : []),
    '\r\n',
  ].join('\r\n');

describe('what is no proper request is a problem too', () => {
  const get = (target: string, header = ''): string =>
    `GET ${target} HTTP/1.1\r\nhost: x\r\n${header}\r\n`;

  test.each<[string, string, number, RegExp]>([
    ['a malformed address', get('/%zz'), 400, /no URL/],
    ['an overlong address', get(`/${'x'.repeat(9_000)}`), 414, /at most 8192/],
    ['an address longer than all headers may be', get(`/${'x'.repeat(90_000)}`), 414, /at most/],
    ['headers that are too long', get('/', `x: ${'x'.repeat(20_000)}\r\n`), 431, /16384 bytes/],
    ['what is not HTTP', 'hello\r\n\r\n', 400, /not HTTP/],
    ['an unknown route', get('/nowhere'), 404, /\/nowhere/],
    ['another method', get('/v1/track'), 405, /takes OPTIONS, POST, not GET/],
    [
      'another method, of a path with an id',
      get('/api/v1/campaigns/a%20b/enrolments?x=1'),
      405,
      /takes POST, not GET/,
    ],
  ])('%s', async (_name, text, status, detail) => {
    const answer = await exchange(text);
    expect(answer).toMatchObject({
      status,
      headers: { 'content-type': expect.stringContaining('application/problem+json') },
      problem: { type: 'about:blank', status, detail: expect.stringMatching(detail) },
    });
  });

  test('405 says in Allow what is allowed', async () => {
    expect((await exchange(get('/v1/batch'))).headers).toMatchObject({ allow: 'options, post' });
  });

  test('a request that is not complete in time: 408', async () => {
    const http = server.app.getHttpServer();
    const { headersTimeout, requestTimeout } = http;
    expect(headersTimeout).toBeLessThan(requestTimeout);
    Object.assign(http, { headersTimeout: 100, requestTimeout: 200 });
    for (const text of [announce('/v1/track', `Bearer ${key}`), 'GET / HT'])
      expect(await exchange(text)).toMatchObject({
        status: 408,
        headers: { 'content-type': 'application/problem+json' },
        problem: { detail: 'the request was not complete in time; send it again' },
      });
    Object.assign(http, { headersTimeout, requestTimeout });
  });

  test('a body that is too large hears how large it may be', async () => {
    expect(await server.post('/v1/track', ' '.repeat(32_769))).toMatchObject({
      status: 413,
      body: { detail: 'the body is larger than 32768 bytes; send less at a time' },
    });
    expect(await server.post('/v1/batch', ' '.repeat(512_001))).toMatchObject({
      status: 413,
      body: { detail: 'the body is larger than 512000 bytes; send less at a time' },
    });
  });

  test('another type of body hears which is wanted', async () => {
    const answer = await server.post('/v1/track', '<x/>', { 'content-type': 'application/xml' });
    expect(answer).toMatchObject({
      status: 415,
      body: { detail: 'send the body as application/json' },
    });
    expect(answer.headers.get('accept')).toBe('application/json');
  });
});

describe('compressed bodies', () => {
  const post = (path: string, body: Buffer, encoding = 'gzip') =>
    server.post(path, body, { 'content-encoding': encoding });

  test('gzip is understood', async () => {
    expect((await post('/v1/track', gzipSync(JSON.stringify(CALL)))).status).toBe(200);
    const batch = { batch: Array.from({ length: 500 }, () => ({ ...CALL, type: 'track' })) };
    expect((await post('/v1/batch', gzipSync(JSON.stringify(batch)), 'x-gzip')).status).toBe(200);
    expect(await events()).toHaveLength(501);
  });

  test('the limit is about what comes out', async () => {
    const fits = JSON.stringify({ ...CALL, properties: { a: 'x'.repeat(32_000) } });
    expect((await post('/v1/track', gzipSync(fits.padEnd(32_768)))).status).toBe(200);
    expect(await post('/v1/track', gzipSync(fits.padEnd(32_769)))).toMatchObject({
      status: 413,
      body: { detail: 'the body, unzipped, is larger than 32768 bytes; send less at a time' },
    });
  });

  test('a zip bomb is refused and memory stays flat', async () => {
    const tenMegabytes = gzipSync(Buffer.alloc(10e6, 0x20));
    const bomb = Buffer.concat(Array.from({ length: 45 }, () => tenMegabytes));
    expect(bomb.length).toBeLessThan(500 * 1024);
    const before = process.memoryUsage().rss;
    const answers = await Promise.all(Array.from({ length: 8 }, () => post('/v1/batch', bomb)));
    expect(answers.map(({ status }) => status)).toEqual(Array.from({ length: 8 }, () => 413));
    expect(process.memoryUsage().rss - before).toBeLessThan(60e6);
  });

  test('what is not gzip, or only half of it: 400; another encoding: 415', async () => {
    const body = gzipSync(JSON.stringify(CALL));
    for (const bad of [Buffer.from('{}'), body.subarray(0, body.length - 9)])
      expect((await post('/v1/track', bad)).status).toBe(400);
    const answer = await post('/v1/track', body, 'br');
    expect(answer.status).toBe(415);
    expect(answer.headers.get('accept-encoding')).toBe('gzip');
    expect(await events()).toEqual([]);
  });
});

describe('pages of any origin', () => {
  test('a browser may ask first, for a day', async () => {
    const answer = await fetch(`${server.url}/v1/batch`, {
      method: 'OPTIONS',
      headers: {
        origin: 'https://shop.example',
        'access-control-request-method': 'POST',
        'access-control-request-headers': 'authorization,content-type',
      },
    });
    expect(answer.status).toBe(204);
    expect(Object.fromEntries(answer.headers)).toMatchObject({
      'access-control-allow-origin': '*',
      'access-control-allow-methods': 'POST',
      'access-control-allow-headers': expect.stringContaining('authorization, content-type'),
      'access-control-max-age': '86400',
    });
    expect(answer.headers.get('access-control-allow-credentials')).toBeNull();
  });

  test('answers can be read, refusals too; the rest of the API stays closed to pages', async () => {
    const origin = async (path: string, body: unknown, headers = {}): Promise<string | null> =>
      (await server.post(path, body, headers)).headers.get('access-control-allow-origin');
    expect(await origin('/v1/track', CALL)).toBe('*');
    expect(await origin('/v1/track', CALL, NO_KEY)).toBe('*');
    expect(await origin('/v1/track', 'x'.repeat(40_000))).toBe('*');
    expect(await origin('/api/v1/campaigns/none/enrolments', {})).toBeNull();
  });

  test("Segment's browser library: first letters, plain text, the key in the body", async () => {
    const text = { 'content-type': 'text/plain', ...NO_KEY };
    const calls = {
      t: CALL,
      i: { userId: 'u', traits: { plan: 'pro' } },
      p: { userId: 'u', name: 'Home' },
      s: { userId: 'u', name: 'Home' },
      g: { userId: 'u', groupId: 'acme' },
      a: { userId: 'u', previousId: 'd' },
      b: { batch: [{ ...CALL, type: 'track' }] },
    };
    for (const [path, body] of Object.entries(calls)) {
      expect(await server.post(`/v1/${path}`, { ...body, writeKey: key }, text)).toMatchObject({
        status: 200,
        body: { success: true },
      });
    }
    expect(await events()).toMatchObject([
      { name: 'x' },
      { name: 'page' },
      { name: 'screen' },
      { name: 'x' },
    ]);
  });
});

describe('wrong and missing keys', () => {
  const ENROL = '/api/v1/campaigns/none/enrolments';

  test('a wrong key is refused before the body comes', async () => {
    for (const path of ['/v1/track', '/v1/batch', ENROL])
      expect(await exchange(announce(path, WRONG.authorization))).toMatchObject({ status: 401 });
    expect(await exchange(announce(ENROL))).toMatchObject({ status: 401 });
  });

  test('a refused client that goes on sending is cut off', async () => {
    const closed = new Promise<string>((resolve) => {
      const socket = connect(Number(new URL(server.url).port), '127.0.0.1');
      let answer = '';
      let sent = 0;
      const chunk = `4000\r\n${' '.repeat(0x4000)}\r\n`;
      const more = (): void => {
        while (!socket.destroyed && sent < 1e9) {
          sent += chunk.length;
          if (!socket.write(chunk)) return void socket.once('drain', more);
        }
      };
      socket.on('data', (data) => (answer += data.toString()));
      socket.on('error', () => undefined);
      socket.on('close', () => resolve(answer));
      socket.write(
        `POST /v1/track HTTP/1.1\r\nhost: x\r\nauthorization: ${WRONG.authorization}\r\ntransfer-encoding: chunked\r\n\r\n`,
      );
      more();
    });
    expect(await closed).toContain('no such key');
  });

  test('once there were too many, nobody is waited for; good keys in headers pass', async () => {
    // A bucket that is never filled again, so that a slow machine changes nothing.
    const limit = new RateLimit({ perSecond: 5, burst: 3, monotonic: () => 0 });
    const stored = db.dataSource.getRepository(StoredApiKey);
    const lookUps = jest.spyOn(stored, 'findBy');
    const find = new ApiKeys(stored, () => Promise.resolve(NOON));
    const bare: Fastify = createAdapter().getInstance();
    registerTracking(bare, {
      gate: new KeyGate(find, limit),
      group: new GroupCommit((items) => storeItems(db.pool, items, NOON)),
      perKey: new RateLimit({ perSecond: 1_000, burst: 1_000 }),
      onError: (error) => {
        throw error;
      },
    });
    const url = await bare.listen({ port: 0, host: '127.0.0.1' });
    const track = (headers: Record<string, string>, body: object = CALL) =>
      fetch(`${url}/v1/track`, { method: 'POST', headers, body: JSON.stringify(body) });
    expect((await track({})).status).toBe(401);
    expect((await track({}, { ...CALL, writeKey: 'none' })).status).toBe(401);
    expect((await track({}, { ...CALL, writeKey: key })).status).toBe(200);
    expect((await track(WRONG)).status).toBe(401);
    for (const authorization of [undefined, WRONG.authorization]) {
      expect(await exchange(announce('/v1/batch', authorization), url)).toMatchObject({
        status: 429,
        headers: { 'retry-after': '1' },
        problem: { status: 429, detail: 'too many wrong keys from this address' },
      });
    }
    // A flood of ever new wrong keys shuts out no right one that was never seen, in the headers or in a body.
    const unseen = await Promise.all(
      [1, 2].map(() =>
        createApiKey(db.dataSource.manager, { name: 'unseen', scopes: ['ingest'], now: NOON }),
      ),
    );
    lookUps.mockClear();
    const flood = Array.from({ length: 60 }, (_, i) =>
      track({ authorization: `Bearer rk_${10 + i}${'0'.repeat(10)}_${'0'.repeat(40)}` }),
    );
    const right = [
      track({ authorization: `Bearer ${unseen[0]}` }),
      track({}, { ...CALL, writeKey: unseen[1] }),
    ];
    for (const answer of await Promise.all(right)) expect(answer.status).toBe(200);
    for (const answer of await Promise.all(flood)) expect(answer.status).toBe(429);
    // Those that wait together are looked up together, not one by one; how many do depends on the machine.
    expect(lookUps.mock.calls.length).toBeLessThan(flood.length + right.length);
    await bare.close();
  });
});
