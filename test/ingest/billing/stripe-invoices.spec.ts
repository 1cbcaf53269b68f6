/** What Stripe's invoices and subscriptions become, in the shapes of old and new API versions. */
import {
  DAY,
  invoice,
  item,
  price,
  stripeEvent,
  subscription,
  T0,
  type EventParts,
  type Json,
  type PriceParts,
} from './payloads.js';
import { itemOf, traitsOf } from './read-events.js';

const changed = (object: Json, before: Json): [Json, EventParts] => [object, { before }];
const at = (seconds: number): string => new Date(seconds * 1000).toISOString();

describe.each(['now', 'then'] as const)('invoices as the API has them %s', (shape) => {
  test('a failed payment is what dunning needs', () => {
    const read = itemOf(
      stripeEvent('invoice.payment_failed', invoice({}, shape), { id: 'evt_9', shape }),
    );
    expect(read).toMatchObject({
      type: 'track',
      event: 'invoice_payment_failed',
      source: 'billing:stripe',
      messageId: 'evt_9',
      anonymousId: 'stripe:cus_1',
      userId: null,
      timestamp: T0 * 1000,
      historical: false,
    });
    expect(read.properties).toEqual({
      invoice_id: 'in_1',
      invoice_number: 'ACME-0001',
      amount: 29,
      amount_minor: 2900,
      currency: 'EUR',
      attempt_count: 1,
      next_payment_attempt: at(T0 + 3 * DAY),
      hosted_invoice_url: 'https://invoice.stripe.com/i/acct_1/test_x?s=ap',
      billing_reason: 'subscription_cycle',
      subscription_id: 'sub_1',
      customer_id: 'cus_1',
    });
  });

  test('the subscription’s metadata names the user', () => {
    const read = itemOf(stripeEvent('invoice.paid', invoice({}, shape, { user_id: 'ann' })));
    expect(read).toMatchObject({ userId: 'ann', anonymousId: 'stripe:cus_1' });
  });

  test('a subscription renews at the end of its period, wherever that stands', () => {
    expect(traitsOf(stripeEvent('customer.subscription.created', subscription({}, shape)))).toEqual(
      {
        subscription_status: 'active',
        plan: 'pro',
        plan_interval: 'month',
        mrr: 29,
        currency: 'EUR',
        trial_ends_at: null,
        subscription_renews_at: at(T0 + 30 * DAY),
        subscription_ends_at: null,
      },
    );
  });
});

test.each([
  ['invoice.paid', 'invoice_paid', { amount_paid: 2900, amount_remaining: 0 }, 29],
  ['invoice.payment_action_required', 'invoice_payment_action_required', {}, 29],
  ['invoice.voided', 'invoice_voided', { status: 'void' }, 29],
  ['invoice.marked_uncollectible', 'invoice_marked_uncollectible', { amount_remaining: 900 }, 9],
  ['invoice.upcoming', 'invoice_upcoming', { id: undefined, next_payment_attempt: null }, 29],
  [
    'invoice.payment_failed',
    'invoice_payment_failed',
    { amount_due: 500, amount_remaining: 500, currency: 'jpy' },
    500,
  ],
])('%s is %s', (type, name, over, amount) => {
  const { event, properties } = itemOf(stripeEvent(type, invoice(over)));
  expect(event).toBe(name);
  expect(properties['amount']).toBe(amount);
  // What there is not is left out instead of being null.
  expect(Object.values(properties)).not.toContain(null);
});

test('what settles an invoice comes after what failed in the same second', () => {
  const ms = (type: string): number =>
    itemOf(stripeEvent(type, invoice({ amount_paid: 2900 }))).timestamp! - T0 * 1000;
  expect(ms('invoice.payment_failed')).toBe(0);
  for (const type of ['invoice.paid', 'invoice.voided', 'invoice.marked_uncollectible'])
    expect(ms(type)).toBe(999);
});

test('a decline code is told where Stripe sent the payment along', () => {
  const error = {
    last_payment_error: { code: 'card_declined', decline_code: 'insufficient_funds' },
  };
  const now = invoice({
    payments: { data: [{ payment: { payment_intent: { id: 'pi', ...error } } }] },
  });
  const then = invoice({ payment_intent: { id: 'pi_1', ...error } }, 'then');
  for (const object of [now, then])
    expect(itemOf(stripeEvent('invoice.payment_failed', object)).properties['decline_code']).toBe(
      'insufficient_funds',
    );
});

