/** What Stripe's events must not be, each with its place; nothing throws. */
import type { Refusal } from '../../../src/ingest/item.js';
import { readStripeEvent } from '../../../src/ingest/billing/stripe-event.js';
import { invoice, item, price, stripeEvent, subscription, type Json } from './payloads.js';
import { itemOf } from './read-events.js';

function refusalOf(event: unknown): Refusal {
  const read = readStripeEvent(event, null);
  if (read.kind !== 'refused') throw new Error(JSON.stringify(read));
  return read.refusal;
}

describe('what does not fit', () => {
  test('types that nobody mapped are ignored', () => {
    for (const type of [
      'invoice.created',
      'plan.created',
      'constructor',
      '__proto__',
      'v2.core.event',
    ])
      expect(readStripeEvent(stripeEvent(type, {}), null)).toEqual({ kind: 'ignored', what: type });
  });

  test.each<[string, Json | string | null | unknown[], string, string]>([
    ['nothing', null, 'bad_field', 'event.type is missing'],
    ['a list', [], 'bad_field', 'event.type is missing'],
    ['a text', 'x', 'bad_field', 'event.type is missing'],
    ['a type that is a number', { type: 1 }, 'bad_field', 'event.type is a text'],
    [
      'no id',
      { ...stripeEvent('invoice.paid', invoice()), id: null },
      'bad_id',
      'event.id is missing',
    ],
    [
      'an id too long',
      { ...stripeEvent('invoice.paid', invoice()), id: 'e'.repeat(513) },
      'bad_id',
      'at most 512',
    ],
    [
      'no time',
      { ...stripeEvent('invoice.paid', invoice()), created: null },
      'bad_time',
      'event.created is missing',
    ],
    [
      'a time that is none',
      { ...stripeEvent('invoice.paid', invoice()), created: 1e15 },
      'bad_time',
      'in seconds since 1970',
    ],
    [
      'no object',
      { ...stripeEvent('invoice.paid', invoice()), data: null },
      'bad_id',
      'id is missing',
    ],
    [
      'no invoice id',
      stripeEvent('invoice.paid', invoice({ id: null })),
      'bad_id',
      'invoice.id is missing',
    ],
    [
      'half a cent',
      stripeEvent('invoice.paid', invoice({ amount_paid: 0.5 })),
      'bad_field',
      'invoice.amount_paid is a whole number',
    ],
    [
      'an amount as text',
      stripeEvent('invoice.paid', invoice({ amount_paid: '5' })),
      'bad_field',
      'invoice.amount_paid is a number',
    ],
    [
      'no currency',
      stripeEvent('invoice.paid', invoice({ currency: null })),
      'bad_field',
      'invoice.currency is missing',
    ],
    [
      'an odd currency',
      stripeEvent('invoice.paid', invoice({ currency: 'e/r' })),
      'bad_field',
      'three letters',
    ],
    [
      'a status of tomorrow',
      stripeEvent('customer.subscription.updated', subscription({ status: 'frozen' })),
      'bad_field',
      'subscription.status is one of',
    ],
    [
      'a subscription of nobody',
      stripeEvent('customer.subscription.updated', subscription({ customer: null })),
      'bad_id',
      'customer is missing',
    ],
    [
      'items that are no list',
      stripeEvent('customer.subscription.updated', subscription({ items: { data: {} } })),
      'bad_field',
      'items.data is a list',
    ],
    [
      'a price that is no number',
      stripeEvent(
        'customer.subscription.updated',
        subscription({}, 'now', [item(price({ unit: null, decimal: '1e9' }))]),
      ),
      'bad_field',
      'unit_amount_decimal',
    ],
  ])('%s is refused with its place', (_, event, code, detail) => {
    expect(refusalOf(event)).toMatchObject({
      code,
      detail: expect.stringContaining(detail),
      source: 'billing:stripe',
    });
  });

  test.each([
    ['NUL', 'a\0b', 'nul'],
    ['half a surrogate pair', 'a\ud800b', 'surrogate'],
    ['more than 32 KB', 'x'.repeat(40_000), 'too_large'],
  ])('%s in what would be stored is refused, elsewhere it does not matter', (_, text, code) => {
    expect(refusalOf(stripeEvent('invoice.paid', invoice({ number: text }))).code).toBe(code);
    expect(itemOf(stripeEvent('invoice.paid', invoice({ description: text }))).event).toBe(
      'invoice_paid',
    );
  });

  test('a refusal shows what came and names whom it is about as their keys do', () => {
    const { item: shown, call } = refusalOf(
      stripeEvent('invoice.paid', invoice({ number: '\0' }, 'now', { user_id: 'ann' })),
    );
    expect(JSON.parse(shown)).toMatchObject({
      anonymousId: 'stripe:cus_1',
      userId: 'ann',
      payload: { type: 'invoice.paid' },
    });
    expect(call).toBe('invoice.paid');
  });

  test('however deep and odd, it never throws', () => {
    let deep: unknown = 'x';
    for (let n = 0; n < 100_000; n++) deep = [deep];
    for (const odd of [deep, { a: deep }, 1, true, '', [[]], { type: deep }])
      for (const type of [
        'invoice.paid',
        'customer.subscription.updated',
        'payment_method.attached',
        'customer.updated',
        'charge.refunded',
      ])
        expect(['refused', 'ignored']).toContain(
          readStripeEvent({ ...stripeEvent(type, {}), data: odd }, null).kind,
        );
  });
});
