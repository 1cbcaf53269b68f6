/**
 * Other billing systems over real HTTP, mapped in YAML and signed as each of them signs: Paddle, Lemon Squeezy, Chargebee,
 * Standard Webhooks, a shop with its time in a header of its own.
 */
import { randomUUID } from 'node:crypto';
import { createAdapter } from '../../../src/app/http-server.js';
import { checkSources } from '../../../src/language/check.js';
import { fixtureSources } from '../../language/fixture-files.js';
import { testDatabase, type TestDatabase } from '../../support/database.js';
import { ingestServer, type IngestServer } from '../server.js';
import { picture, rowsOf } from '../support.js';
import { BODIES, MAPPING, SECRET, SIGN, STANDARD } from './billing-systems.js';
import type { Json } from './payloads.js';

let db: TestDatabase;
let server: IngestServer;
beforeAll(async () => {
  db = await testDatabase();
  const names = ['paddle', 'lemon', 'shop', 'unmapped'].map((name) => `${name}=${SECRET}`);
  server = await ingestServer(db, createAdapter(), {
    REKINDLE_BILLING_SECRETS: [
      ...names,
      'paddle=another_secret',
      `polar=${STANDARD}`,
      'chargebee=rekindle:pass:word',
    ].join(),
  });
});
afterAll(async () => {
  await server.close();
  await db.close();
});
beforeEach(async () => {
  await db.pool.query(
    `truncate events, event_keys, profile_event_stats, inbox, rejects, trait_changes, profile_keys, profiles, revisions,
              billing_receipts cascade`,
  );
  await publish(MAPPING);
});

/** Publishes a revision with this `billing:` as apply would. */
async function publish(billing: string): Promise<void> {
  const head = 'project: Acme\nzone: UTC\nsenders:\n  marketing: { name: A, email: a@acme.com }\n';
  const { definitions, diagnostics } = checkSources(
    fixtureSources(`#: config/rekindle.yaml\n${head}${billing}`),
  );
  if (!definitions) throw new Error(JSON.stringify(diagnostics, null, 1));
  await db.pool.query(
    `insert into revisions (applied_at, applied_by, summary, reads, project) values (now(), 'test', '{}', $1, $2)`,
    [
      JSON.stringify({ events: [], anyEvent: false, traits: [] }),
      JSON.stringify(definitions.project),
    ],
  );
}

async function send(name: string, body: string, headers: Record<string, string>) {
  return server.post(`/v1/billing/${name}`, body, { authorization: '', ...headers });
}

const seconds = (): number => Math.floor(Date.now() / 1000);
const names = Object.keys(SIGN).map((name) => [name] as const);
const stored = () =>
  rowsOf<{ name: string }>(
    db.pool,
    'select name, properties, source from events order by received_at, id',
  );

