/** What Stripe's customers, their payment methods and single payments become, and who they are. */
import type { Item } from '../../../src/ingest/item.js';
import { readStripeEvent } from '../../../src/ingest/billing/stripe-event.js';
import {
  cardSource,
  charge,
  checkout,
  customer,
  invoice,
  paymentMethod,
  stripeEvent,
  subscription,
  T0,
  type Json,
} from './payloads.js';
import { itemOf, traitsOf } from './read-events.js';

describe('payment methods', () => {
  test('a card that comes is the trait `card`, which ends on the last day of its month', () => {
    const event = stripeEvent('payment_method.attached', paymentMethod());
    expect(itemOf(event)).toMatchObject({
      event: 'payment_method_updated',
      properties: {
        how: 'attached',
        payment_method_id: 'pm_1',
        type: 'card',
        last4: '4242',
        expires_on: '2027-05-31',
        customer_id: 'cus_1',
      },
    });
    expect(traitsOf(event)).toEqual({
      card: { brand: 'visa', last4: '4242', expires_on: '2027-05-31' },
    });
  });

  test('February has 29 days where it has', () => {
    const event = stripeEvent('customer.source.expiring', cardSource());
    expect(itemOf(event)).toMatchObject({
      event: 'card_expiring',
      properties: { expires_on: '2028-02-29', brand: 'visa' },
    });
  });

  test('a network’s new card is an event, an edited address is none', () => {
    expect(itemOf(stripeEvent('payment_method.automatically_updated', paymentMethod())).event).toBe(
      'payment_method_updated',
    );
    const renewed = stripeEvent('payment_method.updated', paymentMethod(), {
      before: { card: { exp_year: 2026 } },
    });
    expect(itemOf(renewed).event).toBe('payment_method_updated');
    const edited = stripeEvent('payment_method.updated', paymentMethod(), {
      before: { billing_details: {} },
    });
    expect(itemOf(edited)).toMatchObject({ type: 'identify', event: null });
  });

  test('one that was taken off names its customer in what it was before', () => {
    const event = stripeEvent('payment_method.detached', paymentMethod({ customer: null }), {
      before: { customer: 'cus_1' },
    });
    expect(itemOf(event)).toMatchObject({
      event: 'payment_method_removed',
      anonymousId: 'stripe:cus_1',
    });
    expect(traitsOf(event)).toEqual({ card: null });
  });

  test('the card that pays: the subscription’s, else the customer’s, else the newest', () => {
    const old = stripeEvent('payment_method.attached', paymentMethod());
    const fresh = stripeEvent(
      'payment_method.attached',
      paymentMethod({ id: 'pm_2', created: T0 + 9, card: { last4: '1881' } }),
    );
    const last4 = (...events: Json[]): unknown =>
      (traitsOf(old, fresh, ...events)['card'] as Json | null)?.['last4'] ?? null;
    const paying = (payer: string): Json =>
      stripeEvent(
        'customer.updated',
        customer({ invoice_settings: { default_payment_method: payer } }),
      );
    const billed = (payer: string, status = 'active'): Json =>
      stripeEvent(
        'customer.subscription.created',
        subscription({ default_payment_method: payer, status }),
      );
    expect(last4()).toBe('1881');
    expect(last4(paying('pm_1'))).toBe('4242');
    expect(last4(paying('pm_1'), billed('pm_2'))).toBe('1881');
    expect(last4(paying('pm_1'), billed('pm_2', 'canceled'))).toBe('4242');
    // Of the one that pays no event has told: better no date than another card's.
    expect(last4(paying('pm_0'))).toBeNull();
  });

  test('what is no card has no date', () => {
    const debit = paymentMethod({
      type: 'sepa_debit',
      card: undefined,
      sepa_debit: { last4: '3000' },
    });
    delete debit['card'];
    expect(traitsOf(stripeEvent('payment_method.attached', debit))).toEqual({ card: null });
  });

  test('sources of the older API', () => {
    const updated = (before: Json): Item =>
      itemOf(stripeEvent('customer.source.updated', cardSource(), { before }));
    expect(updated({ exp_year: 2026 }).event).toBe('payment_method_updated');
    expect(updated({ address_zip: '1' }).event).toBeNull();
    expect(itemOf(stripeEvent('customer.source.created', cardSource())).event).toBe(
      'payment_method_updated',
    );
    expect(traitsOf(stripeEvent('customer.source.deleted', cardSource()))).toEqual({ card: null });
    const bank = {
      id: 'src_1',
      object: 'source',
      type: 'sepa_debit',
      customer: 'cus_1',
      metadata: {},
    };
    expect(traitsOf(stripeEvent('customer.source.created', bank))).toEqual({ card: null });
  });
});

test('customers are events, and a deleted one takes its subscriptions along', () => {
  for (const how of ['created', 'updated', 'deleted'])
    expect(itemOf(stripeEvent(`customer.${how}`, customer()))).toMatchObject({
      event: `customer_${how}`,
      properties: { customer_id: 'cus_1' },
    });
  expect(
    traitsOf(
      stripeEvent('customer.subscription.created', subscription()),
      stripeEvent('customer.deleted', {
        id: 'cus_1',
        object: 'customer',
        deleted: true,
        metadata: {},
      }),
    ),
  ).toMatchObject({ subscription_status: 'canceled', plan: null, mrr: 0 });
});

test('a refund and a checkout', () => {
  expect(itemOf(stripeEvent('charge.refunded', charge())).properties).toEqual({
    charge_id: 'ch_1',
    amount: 10,
    amount_minor: 1000,
    currency: 'EUR',
    charged: 29,
    refunded: false,
    invoice_id: 'in_1',
    customer_id: 'cus_1',
  });
  expect(itemOf(stripeEvent('checkout.session.completed', checkout()))).toMatchObject({
    event: 'checkout_completed',
    userId: 'ann',
    anonymousId: 'stripe:cus_1',
    properties: { checkout_id: 'cs_1', mode: 'subscription', amount: 29, subscription_id: 'sub_1' },
  });
});

describe('who it is', () => {
  test('metadata, then the checkout’s reference; a path of the project’s alone', () => {
    const read = (object: Json, path: string[] | null = null): string | null =>
      itemOf(stripeEvent('checkout.session.completed', checkout(object)), path).userId;
    expect(read({ metadata: { userId: 'bob' } })).toBe('bob');
    expect(read({ metadata: { user_id: 'cay', userId: 'bob' } })).toBe('cay');
    expect(read({ metadata: { team: 't1', user_id: 'cay' } }, ['metadata', 'team'])).toBe('t1');
    expect(read({}, ['metadata', 'team'])).toBeNull();
    expect(read({}, ['client_reference_id'])).toBe('ann');
    expect(read({ client_reference_id: null })).toBeNull();
  });

  test('expanded customers, and those of the accounts API', () => {
    const anonymous = (over: Json): string | null =>
      itemOf(stripeEvent('invoice.paid', invoice(over))).anonymousId;
    expect(anonymous({ customer: customer() })).toBe('stripe:cus_1');
    expect(anonymous({ customer: null, customer_account: 'acct_7' })).toBe('stripe:acct_7');
  });

  test('a guest’s payment is of nobody', () => {
    expect(
      readStripeEvent(stripeEvent('charge.refunded', charge({ customer: null })), null).kind,
    ).toBe('ignored');
  });
});
