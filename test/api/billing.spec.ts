/** Billing from end to end: a dunning campaign that Stripe's webhooks start and end. */
import StripeClient from 'stripe';
import {
  customer,
  invoice,
  paymentMethod,
  stripeEvent,
  subscription,
  type Json,
} from '../ingest/billing/payloads.js';
import { testDatabase, type TestDatabase } from '../support/database.js';
import { startRest, type RestServer } from './rest-server.js';
import { applyFiles, eventually, FILES } from './world.js';

const SECRET = 'whsec_0123456789abcdefghij';
const stripe = new StripeClient('sk_test_x');

const DUNNING = `purpose: transactional
enter: { event: invoice_payment_failed, per: invoice_id }
exit:
  - { event: invoice_voided, same: invoice_id }
goal: { event: invoice_paid, same: invoice_id, within: 30 days, value: amount }
steps:
  - send: notice
  - wait: 3 days
  - send: notice
    id: second
`;
const NOTICE = `---
subject: "{{entry.amount}} {{entry.currency}} are due"
sample: { entry: { amount: 29, currency: EUR, hosted_invoice_url: "https://pay.example" } }
---
<p><a href="{{entry.hosted_invoice_url}}">Pay now</a></p>
`;

let db: TestDatabase;
let rest: RestServer;
beforeAll(async () => {
  db = await testDatabase();
  await applyFiles(db, {
    ...FILES,
    'campaigns/dunning.yaml': DUNNING,
    'templates/notice.html': NOTICE,
  });
  rest = await startRest(db, 'api,engine,mailer', { REKINDLE_STRIPE_SECRETS: SECRET });
});
afterAll(async () => {
  await rest.stop();
  await db.close();
});

/** Sends what happened at `created`, in seconds, signed now. */
async function send(
  type: string,
  object: Json,
  created: number,
  outcome = 'stored',
): Promise<void> {
  const timestamp = Math.floor(Date.now() / 1000);
  const payload = JSON.stringify(stripeEvent(type, object, { created }));
  const signature = stripe.webhooks.generateTestHeaderString({
    payload,
    secret: SECRET,
    timestamp,
  });
  const answer = await fetch(`${rest.url}/v1/billing/stripe`, {
    method: 'POST',
    headers: { 'content-type': 'application/json', 'stripe-signature': signature },
    body: payload,
  });
  expect(answer.status).toBe(200);
  expect(await answer.json()).toMatchObject({ received: true, outcome });
}

const enrolments = async (): Promise<Json[]> =>
  (await rest.ask('GET', '/api/v1/campaigns/dunning/enrolments')).body.items as Json[];

test('a failed payment is dunned, for each invoice by itself, until it is paid', async () => {
  // All of it in one second: Stripe's times are no finer.
  const then = Math.floor(Date.now() / 1000) - 60;
  await send('customer.created', customer({ metadata: { user_id: 'ann' } }), then - 30);
  await send('invoice.payment_failed', invoice({ id: 'in_1' }), then);
  await send('invoice.payment_failed', invoice({ id: 'in_2', amount_remaining: 4900 }), then);
  const mails = await eventually(
    async () =>
      (await rest.ask('GET', '/api/v1/messages?profile=ann&state=sent')).body.items as Json[],
    (items) => items.length === 2,
  );
  expect(mails.map(({ subject, address }) => [subject, address])).toEqual(
    expect.arrayContaining([
      ['29 EUR are due', 'ann@example.com'],
      ['49 EUR are due', 'ann@example.com'],
    ]),
  );
  await send('invoice.paid', invoice({ id: 'in_1', amount_paid: 2900, amount_remaining: 0 }), then);
  await eventually(
    enrolments,
    (items) => items.filter(({ state }) => state === 'ended').length === 1,
  );
  expect(await enrolments()).toEqual(
    expect.arrayContaining([
      expect.objectContaining({ state: 'active', endReason: null }),
      expect.objectContaining({ state: 'ended', endReason: 'converted' }),
    ]),
  );
  await send('invoice.voided', invoice({ id: 'in_2', status: 'void' }), then);
  await eventually(enrolments, (items) => items.every(({ state }) => state === 'ended'));
  expect((await rest.ask('GET', '/api/v1/messages?profile=ann&state=pending')).body.items).toEqual(
    [],
  );
});

test('a payment that arrives before the failure it settles bars the dunning', async () => {
  const then = Math.floor(Date.now() / 1000) - 60;
  const before = (await enrolments()).length;
  await send('invoice.paid', invoice({ id: 'in_3', amount_paid: 2900 }), then);
  await send('invoice.payment_failed', invoice({ id: 'in_3' }), then);
  await eventually(
    async () => (await rest.ask('GET', '/api/v1/campaigns/dunning/refusals')).body.items as Json[],
    (items) => items.length === 1,
  );
  expect(await enrolments()).toHaveLength(before);
});

test('who is erased leaves nothing of Stripe behind, not even what was refused', async () => {
  const then = Math.floor(Date.now() / 1000) - 60;
  const whose = { customer: 'cus_canary', metadata: { user_id: 'canary' } };
  await send('customer.subscription.created', subscription(whose), then);
  await send('payment_method.attached', paymentMethod(whose), then);
  await send('invoice.paid', invoice({ ...whose, amount_paid: 0.5 }), then, 'refused');
  const mentions = async (): Promise<string[]> => {
    const found: string[] = [];
    for (const table of ['stripe_objects', 'rejects', 'events', 'profile_keys', 'trait_changes']) {
      const { rows } = await db.pool.query(
        `select from ${table} t where t::text like '%cus_canary%'`,
      );
      if (rows.length > 0) found.push(table);
    }
    return found;
  };
  expect(await mentions()).toEqual(['stripe_objects', 'rejects', 'events', 'profile_keys']);
  const { text } = await rest.ask('GET', '/api/v1/profiles/canary/export');
  expect(JSON.parse(text)).toMatchObject({ stripe_objects: [{}, {}] });
  expect((await rest.ask('DELETE', '/api/v1/profiles/canary')).status).toBe(200);
  expect(await mentions()).toEqual([]);
});
