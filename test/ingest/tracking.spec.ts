/** Segment's protocol over real HTTP: shapes, keys, refusals and what hostile clients send. */
import { request as httpRequest } from 'node:http';
import { connect } from 'node:net';
import { Analytics } from '@segment/analytics-node';
import { FastifyAdapter } from '@nestjs/platform-fastify';
import { testDatabase, type TestDatabase } from '../support/database.js';
import { ingestServer, type IngestServer } from './server.js';
import { picture, publish, rowsOf } from './support.js';

let db: TestDatabase;
let server: IngestServer;
beforeAll(async () => {
  db = await testDatabase();
  server = await ingestServer(db);
});
afterAll(async () => {
  await server.close();
  await db.close();
});
beforeEach(() =>
  db.pool.query(
    `truncate events, event_keys, profile_event_stats, inbox, rejects, trait_changes, profile_keys, profiles, accounts, revisions cascade`,
  ),
);

const rejects = () =>
  rowsOf<{ code: string; call: string; item: string }>(
    db.pool,
    'select code, call, item from rejects order by id',
  );
const events = () =>
  rowsOf<{ name: string }>(db.pool, 'select name, properties, occurred_at from events order by id');

describe('calls', () => {
  test('identify, track, page, screen, group and alias', async () => {
    const calls = {
      identify: {
        userId: 'u',
        traits: { plan: 'pro' },
        context: { timezone: 'Europe/Berlin', locale: 'de-DE' },
      },
      track: { userId: 'u', event: 'order_completed', properties: { total: 3 } },
      page: { userId: 'u', name: 'Pricing', properties: { url: '/pricing' } },
      screen: { anonymousId: 'd', name: 'Home' },
      group: { userId: 'u', groupId: 'acme', traits: { seats: 3 } },
      alias: { previousId: 'd', userId: 'u' },
    };
    for (const [type, body] of Object.entries(calls)) {
      expect(await server.post(`/v1/${type}`, body)).toMatchObject({
        status: 200,
        body: { success: true },
      });
    }
    expect(await events()).toMatchObject([
      { name: 'order_completed', properties: { total: 3 } },
      { name: 'page', properties: { name: 'Pricing', url: '/pricing' } },
      { name: 'screen', properties: { name: 'Home' } },
    ]);
    expect(await picture(db.pool)).toMatchObject([
      {
        keys: ['anonymous:d', 'user:d', 'user:u'],
        traits: { plan: 'pro', timezone: 'Europe/Berlin', locale: 'de-DE' },
      },
    ]);
    expect(await rowsOf(db.pool, 'select external_id, traits from accounts')).toEqual([
      { external_id: 'acme', traits: { seats: 3 } },
    ]);
  });

  test('a batch: shared context and sentAt hold for items that say nothing else', async () => {
    const sentAt = new Date('2026-01-10T10:00:00Z');
    const { status } = await server.post('/v1/batch', {
      sentAt,
      context: { timezone: 'Asia/Tokyo', historical: true },
      batch: [
        { type: 'track', userId: 'u', event: 'a', timestamp: '2026-01-10T09:00:00Z' },
        { type: 'identify', userId: 'v', context: { timezone: 'Europe/Paris' } },
      ],
    });
    expect(status).toBe(200);
    // Ten months behind by its own clock, an hour old by ours.
    expect(
      await rowsOf(
        db.pool,
        `select received_at - occurred_at = interval '1 hour' as hour, stated_at, historical from events`,
      ),
    ).toEqual([{ hour: true, stated_at: Date.parse('2026-01-10T09:00:00Z'), historical: true }]);
    expect(await rowsOf(db.pool, 'select zone from profiles order by zone')).toEqual([
      { zone: 'Asia/Tokyo' },
      { zone: 'Europe/Paris' },
    ]);
  });

  test('a call that the engine must hear of wakes it; others do not', async () => {
    await publish(db.pool, { events: ['wanted'] });
    await server.post('/v1/track', { userId: 'u', event: 'first' });
    server.woken.length = 0;
    await server.post('/v1/track', { userId: 'u', event: 'other' });
    expect(server.woken).toEqual([]);
    await server.post('/v1/track', { userId: 'u', event: 'wanted' });
    expect(server.woken).toEqual(['engine']);
  });

  test('a hundred requests at once become few transactions', async () => {
    const { rows: before } = await db.pool.query(`select pg_current_xact_id()::text::bigint as id`);
    const answers = await Promise.all(
      Array.from({ length: 100 }, (_, i) =>
        server.post('/v1/track', { userId: `u${i % 10}`, event: 'x', messageId: `p${i}` }),
      ),
    );
    const { rows: after } = await db.pool.query(`select pg_current_xact_id()::text::bigint as id`);
    expect(answers.every(({ status }) => status === 200)).toBe(true);
    expect(await events()).toHaveLength(100);
    expect(after[0].id - before[0].id).toBeLessThan(40);
  });

  test('retries of every call, alone and in batches, together and apart, store once', async () => {
    const batch = Array.from({ length: 20 }, (_, i) => ({
      type: 'track',
      userId: `u${i % 3}`,
      anonymousId: `d${i % 3}`,
      event: 'x',
      messageId: `r${i}`,
    }));
    const sends = [
      ...batch.map((item) => server.post('/v1/track', item)),
      ...[0, 1, 2, 3].map(() => server.post('/v1/batch', { batch })),
    ];
    await Promise.all(sends);
    await server.post('/v1/batch', { batch: batch.toReversed() });
    expect(await events()).toHaveLength(20);
    expect(await picture(db.pool)).toHaveLength(3);
  });

  test('the official client delivers', async () => {
    const key = await server.newKey('ingest');
    const analytics = new Analytics({
      writeKey: key,
      host: server.url,
      path: '/v1/batch',
      flushAt: 5,
    });
    const failed: unknown[] = [];
    analytics.on('error', (error) => failed.push(error));
    analytics.identify({ userId: 'u', traits: { email: 'u@example.com' } });
    for (let i = 0; i < 12; i++)
      analytics.track({ userId: 'u', event: 'clicked', properties: { i } });
    analytics.alias({ userId: 'u', previousId: 'old' });
    analytics.group({ userId: 'u', groupId: 'g' });
    await analytics.closeAndFlush();
    expect(failed).toEqual([]);
    expect(await events()).toHaveLength(12);
    expect(await picture(db.pool)).toMatchObject([
      { traits: { email: 'u@example.com' }, stats: { clicked: 12 } },
    ]);
  });
});

