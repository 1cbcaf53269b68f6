/** What is told of webhooks that were not taken: in the log seldom and without the body, in the counts always. */
import { Logger } from '@nestjs/common';
import StripeClient from 'stripe';
import { createAdapter } from '../../../src/app/http-server.js';
import { addReceipts, listReceipts } from '../../../src/ingest/billing/receipts.sql.js';
import { Receipts } from '../../../src/ingest/billing/receipts.js';
import { testDatabase, type TestDatabase } from '../../support/database.js';
import { ingestServer, type IngestServer } from '../server.js';
import { invoice, stripeEvent, type Json } from './payloads.js';

const SECRET = 'whsec_0123456789abcdefghij';
const OTHER = 'whsec_9876543210jihgfedcba';
const stripe = new StripeClient('sk_test_x');

let db: TestDatabase;
beforeAll(async () => {
  db = await testDatabase();
});
afterAll(() => db.close());
beforeEach(() => db.pool.query('truncate billing_receipts'));

const seconds = (): number => Math.floor(Date.now() / 1000);

function sign(
  payload: string,
  { secret = SECRET, timestamp = seconds() } = {},
): Record<string, string> {
  return {
    'stripe-signature': stripe.webhooks.generateTestHeaderString({ payload, secret, timestamp }),
  };
}

function serverWith(variables: Record<string, string>): Promise<IngestServer> {
  return ingestServer(db, createAdapter(), variables);
}

function send(payload: string, headers: Record<string, string>, to: IngestServer) {
  return to.post('/v1/billing/stripe', payload, { authorization: '', ...headers });
}

const failed = (over: Json = {}): string =>
  JSON.stringify(stripeEvent('invoice.payment_failed', invoice(over), { created: seconds() - 60 }));

test('the log says why, without the body and seldom', async () => {
  const warn = jest.spyOn(Logger.prototype, 'warn').mockImplementation(() => undefined);
  try {
    const body = failed();
    const apart = await serverWith({ REKINDLE_STRIPE_SECRETS: SECRET });
    for (let n = 0; n < 30; n++)
      await send(body, sign(body, { timestamp: seconds() - 400 }), apart);
    await send(body, sign(body, { secret: OTHER }), apart);
    await apart.close();
    const lines = warn.mock.calls.map(([line]) => line as { why: string });
    expect(lines.filter(({ why }) => /it was signed \d+ s ago/.test(why))).toHaveLength(3);
    expect(
      lines.filter(({ why }) => /no secret of REKINDLE_STRIPE_SECRETS/.test(why)),
    ).toHaveLength(1);
    expect(JSON.stringify(lines)).not.toMatch(/whsec_|ann@example|cus_1/);
    expect(await listReceipts(db.pool)).toMatchObject([
      { source: 'stripe', outcome: 'unsigned', what: 'stale', count: 30 },
      { source: 'stripe', outcome: 'unsigned', what: 'wrong', count: 1 },
    ]);
  } finally {
    warn.mockRestore();
  }
});

test('everything is counted, by type', async () => {
  const apart = await serverWith({ REKINDLE_STRIPE_SECRETS: SECRET });
  const body = failed();
  for (const payload of [
    body,
    body,
    failed(),
    JSON.stringify(stripeEvent('plan.created', {}, { created: seconds() })),
    failed({ id: null }),
    '{',
  ])
    await send(payload, sign(payload), apart);
  await send(body, {}, apart);
  await apart.close();
  expect(
    (await listReceipts(db.pool)).map(({ outcome, what, count }) => [outcome, what, count]),
  ).toEqual([
    ['ignored', 'plan.created', 1],
    ['refused', '', 1],
    ['refused', 'invoice.payment_failed', 1],
    ['repeated', 'invoice.payment_failed', 1],
    ['stored', 'invoice.payment_failed', 2],
    ['unsigned', 'missing', 1],
  ]);
});

test('what cannot be written is counted with the next ones', async () => {
  let away = true;
  const errors: unknown[] = [];
  const receipts = new Receipts(
    async (counts) => {
      if (away) throw new Error('away');
      await addReceipts(db.pool, counts, 0);
    },
    (error) => errors.push(error),
  );
  const stored = { source: 'stripe', outcome: 'stored', what: 'invoice.paid' } as const;
  receipts.count(stored);
  await receipts.flush();
  away = false;
  receipts.count(stored);
  await receipts.flush();
  await receipts.flush();
  expect(errors).toHaveLength(1);
  expect(await listReceipts(db.pool)).toEqual([{ ...stored, count: 2, lastAt: 0 }]);
});

test('beyond five hundred kinds the rest is not told apart', async () => {
  const receipts = new Receipts(
    (counts) => addReceipts(db.pool, counts, 0),
    () => undefined,
  );
  for (let n = 0; n < 700; n++) receipts.count({ source: 'x', outcome: 'ignored', what: `t${n}` });
  await receipts.flush();
  const counted = await listReceipts(db.pool);
  expect(counted).toHaveLength(501);
  expect(counted[0]).toMatchObject({ what: '', count: 200 });
});
