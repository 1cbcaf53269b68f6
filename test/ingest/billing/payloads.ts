/**
 * Stripe's events as its API sends them, in two shapes: `now` is 2025-03-31 and later (what an invoice belongs to stands
 * under `parent`, periods on the items of a subscription), `then` is before. Abridged to what Stripe fills in.
 */
export type Shape = 'now' | 'then';
export type Json = Record<string, unknown>;

/** 2026-03-01T12:00:00Z, in Stripe's seconds. */
export const T0 = Date.UTC(2026, 2, 1, 12) / 1000;
export const DAY = 86_400;

let serial = 0;

export interface EventParts {
  id?: string;
  created?: number;
  before?: Json;
  shape?: Shape;
}

export function stripeEvent(
  type: string,
  object: Json,
  { id = `evt_${++serial}`, created = T0, before, shape = 'now' }: EventParts = {},
): Json {
  return {
    id,
    object: 'event',
    api_version: shape === 'now' ? '2026-10-28.endive' : '2022-11-15',
    created,
    data: { object, ...(before ? { previous_attributes: before } : {}) },
    livemode: false,
    pending_webhooks: 1,
    request: { id: null, idempotency_key: null },
    type,
  };
}

export function invoice(over: Json = {}, shape: Shape = 'now', metadata: Json = {}): Json {
  const { subscription = 'sub_1', ...rest } = over;
  return {
    id: 'in_1',
    object: 'invoice',
    account_country: 'DE',
    amount_due: 2900,
    amount_paid: 0,
    amount_remaining: 2900,
    attempt_count: 1,
    attempted: true,
    billing_reason: 'subscription_cycle',
    collection_method: 'charge_automatically',
    created: T0,
    currency: 'eur',
    customer: 'cus_1',
    customer_email: 'ann@example.com',
    customer_name: 'Ann',
    due_date: null,
    hosted_invoice_url: 'https://invoice.stripe.com/i/acct_1/test_x?s=ap',
    lines: { object: 'list', data: [], has_more: false },
    metadata: {},
    next_payment_attempt: T0 + 3 * DAY,
    number: 'ACME-0001',
    status: 'open',
    ...(shape === 'now'
      ? {
          parent: {
            quote_details: null,
            subscription_details: { metadata, subscription },
            type: 'subscription_details',
          },
        }
      : {
          charge: 'ch_1',
          payment_intent: 'pi_1',
          subscription,
          subscription_details: { metadata },
          paid: false,
        }),
    ...rest,
  };
}

export interface PriceParts {
  unit?: number | null;
  decimal?: string;
  currency?: string;
  interval?: string;
  count?: number;
  usage?: string;
  over?: Json;
}

export function price(parts: PriceParts = {}): Json {
  const {
    unit = 2900,
    currency = 'eur',
    interval = 'month',
    count = 1,
    usage = 'licensed',
  } = parts;
  return {
    id: 'price_1',
    object: 'price',
    active: true,
    billing_scheme: 'per_unit',
    currency,
    lookup_key: null,
    metadata: {},
    nickname: null,
    product: 'prod_1',
    recurring: { interval, interval_count: count, meter: null, usage_type: usage },
    type: 'recurring',
    unit_amount: unit,
    unit_amount_decimal: parts.decimal ?? (unit === null ? null : String(unit)),
    ...parts.over,
  };
}

export function item(priced: Json, quantity: number | undefined = 1, shape: Shape = 'now'): Json {
  return {
    id: `si_${++serial}`,
    object: 'subscription_item',
    price: priced,
    ...(quantity === undefined ? {} : { quantity }),
    ...(shape === 'now' ? { current_period_end: T0 + 30 * DAY, current_period_start: T0 } : {}),
  };
}

export function subscription(over: Json = {}, shape: Shape = 'now', items?: Json[]): Json {
  return {
    id: 'sub_1',
    object: 'subscription',
    cancel_at: null,
    cancel_at_period_end: false,
    canceled_at: null,
    cancellation_details: { comment: null, feedback: null, reason: null },
    created: T0,
    currency: 'eur',
    customer: 'cus_1',
    default_payment_method: null,
    ended_at: null,
    items: {
      object: 'list',
      data: items ?? [item(price({ over: { lookup_key: 'pro' } }), 1, shape)],
    },
    metadata: {},
    pause_collection: null,
    start_date: T0,
    status: 'active',
    trial_end: null,
    ...(shape === 'now' ? {} : { current_period_end: T0 + 30 * DAY, current_period_start: T0 }),
    ...over,
  };
}

export function customer(over: Json = {}): Json {
  return {
    id: 'cus_1',
    object: 'customer',
    created: T0,
    currency: 'eur',
    default_source: null,
    email: 'ann@example.com',
    invoice_settings: { default_payment_method: null },
    metadata: {},
    name: 'Ann',
    preferred_locales: [],
    ...over,
  };
}

export function paymentMethod(over: Json = {}): Json {
  const { card = {}, ...rest } = over as { card?: Json };
  return {
    id: 'pm_1',
    object: 'payment_method',
    billing_details: { email: null, name: 'Ann' },
    card: {
      brand: 'visa',
      country: 'DE',
      exp_month: 5,
      exp_year: 2027,
      fingerprint: 'x',
      funding: 'credit',
      last4: '4242',
      ...card,
    },
    created: T0,
    customer: 'cus_1',
    metadata: {},
    type: 'card',
    ...rest,
  };
}

/** A card of the older API. */
export function cardSource(over: Json = {}): Json {
  return {
    id: 'card_1',
    object: 'card',
    brand: 'Visa',
    customer: 'cus_1',
    exp_month: 2,
    exp_year: 2028,
    last4: '4242',
    metadata: {},
    ...over,
  };
}

export function charge(over: Json = {}): Json {
  return {
    id: 'ch_1',
    object: 'charge',
    amount: 2900,
    amount_refunded: 1000,
    currency: 'eur',
    customer: 'cus_1',
    invoice: 'in_1',
    metadata: {},
    refunded: false,
    ...over,
  };
}

export function checkout(over: Json = {}): Json {
  return {
    id: 'cs_1',
    object: 'checkout.session',
    amount_total: 2900,
    client_reference_id: 'ann',
    currency: 'eur',
    customer: 'cus_1',
    customer_details: { email: 'ann@example.com' },
    invoice: 'in_1',
    metadata: {},
    mode: 'subscription',
    subscription: 'sub_1',
    ...over,
  };
}