describe.each(names)('%s', (name) => {
  test('what it signs is stored once, however often it is sent', async () => {
    const body = JSON.stringify(BODIES[name]!());
    expect(await send(name, body, SIGN[name]!(body))).toMatchObject({
      status: 200,
      body: { outcome: 'stored' },
    });
    const again = await Promise.all([0, 1, 2].map(() => send(name, body, SIGN[name]!(body))));
    expect(again.map((one) => one.body['outcome'])).toEqual(Array(3).fill('repeated'));
    expect(await stored()).toMatchObject([{ source: `billing:${name}` }]);
  });

  test('another secret is refused, no signature too', async () => {
    const body = JSON.stringify(BODIES[name]!());
    const other =
      name === 'polar' ? `whsec_${Buffer.from('another key').toString('base64')}` : 'somebody:else';
    for (const headers of [SIGN[name]!(body, { secret: other }), {}])
      expect((await send(name, body, headers)).status).toBe(400);
    expect(await stored()).toEqual([]);
  });

  if (name !== 'chargebee')
    test('the same JSON written anew is refused', async () => {
      const body = JSON.stringify(BODIES[name]!());
      const anew = JSON.stringify(JSON.parse(body), null, 1);
      expect((await send(name, anew, SIGN[name]!(body))).status).toBe(400);
      expect(await stored()).toEqual([]);
    });

  if (name === 'paddle' || name === 'polar' || name === 'shop')
    test('a replay after six minutes is refused, and a time that was not signed', async () => {
      const body = JSON.stringify(BODIES[name]!());
      const unit = name === 'shop' ? 1000 : 1;
      const at = (seconds() - 360) * unit;
      const old = SIGN[name]!(body, { at });
      expect((await send(name, body, old)).status).toBe(400);
      const moved = Object.entries(old).map(([key, value]) => [
        key,
        value.replace(String(at), String(at + 360 * unit)),
      ]);
      expect(
        (await send(name, body, Object.fromEntries(moved) as Record<string, string>)).status,
      ).toBe(400);
      expect(await stored()).toEqual([]);
    });
  else
    test('without a time in the signature, what is older than thirty days is refused', async () => {
      const then = Date.now() - 31 * 86_400_000;
      const old = JSON.stringify(BODIES[name]!())
        .replace(/"updated_at":"[^"]+"/, `"updated_at":"${new Date(then).toISOString()}"`)
        .replace(/"occurred_at":\d+/, `"occurred_at":${Math.floor(then / 1000)}`);
      expect((await send(name, old, SIGN[name]!(old))).body).toMatchObject({
        outcome: 'refused',
        code: 'time_out_of_range',
      });
      expect(await stored()).toEqual([]);
    });
});

test('what is mapped becomes properties and traits, as the mapping says', async () => {
  const body = JSON.stringify(BODIES['paddle']!());
  await send('paddle', body, SIGN['paddle']!(body, { secret: 'another_secret' }));
  // What the body does not have or leaves null is no property.
  expect(await stored()).toEqual([
    {
      name: 'invoice_payment_failed',
      source: 'billing:paddle',
      properties: { invoice_id: 'txn_1', amount: 29 },
    },
  ]);
  expect(await picture(db.pool)).toMatchObject([
    {
      keys: ['anonymous:paddle:ctm_1', 'user:ann'],
      traits: {
        subscription_status: 'past_due',
        card: { last4: '4242', expires_on: '2028-02-29' },
        paying: false,
        email: 'ann@example.com',
      },
    },
  ]);
});

test('an address fills a gap and replaces nothing', async () => {
  const first = JSON.stringify(BODIES['paddle']!());
  await send('paddle', first, SIGN['paddle']!(first));
  const second = first.replace('ann@', 'other@').replace('evt_', 'evt_2');
  await send('paddle', second, SIGN['paddle']!(second));
  expect(await picture(db.pool)).toMatchObject([{ traits: { email: 'ann@example.com' } }]);
});

test('times, seconds and numbers as ids', async () => {
  for (const name of ['chargebee', 'lemon', 'shop']) {
    const body = JSON.stringify(BODIES[name]!());
    expect((await send(name, body, SIGN[name]!(body))).body).toMatchObject({ outcome: 'stored' });
  }
  expect(await picture(db.pool)).toMatchObject([
    { keys: ['anonymous:chargebee:cb_1'], traits: { next: '2027-01-01T00:00:00.000Z' } },
    { keys: ['user:77'] },
    { keys: ['user:ann'] },
  ]);
  expect(await stored()).toContainEqual(
    expect.objectContaining({
      name: 'subscription_cancelled',
      properties: { ends_at: '2026-12-24T00:00:00.000Z' },
    }),
  );
});

test('of two webhooks the one that happened later stands; null takes a trait away', async () => {
  const said = (company: string | null, seconds: number): string =>
    JSON.stringify({
      event_id: randomUUID(),
      event_type: 'customer.updated',
      occurred_at: new Date(Date.now() - 100_000 + seconds * 1000).toISOString(),
      data: { customer_id: 'ctm_1', name: company },
    });
  for (const body of [said('new', 5), said('old', 1)])
    await send('paddle', body, SIGN['paddle']!(body));
  expect(await picture(db.pool)).toMatchObject([{ traits: { company: 'new' }, events: [] }]);
  const gone = said(null, 9);
  await send('paddle', gone, SIGN['paddle']!(gone));
  expect(await picture(db.pool)).toMatchObject([{ traits: {} }]);
});