describe('keys', () => {
  const body = { userId: 'u', event: 'x' };

  test('Basic with and without colon, Bearer and writeKey all work', async () => {
    const key = await server.newKey('ingest');
    const basic = (text: string): string => `Basic ${Buffer.from(text).toString('base64')}`;
    for (const authorization of [basic(`${key}:`), basic(key), `Bearer ${key}`]) {
      expect((await server.post('/v1/track', body, { authorization })).status).toBe(200);
    }
    expect(
      (await server.post('/v1/track', { ...body, writeKey: key }, { authorization: '' })).status,
    ).toBe(200);
    const { rows } = await db.pool.query(
      'select hash, last_used_at from api_keys where prefix = $1',
      [key.slice(3, 15)],
    );
    expect(JSON.stringify(rows)).not.toContain(key.slice(16));
  });

  test('no key, a wrong secret and a wrong scope are told apart and store nothing', async () => {
    const key = await server.newKey('read');
    const wrong = `${key.slice(0, -1)}${key.endsWith('A') ? 'B' : 'A'}`;
    expect((await server.post('/v1/track', body, { authorization: '' })).status).toBe(401);
    expect(
      (await server.post('/v1/track', body, { authorization: `Bearer ${wrong}` })).status,
    ).toBe(401);
    expect((await server.post('/v1/track', body, { authorization: `Bearer ${key}` })).status).toBe(
      403,
    );
    expect(await events()).toEqual([]);
  });

  test('many wrong keys from an address are slowed down', async () => {
    const answers = [];
    for (let i = 0; i < 60; i++)
      answers.push(
        await server.post('/v1/track', body, { authorization: 'Bearer rk_000000000000_x' }),
      );
    expect(answers.at(-1)!.status).toBe(429);
    expect(answers.at(-1)!.headers.get('retry-after')).toBe('1');
  });
});

