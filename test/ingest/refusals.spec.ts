/** What hostile and mistaken clients send over real HTTP, and what becomes of it (security.md). */
import { request as httpRequest } from 'node:http';
import { testDatabase, type TestDatabase } from '../support/database.js';
import { ingestServer, type IngestServer } from './server.js';
import { rowsOf } from './support.js';

let db: TestDatabase;
let own: IngestServer;
beforeAll(async () => {
  db = await testDatabase();
  own = await ingestServer(db);
});
afterAll(async () => {
  await own.close();
  await db.close();
});
beforeEach(() =>
  db.pool.query(
    `truncate events, event_keys, profile_event_stats, inbox, rejects, trait_changes, profile_keys, profiles cascade`,
  ),
);

const post: IngestServer['post'] = (path, body, headers) => own.post(path, body, headers);
const rejects = () =>
  rowsOf<{ code: string; call: string; item: string }>(
    db.pool,
    'select code, call, item from rejects order by id',
  );
const events = () =>
  rowsOf<{ name: string }>(db.pool, 'select name, properties from events order by id');

const hostile: [string, string, string][] = [
  ['a NUL as value', '{"userId":"u","event":"x","properties":{"a":"\\u0000"}}', 'nul'],
  ['a NUL as key', '{"userId":"u","event":"x","properties":{"\\u0000":1}}', 'nul'],
  [
    'half a surrogate as value',
    '{"userId":"u","event":"x","properties":{"a":"\\ud800"}}',
    'surrogate',
  ],
  ['half a surrogate as key', '{"userId":"u","event":"x","properties":{"\\udfff":1}}', 'surrogate'],
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
  ['an id in a __proto__', '{"__proto__":{"userId":"u"},"event":"x"}', 'no_id'],
  ['an id that is an object', '{"userId":{"$ne":1},"event":"x"}', 'bad_id'],
  ['no event', '{"userId":"u"}', 'no_event'],
  ['one of our own events', '{"userId":"u","event":"$message_sent"}', 'reserved_name'],
  ['historical as text', '{"userId":"u","event":"x","historical":"true"}', 'bad_field'],
  ['properties that are a list', '{"userId":"u","event":"x","properties":[1]}', 'bad_field'],
];

test.each(hostile)(
  '%s: 200, nothing stored, one reject; strict: 422',
  async (_name, body, code) => {
    expect(await post('/v1/track', body)).toMatchObject({
      status: 200,
      body: { success: true, rejected: 1, rejects: [{ index: 0, code }] },
    });
    expect(await events()).toEqual([]);
    expect(await rejects()).toMatchObject([{ code, call: 'track' }]);
    expect(await post('/v1/track?strict=true', body)).toMatchObject({
      status: 422,
      body: { rejects: [{ index: 0, code }] },
    });
  },
);

test('an address or zone that is none is stored, said and written down; strict: 422', async () => {
  const traits = { email: 'ann@', timezone: 'Berlin', plan: 'pro' };
  const said = [
    { index: 0, code: 'bad_email', detail: expect.stringContaining('"ann@", is no address') },
    { index: 0, code: 'bad_timezone', detail: expect.stringContaining('"Berlin", is no zone') },
  ];
  expect(await post('/v1/identify', { userId: 'u', traits })).toEqual({
    status: 200,
    body: { success: true, warnings: said },
    headers: expect.anything(),
  });
  const stored = () => rowsOf(db.pool, `select traits - 'n' as traits from profiles`);
  expect(await stored()).toEqual([{ traits }]);
  expect(await rejects()).toMatchObject([
    { code: 'bad_email', call: 'identify' },
    { code: 'bad_timezone', call: 'identify' },
  ]);
  const strictly = { userId: 'u', traits: { ...traits, n: 1 }, messageId: 'once' };
  for (const _ of [1, 2])
    expect(await post('/v1/identify?strict=true', strictly)).toMatchObject({
      status: 422,
      body: { detail: expect.stringContaining('everything is stored'), warnings: said },
    });
  expect(await stored()).toEqual([{ traits }]);
  expect(await rejects()).toHaveLength(4);
  const fine = { email: null, timezone: '', locale: 5 };
  expect((await post('/v1/identify', { userId: 'u', traits: fine })).body).toEqual({
    success: true,
  });
});