test.each<[string, (body: Json) => unknown, string, string]>([
  [
    'nobody',
    (body) => ({
      ...body,
      data: { ...(body['data'] as Json), custom_data: null, customer_id: '' },
    }),
    'no_id',
    'names nobody',
  ],
  ['no id', (body) => ({ ...body, event_id: null }), 'bad_id', 'event_id is missing'],
  [
    'a time that is none',
    (body) => ({ ...body, occurred_at: 'yesterday' }),
    'bad_time',
    'occurred_at is no time',
  ],
  [
    'no time',
    (body) => ({ ...body, occurred_at: undefined }),
    'bad_time',
    'occurred_at is missing',
  ],
  [
    'an amount that is none',
    (body) => ({
      ...body,
      data: { ...(body['data'] as Json), details: { totals: { total: '29.00' } } },
    }),
    'bad_field',
    'total is a number',
  ],
  [
    'no currency',
    (body) => ({ ...body, data: { ...(body['data'] as Json), currency_code: null } }),
    'bad_field',
    'currency_code is missing',
  ],
  ['no type', (body) => ({ ...body, event_type: { a: 1 } }), 'bad_field', 'event_type'],
  ['a list', () => [], 'bad_field', 'says no type'],
  ['NUL', (body) => ({ ...body, data: { ...(body['data'] as Json), id: 'a\0' } }), 'nul', 'NUL'],
  [
    'too deep',
    (body) => ({
      ...body,
      data: {
        ...(body['data'] as Json),
        items: JSON.parse(`${'['.repeat(40)}${']'.repeat(40)}`) as unknown,
      },
    }),
    'too_deep',
    '32',
  ],
])('%s is a reject with its place', async (_, change, code, detail) => {
  const body = JSON.stringify(change(BODIES['paddle']!()));
  expect(await send('paddle', body, SIGN['paddle']!(body))).toMatchObject({
    status: 200,
    body: { outcome: 'refused', code },
  });
  expect(await rowsOf(db.pool, 'select code, detail, source from rejects')).toMatchObject([
    { code, source: 'billing:paddle', detail: expect.stringContaining(detail) },
  ]);
  expect(await stored()).toEqual([]);
});

test('a type without a mapping is ignored, as are names that all objects have', async () => {
  for (const type of ['transaction.created', 'constructor', '__proto__']) {
    const body = JSON.stringify({ ...BODIES['paddle']!(), event_type: type });
    expect((await send('paddle', body, SIGN['paddle']!(body))).body).toMatchObject({
      outcome: 'ignored',
    });
  }
});

test('the mapping that counts is that of the newest revision', async () => {
  const body = JSON.stringify(BODIES['shop']!());
  expect((await send('shop', body, SIGN['shop']!(body))).body).toMatchObject({ outcome: 'stored' });
  await publish(
    MAPPING.replace(' paid: { event: invoice_paid }', ' paid: { event: order_paid }').replace(
      'x-shop-hmac',
      'x-shop-signature',
    ),
  );
  const next = JSON.stringify(BODIES['shop']!());
  expect((await send('shop', next, SIGN['shop']!(next))).status).toBe(400);
  // Signed once: the time in the other header is part of what is signed.
  const once = SIGN['shop']!(next);
  const signed = { ...once, 'x-shop-signature': once['x-shop-hmac']! };
  expect((await send('shop', next, signed)).body).toMatchObject({ outcome: 'stored' });
  expect((await stored()).map(({ name }) => name)).toEqual(['invoice_paid', 'order_paid']);
  await publish('');
  expect(await send('shop', next, signed)).toMatchObject({
    status: 404,
    body: { detail: expect.stringContaining('nothing is mapped for shop') },
  });
});

test('before anything was applied, and without a mapping, the route says what is missing', async () => {
  expect(await send('unmapped', '{}', {})).toMatchObject({
    status: 404,
    body: { detail: expect.stringContaining('unmapped') },
  });
  await db.pool.query('truncate revisions');
  expect((await send('paddle', '{}', {})).status).toBe(404);
});