describe('refusals', () => {
  // Wrong keys of the tests before have used up this address's patience: a server of its own.
  let own: IngestServer;
  beforeAll(async () => {
    own = await ingestServer(
      db,
      new FastifyAdapter({ http: { connectionsCheckingInterval: 50 } } as never),
    );
  });
  afterAll(() => own.close());
  const post: IngestServer['post'] = (path, body, headers) => own.post(path, body, headers);

  const hostile: [string, string, string][] = [
    ['a NUL as value', '{"userId":"u","event":"x","properties":{"a":"\\u0000"}}', 'nul'],
    ['a NUL as key', '{"userId":"u","event":"x","properties":{"\\u0000":1}}', 'nul'],
    [
      'half a surrogate as value',
      '{"userId":"u","event":"x","properties":{"a":"\\ud800"}}',
      'surrogate',
    ],
    [
      'half a surrogate as key',
      '{"userId":"u","event":"x","properties":{"\\udfff":1}}',
      'surrogate',
    ],
    ['a NUL as event', '{"userId":"u","event":"\\u0000"}', 'nul'],
    [
      'an integer beyond 2^53',
      '{"userId":"u","event":"x","properties":{"a":12345678901234567890}}',
      'unsafe_number',
    ],
    [
      'a number beyond 1e308',
      '{"userId":"u","event":"x","properties":{"a":[1e400]}}',
      'unsafe_number',
    ],
    ['an infinite time', '{"userId":"u","event":"x","timestamp":"infinity"}', 'bad_time'],
    [
      'a year of six digits',
      '{"userId":"u","event":"x","timestamp":"+300000-01-01T00:00:00Z"}',
      'bad_time',
    ],
    [
      'a time before 2000',
      '{"userId":"u","event":"x","timestamp":"1999-12-31T23:59:59Z"}',
      'time_out_of_range',
    ],
    [
      'a time too far ahead',
      '{"userId":"u","event":"x","timestamp":"2999-01-01T00:00:00Z"}',
      'time_out_of_range',
    ],
    [
      '33 levels',
      `{"userId":"u","event":"x","properties":${'{"a":'.repeat(33)}1${'}'.repeat(33)}}`,
      'too_deep',
    ],
    [
      '501 keys',
      JSON.stringify({
        userId: 'u',
        event: 'x',
        properties: Object.fromEntries(Array.from({ length: 501 }, (_, i) => [i, 1])),
      }),
      'too_many_keys',
    ],
    ['no id', '{"event":"x"}', 'no_id'],
    ['an id that is an object', '{"userId":{"$ne":1},"event":"x"}', 'bad_id'],
    ['no event', '{"userId":"u"}', 'no_event'],
    ['one of our own events', '{"userId":"u","event":"$message_sent"}', 'reserved_name'],
    ['properties that are a list', '{"userId":"u","event":"x","properties":[1]}', 'bad_field'],
  ];

  test.each(hostile)(
    '%s: 200, nothing stored, one reject; strict: 422',
    async (_name, body, code) => {
      expect(await post('/v1/track', body)).toMatchObject({
        status: 200,
        body: { success: true, rejected: 1 },
      });
      expect(await events()).toEqual([]);
      expect(await rejects()).toMatchObject([{ code, call: 'track' }]);
      expect(await post('/v1/track?strict=true', body)).toMatchObject({
        status: 422,
        body: { rejects: [{ index: 0, code }] },
      });
    },
  );

  test('strict mode stores the good items and names the bad ones', async () => {
    const batch = [
      { type: 'track', userId: 'u', event: 'good' },
      { type: 'track', userId: 'u' },
      7,
      { type: 'launch', userId: 'u' },
    ];
    const answer = await post('/v1/batch', { batch }, { 'x-rekindle-strict': 'true' });
    expect(answer.status).toBe(422);
    expect(
      answer.body.rejects.map((one: { index: number; code: string }) => [one.index, one.code]),
    ).toEqual([
      [1, 'no_event'],
      [2, 'not_an_object'],
      [3, 'unknown_type'],
    ]);
    expect(await events()).toMatchObject([{ name: 'good' }]);
  });

  test('a batch may hold 2,500 items and no more', async () => {
    const batch = (n: number): object => ({
      batch: Array.from({ length: n }, () => ({ type: 'identify', userId: 'u' })),
    });
    expect((await post('/v1/batch', batch(2_500))).status).toBe(200);
    expect((await post('/v1/batch', batch(2_501))).status).toBe(400);
  });

  test('bad JSON, no JSON, no object, bad UTF-8: 400', async () => {
    for (const body of ['{', 'null', '[]', '"x"', '', '{"userId":'])
      expect((await post('/v1/track', body)).status).toBe(400);
    expect((await post('/v1/track', Buffer.from([0x7b, 0xff, 0x7d]) as never)).status).toBe(400);
    expect((await post('/v1/batch', { batch: {} })).status).toBe(400);
  });

  test('200,000 open brackets, closed or not, are refused at once', async () => {
    expect((await post('/v1/batch', '['.repeat(200_000))).status).toBe(400);
    expect((await post('/v1/batch', '['.repeat(200_000) + ']'.repeat(200_000))).status).toBe(400);
    const nested = `{"batch":[{"type":"track","userId":"u","event":"x","properties":{"a":${'['.repeat(200_000)}${']'.repeat(200_000)}}}]}`;
    expect(await post('/v1/batch', nested)).toMatchObject({ status: 200, body: { rejected: 1 } });
    expect(await rejects()).toMatchObject([{ code: 'too_deep' }]);
  });

  test('a call over 32 KB and a batch over 500 KB are refused before the key is looked at', async () => {
    const noKey = { authorization: '' };
    expect((await post('/v1/track', ' '.repeat(32 * 1024 + 1), noKey)).status).toBe(413);
    expect((await post('/v1/batch', ' '.repeat(500 * 1024 + 1), noKey)).status).toBe(413);
    expect((await post('/v1/batch', ' '.repeat(33 * 1024), noKey)).status).toBe(400);
  });

  test('an endless chunked body is cut off and memory stays flat', async () => {
    const before = process.memoryUsage().rss;
    const status = await new Promise<number>((resolve, reject) => {
      const request = httpRequest(
        `${own.url}/v1/batch`,
        { method: 'POST', headers: { 'transfer-encoding': 'chunked' } },
        (response) => {
          resolve(response.statusCode ?? 0);
          request.destroy();
        },
      );
      const chunk = Buffer.alloc(64 * 1024, 0x20);
      let sent = 0;
      const more = (): void => {
        while (!request.destroyed && sent < 1e9) {
          sent += chunk.length;
          if (!request.write(chunk)) {
            request.once('drain', more);
            return;
          }
        }
      };
      request.on('error', reject);
      more();
    });
    expect(status).toBe(413);
    expect(process.memoryUsage().rss - before).toBeLessThan(60e6);
  });

  test('a body that never comes is given up', async () => {
    const http = own.app.getHttpServer();
    expect(http.headersTimeout).toBeLessThan(http.requestTimeout);
    Object.assign(http, { headersTimeout: 100, requestTimeout: 200 });
    const { port } = new URL(own.url);
    const answer = await new Promise<string>((resolve) => {
      const socket = connect(Number(port), '127.0.0.1', () => {
        socket.write('POST /v1/track HTTP/1.1\r\nhost: x\r\ncontent-length: 100\r\n\r\n{');
      });
      let text = '';
      socket.on('data', (data) => (text += data.toString()));
      socket.on('close', () => resolve(text));
    });
    Object.assign(http, { headersTimeout: 10_000, requestTimeout: 30_000 });
    expect(answer).toContain('408');
  });

  test('SQL in names and values is text', async () => {
    const text = `x'); drop table events; --`;
    await post('/v1/track', { userId: text, event: text, properties: { [text]: text } });
    expect(await events()).toMatchObject([{ name: text, properties: { [text]: text } }]);
  });

  test('an item of 32 KB of text within a batch is refused alone', async () => {
    const batch = [
      { type: 'identify', userId: 'u', traits: { a: 'x'.repeat(33_000) } },
      { type: 'identify', userId: 'v' },
    ];
    expect(await post('/v1/batch', { batch })).toMatchObject({
      status: 200,
      body: { rejected: 1 },
    });
    expect(await rejects()).toMatchObject([{ code: 'too_large' }]);
  });
});