test.each<[string, string | null, [Json, EventParts?]]>([
  ['created', 'subscription_started', [subscription()]],
  ['created', 'trial_started', [subscription({ status: 'trialing', trial_end: T0 + 14 * DAY })]],
  ['created', 'subscription_created', [subscription({ status: 'incomplete' })]],
  ['updated', 'subscription_started', changed(subscription(), { status: 'incomplete' })],
  ['updated', 'subscription_started', changed(subscription(), { status: 'trialing' })],
  [
    'updated',
    'trial_started',
    changed(subscription({ status: 'trialing' }), { status: 'incomplete' }),
  ],
  [
    'updated',
    'subscription_updated',
    changed(subscription({ status: 'past_due' }), { status: 'active' }),
  ],
  ['updated', 'subscription_updated', changed(subscription(), { status: 'past_due' })],
  ['updated', 'subscription_changed', changed(subscription(), { items: { data: [] } })],
  ['updated', 'subscription_changed', changed(subscription(), { quantity: 2 })],
  ['updated', 'subscription_updated', changed(subscription(), { latest_invoice: 'in_0' })],
  [
    'updated',
    'subscription_cancellation_scheduled',
    changed(subscription({ cancel_at_period_end: true }), { cancel_at_period_end: false }),
  ],
  [
    'updated',
    'subscription_cancellation_revoked',
    changed(subscription(), { cancel_at_period_end: true, cancel_at: T0 }),
  ],
  [
    'updated',
    'subscription_paused',
    changed(subscription({ pause_collection: { behavior: 'void' } }), { pause_collection: null }),
  ],
  [
    'updated',
    'subscription_resumed',
    changed(subscription(), { pause_collection: { behavior: 'void' } }),
  ],
  ['paused', 'subscription_paused', [subscription({ status: 'paused' })]],
  ['resumed', 'subscription_resumed', [subscription()]],
  ['deleted', 'subscription_cancelled', [subscription({ status: 'canceled' })]],
  ['trial_will_end', 'trial_will_end', [subscription({ status: 'trialing' })]],
])('customer.subscription.%s may be %s', (how, name, [object, parts]) => {
  expect(itemOf(stripeEvent(`customer.subscription.${how}`, object, parts)).event).toBe(name);
});

test.each([
  [{ feedback: 'too_expensive', reason: 'cancellation_requested' }, 'price'],
  [{ feedback: 'missing_features', reason: 'cancellation_requested' }, 'missing_feature'],
  [{ feedback: 'unused', reason: 'cancellation_requested' }, 'unused'],
  [{ feedback: null, reason: 'payment_failed' }, 'payment_failed'],
  [{ feedback: null, reason: 'cancellation_requested' }, undefined],
])('a cancellation with %j has the reason %p', (cancellation_details, reason) => {
  const object = subscription({ status: 'canceled', ended_at: T0, cancellation_details });
  const { properties } = itemOf(stripeEvent('customer.subscription.deleted', object));
  expect(properties['reason']).toBe(reason);
  expect(properties).toMatchObject({
    subscription_id: 'sub_1',
    plan: 'pro',
    amount: 29,
    status: 'canceled',
  });
});

test.each<[string, number | undefined, PriceParts, number | null]>([
  ['a month', 1, {}, 29],
  ['three seats', 3, {}, 87],
  ['a year', 1, { unit: 10_000, interval: 'year' }, 8.33],
  ['a quarter', 1, { unit: 3000, count: 3 }, 10],
  ['a week', 1, { unit: 700, interval: 'week' }, 30.42],
  ['a day', 1, { unit: 100, interval: 'day' }, 30.42],
  ['yen have no cents', 2, { unit: 500, currency: 'jpy' }, 1000],
  ['dinars have three', 1, { unit: 5120, currency: 'kwd' }, 5.12],
  ['fractions of a cent', 1000, { unit: null, decimal: '0.5' }, 5],
  ['nothing', 1, { unit: 0 }, 0],
  ['no quantity is one', undefined, {}, 29],
  ['tiers are not in the event', 1, { unit: null }, null],
  [
    'begun packages of ten',
    11,
    { over: { transform_quantity: { divide_by: 10, round: 'up' } } },
    58,
  ],
  [
    'full packages of ten',
    19,
    { over: { transform_quantity: { divide_by: 10, round: 'down' } } },
    29,
  ],
])('mrr by %s', (_, quantity, parts, mrr) => {
  const currency = parts.currency ?? 'eur';
  const object = subscription({ currency }, 'now', [item(price(parts), quantity)]);
  expect(traitsOf(stripeEvent('customer.subscription.created', object))['mrr']).toBe(mrr);
});

test('mrr adds items up and leaves out what is metered, on trial, paused or unpaid', () => {
  const metered = item(price({ unit: 1, usage: 'metered' }), undefined);
  const items = [item(price()), item(price({ unit: 12_000, interval: 'year' })), metered];
  const of = (over: Json): unknown =>
    traitsOf(stripeEvent('customer.subscription.created', subscription(over, 'now', items)))['mrr'];
  expect(of({})).toBe(39);
  expect(of({ status: 'past_due' })).toBe(39);
  for (const status of ['trialing', 'incomplete', 'unpaid', 'paused', 'canceled'])
    expect(of({ status })).toBe(0);
  expect(of({ pause_collection: { behavior: 'void', resumes_at: null } })).toBe(0);
});

test('plans of before prices are read as prices', () => {
  const plan = {
    id: 'plan_1',
    amount: 1900,
    currency: 'usd',
    interval: 'month',
    interval_count: 1,
    nickname: 'Team',
    usage_type: 'licensed',
  };
  const object = subscription({ currency: undefined }, 'then', [{ id: 'si', plan, quantity: 2 }]);
  expect(traitsOf(stripeEvent('customer.subscription.created', object))).toMatchObject({
    plan: 'Team',
    mrr: 38,
    currency: 'USD',
    plan_interval: 'month',
  });
});

test('a plan is called as metadata says, else by lookup key, nickname, id', () => {
  const named = (over: Json, metadata: Json = {}): unknown =>
    traitsOf(
      stripeEvent(
        'customer.subscription.created',
        subscription({ metadata }, 'now', [item(price({ over }))]),
      ),
    )['plan'];
  const all = { lookup_key: 'key', nickname: 'nick', metadata: { plan: 'meta' } };
  expect(named(all, { plan: 'own' })).toBe('own');
  expect(named(all)).toBe('meta');
  expect(named({ ...all, metadata: {} })).toBe('key');
  expect(named({ nickname: 'nick' })).toBe('nick');
  expect(named({})).toBe('price_1');
});
