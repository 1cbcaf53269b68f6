/** Stripe's webhooks over real HTTP, signed by Stripe's own library: what is taken, what is not, and what is said of it. */
import StripeClient from 'stripe';
import { createAdapter } from '../../../src/app/http-server.js';
import { testDatabase, type TestDatabase } from '../../support/database.js';
import { ingestServer, type IngestServer } from '../server.js';
import { picture, rowsOf } from '../support.js';
import { invoice, stripeEvent, subscription, type Json } from './payloads.js';

const SECRET = 'whsec_0123456789abcdefghij';
const NEXT = 'whsec_9876543210jihgfedcba';
const PATH = '/v1/billing/stripe';
const stripe = new StripeClient('sk_test_x');

let db: TestDatabase;
let server: IngestServer;
beforeAll(async () => {
  db = await testDatabase();
  server = await serverWith({ REKINDLE_STRIPE_SECRETS: `${NEXT},${SECRET}` });
});
afterAll(async () => {
  await server.close();
  await db.close();
});
beforeEach(() =>
  db.pool.query(
    `truncate events, event_keys, profile_event_stats, inbox, rejects, trait_changes, profile_keys, profiles, stripe_objects,
              billing_receipts cascade`,
  ),
);

function serverWith(variables: Record<string, string>): Promise<IngestServer> {
  return ingestServer(db, createAdapter(), variables);
}

const seconds = (): number => Math.floor(Date.now() / 1000);

function sign(payload: string, { secret = SECRET, timestamp = seconds() } = {}): Json {
  return {
    'stripe-signature': stripe.webhooks.generateTestHeaderString({ payload, secret, timestamp }),
  };
}

/** Sends a body without a key: the signature is all there is. */
async function send(payload: string, headers: Json = sign(payload), to = server, path = PATH) {
  return to.post(path, payload, { authorization: '', ...(headers as Record<string, string>) });
}

const failed = (over: Json = {}, created = seconds() - 60): string =>
  JSON.stringify(stripeEvent('invoice.payment_failed', invoice(over), { created }));

const events = () =>
  rowsOf<{ name: string; message_id: string }>(
    db.pool,
    'select name, message_id, source from events order by received_at, id',
  );

test('what Stripe’s library signs is stored before it is answered, as it happened', async () => {
  const created = seconds() - 7200;
  const body = JSON.stringify(
    stripeEvent('invoice.payment_failed', invoice(), { id: 'evt_a', created }),
    null,
    2,
  );
  expect(await send(body)).toMatchObject({
    status: 200,
    body: { received: true, outcome: 'stored' },
  });
  expect(await picture(db.pool)).toMatchObject([
    { keys: ['anonymous:stripe:cus_1'], traits: { email: 'ann@example.com' }, events: ['evt_a'] },
  ]);
  expect(
    await rowsOf(db.pool, 'select name, source, occurred_at, properties, context from events'),
  ).toMatchObject([
    {
      name: 'invoice_payment_failed',
      source: 'billing:stripe',
      occurred_at: created * 1000,
      properties: { invoice_id: 'in_1', amount: 29 },
      context: { type: 'invoice.payment_failed', livemode: false },
    },
  ]);
});

test('while a secret is replaced the old one and the new one are right', async () => {
  const body = failed();
  expect((await send(body, sign(body, { secret: NEXT }))).status).toBe(200);
  const other = failed();
  const both = `${String(sign(other)['stripe-signature'])},v1=${'0'.repeat(64)}`;
  expect((await send(other, { 'stripe-signature': both })).status).toBe(200);
  expect(await events()).toHaveLength(2);
});

describe('repetition', () => {
  test('the same event once more, signed anew as Stripe does, is 200 and stored once', async () => {
    const body = failed();
    expect((await send(body)).body).toMatchObject({ outcome: 'stored' });
    for (const off of [-200, 0, 200])
      expect(await send(body, sign(body, { timestamp: seconds() + off }))).toMatchObject({
        status: 200,
        body: { outcome: 'repeated' },
      });
    expect(await events()).toHaveLength(1);
  });

  test('twenty times at once it is stored once', async () => {
    const body = JSON.stringify(
      stripeEvent('customer.subscription.created', subscription(), { created: seconds() - 60 }),
    );
    const answers = await Promise.all(Array.from({ length: 20 }, () => send(body)));
    expect(answers.map(({ status }) => status)).toEqual(Array(20).fill(200));
    expect(answers.filter(({ body }) => body['outcome'] === 'stored')).toHaveLength(1);
    expect(await events()).toHaveLength(1);
    expect(await picture(db.pool)).toMatchObject([
      { stats: { subscription_started: 1 }, traits: { mrr: 29 } },
    ]);
  });

  test('what happened more than thirty days ago may have been stored and is refused', async () => {
    const days = (n: number): number => seconds() - n * 86_400;
    expect((await send(failed({}, days(29.9)))).body).toMatchObject({ outcome: 'stored' });
    expect((await send(failed({}, days(30.1)))).body).toMatchObject({
      outcome: 'refused',
      code: 'time_out_of_range',
    });
    expect(await rowsOf(db.pool, 'select call, code, source from rejects')).toEqual([
      { call: 'invoice.payment_failed', code: 'time_out_of_range', source: 'billing:stripe' },
    ]);
  });
});