test('strict mode stores the good items and names the bad ones', async () => {
  const batch = [
    { type: 'track', userId: 'u', event: 'good' },
    { type: 'track', userId: 'u' },
    7,
    { type: 'launch', userId: 'u' },
  ];
  const answer = await post('/v1/batch', { batch }, { 'x-rekindle-strict': 'true' });
  expect(answer.status).toBe(422);
  expect(answer.body.rejects!.map((one) => [one.index, one.code])).toEqual([
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

test('__proto__ is a name like any other, at every level', async () => {
  const body =
    '{"userId":"u","event":"x","properties":{"__proto__":{"a":{"__proto__":1}}},"context":{"__proto__":2}}';
  expect((await post('/v1/track', body)).status).toBe(200);
  expect(
    await rowsOf(
      db.pool,
      'select properties::text as properties, context::text as context from events',
    ),
  ).toEqual([
    { properties: '{"__proto__": {"a": {"__proto__": 1}}}', context: '{"__proto__": 2}' },
  ]);
  expect(({} as Record<string, unknown>).a).toBeUndefined();
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

test('a context that a batch shares counts for every item', async () => {
  const tracks = (count: number) =>
    Array.from({ length: count }, () => ({ type: 'track', userId: 'u', event: 'x' }));
  const numbers = (count: number) => ({ context: { a: Array.from({ length: count }, () => 1) } });
  const huge = await post('/v1/batch', { batch: tracks(500), ...numbers(150_000) });
  expect(huge).toMatchObject({ status: 200, body: { rejected: 500 } });
  expect(new Set((await rejects()).map(({ code }) => code))).toEqual(new Set(['too_large']));
  const many = await post('/v1/batch', { batch: tracks(2_400), ...numbers(10_000) });
  expect(many).toMatchObject({
    status: 413,
    body: { detail: expect.stringContaining('shared context') },
  });
  expect(await post('/v1/batch', { batch: tracks(50), ...numbers(10_000) })).toMatchObject({
    status: 200,
    body: { success: true },
  });
  expect(await events()).toHaveLength(50);
});

test('a refused item does not show the key it came with', async () => {
  const key = await own.newKey('ingest');
  const none = { authorization: '' };
  const body = { writeKey: key, userId: 'u' };
  expect((await post('/v1/track', body, none)).body.rejected).toBe(1);
  const batch = { writeKey: key, batch: [{ ...body, type: 'track' }] };
  expect((await post('/v1/batch', batch, none)).body.rejected).toBe(1);
  const shown = (await rejects()).map(({ item }) => item);
  expect(shown).toHaveLength(2);
  expect(shown.join()).not.toContain(key);
});

test('a name of 8,000 characters is refused alone', async () => {
  const name = 'x'.repeat(8_000);
  const batch = [
    { type: 'identify', userId: 'u', traits: { [name]: 1 } },
    { type: 'track', userId: 'u', event: 'x', properties: { [name]: 1 } },
    { type: 'identify', userId: 'v' },
  ];
  expect((await post('/v1/batch', { batch })).body.rejected).toBe(2);
  expect((await rejects()).map(({ code }) => code)).toEqual(['bad_field', 'bad_field']);
});

test.each([
  [
    'a text of 8,000 characters',
    Array.from({ length: 8_000 }, (_, i) => (i * i * 31).toString(36))
      .join('')
      .slice(0, 8_000),
  ],
  ['a list of 1,000 numbers', Array.from({ length: 1_000 }, (_, i) => (i * 7919) % 100_003)],
])('an email that is %s is stored with its neighbours', async (_name, email) => {
  const batch = [
    { type: 'identify', userId: 'u', traits: { email } },
    { type: 'identify', userId: 'v', traits: { email: 'v@example.com' } },
  ];
  expect(await post('/v1/batch', { batch })).toMatchObject({
    status: 200,
    body: { success: true },
  });
  expect(await rowsOf(db.pool, 'select id from profiles')).toHaveLength(2);
});

test('what only the database finds unfit is refused alone', async () => {
  await db.pool.query(`alter table profiles add constraint odd check (not traits ? 'odd')`);
  const batch = Array.from({ length: 50 }, (_, i) => ({
    type: 'identify',
    userId: `u${i}`,
    traits: i === 30 ? { odd: 1 } : { even: 1 },
  }));
  const answer = await post('/v1/batch', { batch });
  await db.pool.query('alter table profiles drop constraint odd');
  expect(answer).toMatchObject({
    status: 200,
    body: { rejects: [{ index: 30, code: 'unstorable' }] },
  });
  expect(await rowsOf(db.pool, 'select id from profiles')).toHaveLength(49);
  expect(await rejects()).toMatchObject([{ code: 'unstorable' }]);
});

test('a good key behind an address of wrong ones still works', async () => {
  const wrong = { authorization: `Bearer rk_${'0'.repeat(12)}_${'0'.repeat(40)}` };
  const call = { userId: 'u', event: 'x' };
  const path = '/api/v1/campaigns/none/enrolments';
  const statuses = async (path: string, body: unknown, headers: Record<string, string>) => {
    const answers = Array.from({ length: 60 }, () => post(path, body, headers));
    return new Set((await Promise.all(answers)).map(({ status }) => status));
  };
  expect(await statuses('/v1/track', call, wrong)).toEqual(new Set([401, 429]));
  expect(await statuses(path, call, wrong)).toContain(429);
  expect((await post('/v1/track', call)).status).toBe(200);
  expect((await post(path, call)).status).toBe(403);
});
