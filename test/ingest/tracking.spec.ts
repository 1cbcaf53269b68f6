/** Segment's protocol over real HTTP: shapes, grouping, keys and the official client. */
import { Analytics } from '@segment/analytics-node';
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
    // The counter is the whole server's; one transaction a request would make at least a hundred.
    expect(after[0].id - before[0].id).toBeLessThan(90);
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
    // Far more than are granted again while they are answered, however slow the machine.
    const answers = await Promise.all(
      Array.from({ length: 300 }, () =>
        server.post('/v1/track', body, { authorization: 'Bearer rk_000000000000_x' }),
      ),
    );
    const slowed = answers.filter(({ status }) => status === 429);
    expect(slowed.length).toBeGreaterThan(0);
    expect(slowed[0]!.headers.get('retry-after')).toBe('1');
    expect(answers.filter(({ status }) => status === 401).length).toBeGreaterThanOrEqual(50);
  });
});