describe('what is not Stripe’s', () => {
  const body = failed();
  test.each<[string, () => [string, Json]]>([
    ['without a signature', () => [body, {}]],
    ['a replay after six minutes', () => [body, sign(body, { timestamp: seconds() - 360 })]],
    ['a signature from the future', () => [body, sign(body, { timestamp: seconds() + 360 })]],
    ['another secret', () => [body, sign(body, { secret: 'whsec_somebodyelse00000' })]],
    ['the same JSON written anew', () => [JSON.stringify(JSON.parse(body), null, 1), sign(body)]],
    ['one byte more', () => [`${body}\n`, sign(body)]],
    ['another amount', () => [body.replace('2900', '0000'), sign(body)]],
    ['a signature that is none', () => [body, { 'stripe-signature': 't=1,v1=xyz' }]],
    ['no JSON, unsigned', () => ['{"a":', { 'stripe-signature': 't=1,v1=00' }]],
  ])('%s is 400 and nothing is stored', async (_, make) => {
    const { status, body: answer } = await send(...make());
    expect(status).toBe(400);
    expect(answer.detail).toBe(
      'the signature is missing, wrong or too old; the server’s log says more',
    );
    expect(await events()).toEqual([]);
    expect(await rowsOf(db.pool, 'select from rejects')).toEqual([]);
  });

  test('a key of the tracking API opens nothing here', async () => {
    const key = await server.newKey('admin', 'ingest');
    expect((await server.post(PATH, body, { authorization: `Bearer ${key}` })).status).toBe(400);
  });
});

describe('what is signed and does not fit', () => {
  test('no JSON is 400, and so are no bytes and bytes that are no text', async () => {
    for (const bad of ['{"a":', '', '"\u0000']) expect((await send(bad)).status).toBe(400);
  });

  test('a type that nobody mapped is counted', async () => {
    const body = JSON.stringify(stripeEvent('invoice.created', invoice(), { created: seconds() }));
    expect(await send(body)).toMatchObject({ status: 200, body: { outcome: 'ignored' } });
    expect(await events()).toEqual([]);
  });

  test.each<[string, Json, string]>([
    [
      'an unknown status',
      {
        type: 'customer.subscription.updated',
        data: { object: subscription({ status: 'frozen' }) },
      },
      'bad_field',
    ],
    ['NUL', { data: { object: invoice({ number: 'a\0' }) } }, 'nul'],
    ['half a surrogate pair', { data: { object: invoice({ id: '\ud800' }) } }, 'surrogate'],
    ['no customer’s id but a number', { data: { object: invoice({ customer: 5 }) } }, 'bad_field'],
    ['days ahead', { created: Math.floor(Date.now() / 1000) + 90_000 }, 'time_out_of_range'],
  ])('%s is 200, and a reject that ops can read', async (_, over, code) => {
    const body = JSON.stringify({
      ...stripeEvent('invoice.paid', invoice(), { created: seconds() }),
      ...over,
    });
    expect(await send(body)).toMatchObject({
      status: 200,
      body: { outcome: 'refused', code, detail: expect.any(String) },
    });
    expect(await rowsOf(db.pool, 'select code, source from rejects')).toEqual([
      { code, source: 'billing:stripe' },
    ]);
    expect(await events()).toEqual([]);
    // Nothing is remembered of it: mended, it may come again.
    expect(await rowsOf(db.pool, 'select from event_keys')).toEqual([]);
  });

  test.each([
    [
      'a number beyond what is exact',
      '"amount_paid":2900',
      '"amount_paid":12345678901234567890',
      'unsafe_number',
    ],
    ['a number beyond all', '"amount_paid":2900', '"amount_paid":1e400', 'unsafe_number'],
  ])('%s is refused', async (_, from, to, code) => {
    const body = JSON.stringify(
      stripeEvent('invoice.paid', invoice({ amount_paid: 2900 }), { created: seconds() }),
    ).replace(from, to);
    expect((await send(body)).body).toMatchObject({ outcome: 'refused', code });
  });

  test('200,000 brackets are no more than JSON or none', async () => {
    expect((await send('['.repeat(200_000))).status).toBe(400);
    const deep = `{"id":"evt_deep","created":1,"type":"invoice.paid","data":{"object":${'['.repeat(100_000)}${']'.repeat(100_000)}}}`;
    expect(await send(deep)).toMatchObject({ status: 200, body: { outcome: 'refused' } });
    expect(await rowsOf(db.pool, `select from rejects where length(item) < 33000`)).toHaveLength(1);
  });

  test('more than 256 KB are 413 before anything is looked at', async () => {
    const body = JSON.stringify({ pad: 'x'.repeat(262_144) });
    expect(await send(body)).toMatchObject({
      status: 413,
      body: { detail: expect.stringContaining('262144') },
    });
  });

  test('a body that was packed is not what was signed', async () => {
    const body = failed();
    expect((await send(body, { ...sign(body), 'content-encoding': 'gzip' })).status).toBe(415);
  });
});

describe('setting up', () => {
  test('without its secret the route says what to set, and reads no body', async () => {
    const bare = await serverWith({});
    const stripeless = await send('{', {}, bare);
    expect(stripeless).toMatchObject({
      status: 404,
      body: { detail: expect.stringContaining('REKINDLE_STRIPE_SECRETS') },
    });
    for (const name of ['paddle', 'constructor', '__proto__', '%00'])
      expect(await send('{', {}, bare, `/v1/billing/${name}`)).toMatchObject({
        status: 404,
        body: { detail: expect.stringContaining('REKINDLE_BILLING_SECRETS') },
      });
    await bare.close();
  });

  test('another method is told which one', async () => {
    const answer = await fetch(server.url + PATH);
    expect([answer.status, answer.headers.get('allow')]).toEqual([405, 'POST']);
  });
});
