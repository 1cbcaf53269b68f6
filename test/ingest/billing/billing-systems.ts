/** Other billing systems for tests: a mapping of five, and a body and a signature as each of them sends it. */
import { createHmac, randomUUID } from 'node:crypto';
import { Webhook } from 'standardwebhooks';
import type { Json } from './payloads.js';

export const MAPPING = `
billing:
  paddle:
    signature: { header: Paddle-Signature, separator: ";", prefix: h1=, timestamp: { prefix: ts=, joined_by: ":" } }
    id: event_id
    type: event_type
    at: occurred_at
    profile: { user: data.custom_data.user_id, anonymous: data.customer_id, email: data.customer.email }
    events:
      transaction.payment_failed:
        event: invoice_payment_failed
        properties:
          invoice_id: data.id
          amount: { minor: data.details.totals.total, currency: data.currency_code }
          next_payment_attempt: { time: data.next_retry_at }
          items: data.items
        traits:
          subscription_status: data.status
          card.last4: data.payments.0.method_details.card.last4
          card.expires_on: { month: data.payments.0.method_details.card.expiry_month, year: data.payments.0.method_details.card.expiry_year }
          paying: { value: false }
      customer.updated: { traits: { company: data.name } }
  lemon:
    signature: { header: x-signature }
    type: meta.event_name
    at: data.attributes.updated_at
    profile: { user: meta.custom_data.user_id }
    events:
      subscription_cancelled: { event: subscription_cancelled, properties: { ends_at: { time: data.attributes.ends_at } } }
  chargebee:
    signature: { scheme: basic }
    id: id
    type: event_type
    at: occurred_at
    profile: { anonymous: content.customer.id }
    events:
      subscription_renewed:
        event: invoice_paid
        traits: { next: { time: content.subscription.next_billing_at } }
  polar:
    signature: { scheme: standard-webhooks }
    type: type
    at: timestamp
    profile: { user: data.user }
    events:
      order.paid: { event: invoice_paid }
  shop:
    signature: { header: x-shop-hmac, encoding: base64, timestamp: { header: x-shop-time } }
    id: id
    type: topic
    at: at
    profile: { user: user }
    events:
      paid: { event: invoice_paid }
`;
export const SECRET = 'pdl_ntfset_secret0';
export const STANDARD = `whsec_${Buffer.from('a key of twenty-four byt').toString('base64')}`;

const seconds = (): number => Math.floor(Date.now() / 1000);
const hmac = (secret: string | Buffer, text: string): Buffer =>
  createHmac('sha256', secret).update(text).digest();

export const SIGN: Record<
  string,
  (body: string, over?: { secret?: string; at?: number }) => Record<string, string>
> = {
  paddle: (body, { secret = SECRET, at = seconds() } = {}) => ({
    'paddle-signature': `ts=${at};h1=${hmac(secret, `${at}:${body}`).toString('hex')}`,
  }),
  lemon: (body, { secret = SECRET } = {}) => ({
    'x-signature': hmac(secret, body).toString('hex'),
  }),
  chargebee: (_body, { secret = 'rekindle:pass:word' } = {}) => ({
    authorization: `Basic ${Buffer.from(secret).toString('base64')}`,
  }),
  polar: (body, { secret = STANDARD, at = seconds() } = {}) => {
    const id = `msg_${hmac('id', body).toString('hex').slice(0, 8)}`;
    const signature = new Webhook(secret).sign(id, new Date(at * 1000), body);
    return {
      'webhook-id': id,
      'webhook-timestamp': String(at),
      'webhook-signature': `v1a,xx ${signature}`,
    };
  },
  shop: (body, { secret = SECRET, at = Date.now() } = {}) => ({
    'x-shop-time': String(at),
    'x-shop-hmac': hmac(secret, `${at}.${body}`).toString('base64'),
  }),
};

const now = (): string => new Date(Date.now() - 60_000).toISOString();
export const BODIES: Record<string, () => Json> = {
  paddle: () => ({
    event_id: `evt_${randomUUID()}`,
    event_type: 'transaction.payment_failed',
    occurred_at: now().replace('Z', '000Z'),
    data: {
      id: 'txn_1',
      status: 'past_due',
      customer_id: 'ctm_1',
      customer: { email: 'ann@example.com' },
      custom_data: { user_id: 'ann' },
      currency_code: 'USD',
      next_retry_at: null,
      details: { totals: { total: '2900' } },
      payments: [
        { method_details: { card: { last4: '4242', expiry_month: 2, expiry_year: 2028 } } },
      ],
    },
  }),
  lemon: () => ({
    meta: { event_name: 'subscription_cancelled', custom_data: { user_id: 'ann' } },
    data: {
      id: '1',
      attributes: {
        updated_at: now(),
        ends_at: '2026-12-24T00:00:00.000000Z',
        nonce: randomUUID(),
      },
    },
  }),
  chargebee: () => ({
    id: `ev_${randomUUID()}`,
    event_type: 'subscription_renewed',
    occurred_at: seconds() - 60,
    content: { customer: { id: 'cb_1' }, subscription: { next_billing_at: 1_798_761_600 } },
  }),
  polar: () => ({
    type: 'order.paid',
    timestamp: now(),
    data: { user: 'ann', nonce: randomUUID() },
  }),
  shop: () => ({ id: randomUUID(), topic: 'paid', at: Date.now() - 60_000, user: 77 }),
};
