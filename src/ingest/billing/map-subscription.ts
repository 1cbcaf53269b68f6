/**
 * Stage 1, billing: Stripe's subscriptions. In: the object and what it was before; out: the event that says what happened
 * (a trial that began to pay is `subscription_started`) and its state. Pure.
 */
import type { JsonObject } from '../item.js';
import { iso, type Given } from './given.js';
import { customerOf, RANK, rounded, type Mapped, type Mapper } from './stripe-mapping.js';
import type { SubscriptionState, SubscriptionStatus } from './stripe-objects.js';

const STATUSES: readonly SubscriptionStatus[] = [
  'incomplete',
  'incomplete_expired',
  'trialing',
  'active',
  'past_due',
  'unpaid',
  'paused',
  'canceled',
];

/** Reasons in the words of our campaigns; what Stripe calls otherwise stays as it is. */
const REASONS: Readonly<Record<string, string>> = {
  too_expensive: 'price',
  missing_features: 'missing_feature',
  customer_service: 'support',
};

export function subscription(
  how: 'created' | 'updated' | 'deleted' | 'paused' | 'resumed' | 'trial_will_end',
): Mapper {
  return (object, before) => {
    const id = object.needId('id');
    const customer = customerOf(object) ?? object.refuse('customer', 'is missing', 'bad_id');
    const { state, terms } = readSubscription(object, customer);
    const status = how === 'deleted' ? 'canceled' : state.status;
    const { feedback, ...reason } = reasonOf(object);
    return {
      customer,
      metadata: [object.at('metadata')],
      user: null,
      event: eventOf(how, object, before),
      properties: {
        subscription_id: id,
        status,
        previous_status: before.text('status'),
        plan: state.plan,
        plan_interval: state.interval,
        ...terms,
        mrr: state.mrr,
        trial_ends_at: iso(state.trialEndsAt),
        renews_at: iso(state.renewsAt),
        ends_at: iso(state.endsAt),
        ...(how === 'deleted' || state.endsAt !== null ? { reason: feedback, ...reason } : {}),
        customer_id: customer,
      },
      said: [{ id, rank: rankOf(how, before), state: { ...state, status } }],
    } satisfies Mapped;
  };
}

function rankOf(how: string, before: Given): number {
  if (how === 'deleted') return RANK.ended;
  if (how === 'created') return RANK.made;
  return how === 'paused' || how === 'resumed' || before.has('status') ? RANK.status : RANK.changed;
}

/** What happened, as a campaign would say it. */
function eventOf(how: string, object: Given, before: Given): string {
  const status = object.text('status');
  switch (how) {
    case 'created':
      return begun(status) ?? 'subscription_created';
    case 'deleted':
      return 'subscription_cancelled';
    case 'paused':
    case 'resumed':
      return `subscription_${how}`;
    case 'trial_will_end':
      return how;
  }
  const was = before.text('status');
  if (was === 'incomplete' || was === 'trialing') {
    const now = begun(status);
    if (now !== null) return now;
  }
  if (before.has('pause_collection'))
    return object.at('pause_collection') === null ? 'subscription_resumed' : 'subscription_paused';
  if (before.has('cancel_at_period_end') || before.has('cancel_at'))
    return ends(object)
      ? 'subscription_cancellation_scheduled'
      : 'subscription_cancellation_revoked';
  return before.has('items') || before.has('plan') || before.has('quantity')
    ? 'subscription_changed'
    : 'subscription_updated';
}

function begun(status: string | null): string | null {
  if (status === 'trialing') return 'trial_started';
  return status === 'active' ? 'subscription_started' : null;
}

function ends(object: Given): boolean {
  return object.flag('cancel_at_period_end') || object.seconds('cancel_at') !== null;
}

/** What the customer said, else why Stripe ended it (a payment that failed, a dispute). */
function reasonOf(object: Given): { feedback: string | null; comment: string | null } {
  const details = object.part('cancellation_details');
  const said = details.text('feedback');
  const cause = details.text('reason');
  return {
    feedback:
      said !== null ? (REASONS[said] ?? said) : cause === 'cancellation_requested' ? null : cause,
    comment: details.text('comment'),
  };
}

function readSubscription(
  object: Given,
  customer: string,
): { state: SubscriptionState; terms: JsonObject } {
  const status = STATUSES.find((one) => one === object.text('status'));
  if (!status) return object.refuse('status', `is one of ${STATUSES.join(', ')}`);
  const items = object.list('items.data');
  const priced = items.map((item) => readItem(item));
  const main = priced.find(({ metered }) => !metered) ?? priced[0];
  const currency = object.currency('currency') ?? main?.currency ?? null;
  const sum = (of: (item: PricedItem) => number | null): number | null => {
    const parts = priced.filter(({ metered }) => !metered).map(of);
    return parts.includes(null) || parts.length === 0
      ? null
      : parts.reduce((total: number, part) => total + part!, 0);
  };
  const minor = sum(({ minor }) => minor);
  const isHeld =
    typeof object.at('pause_collection') === 'object' && object.at('pause_collection') !== null;
  const periodEnd = object.seconds('current_period_end') ?? earliest(priced);
  return {
    state: {
      kind: 'subscription',
      customer,
      status,
      startedAt: object.seconds('start_date') ?? object.seconds('created') ?? 0,
      plan: planOf(object, main),
      interval: main?.interval ?? null,
      mrr: isHeld
        ? 0
        : rounded(
            sum(({ monthly }) => monthly),
            currency,
          ),
      currency,
      trialEndsAt: object.seconds('trial_end'),
      renewsAt: ends(object) ? null : periodEnd,
      endsAt: endOf(object, periodEnd),
      payer: object.id('default_payment_method') ?? object.id('default_source'),
    },
    terms: {
      quantity: main?.quantity ?? null,
      amount: rounded(minor, currency),
      amount_minor: Number.isInteger(minor) ? minor : null,
      currency,
    },
  };
}

function endOf(object: Given, periodEnd: number | null): number | null {
  const ended = object.seconds('ended_at') ?? object.seconds('cancel_at');
  return ended ?? (object.flag('cancel_at_period_end') ? periodEnd : null);
}

interface PricedItem {
  name: string | null;
  metered: boolean;
  quantity: number | null;
  currency: string | null;
  interval: string | null;
  /** For one period, and for a month of it; null where the price has tiers, which events do not bring along. */
  minor: number | null;
  monthly: number | null;
  periodEnd: number | null;
}

/** `price` since 2020, `plan` before: the same fields under other names. */
function readItem(item: Given): PricedItem {
  const isPrice = typeof item.at('price') === 'object' && item.at('price') !== null;
  const price = item.part(isPrice ? 'price' : 'plan');
  const recurring = isPrice ? price.part('recurring') : price;
  const quantity = item.whole('quantity');
  const unit = isPrice
    ? amountOf(price, 'unit_amount', 'unit_amount_decimal')
    : amountOf(price, 'amount', 'amount_decimal');
  const minor = unit === null ? null : unit * packagesOf(price, quantity ?? 1);
  const interval = recurring.text('interval');
  return {
    name:
      price.text('metadata.plan') ??
      price.text('lookup_key') ??
      price.text('nickname') ??
      price.id('id'),
    metered: recurring.text('usage_type') === 'metered',
    quantity,
    currency: price.currency('currency'),
    interval,
    minor,
    monthly: perMonth(minor, interval, recurring.whole('interval_count') ?? 1),
    periodEnd: item.seconds('current_period_end'),
  };
}

/** Some prices are for packages of units, begun ones counted whole or not at all. */
function packagesOf(price: Given, units: number): number {
  const size = price.whole('transform_quantity.divide_by') ?? 1;
  if (size < 1) return price.refuse('transform_quantity.divide_by', 'is at least 1');
  return price.text('transform_quantity.round') === 'down'
    ? Math.floor(units / size)
    : Math.ceil(units / size);
}

/** The decimal twin has fractions of the smallest unit, where the whole number is null. */
function amountOf(price: Given, whole: string, decimal: string): number | null {
  const minor = price.whole(whole);
  if (minor !== null) return minor;
  const value = price.at(decimal);
  if (value === undefined || value === null) return null;
  const parsed =
    typeof value === 'string' && /^\d{1,15}(?:\.\d{1,12})?$/.test(value) ? Number(value) : NaN;
  return Number.isNaN(parsed) ? price.refuse(decimal, 'is a number written as text') : parsed;
}

/** A year has 12 months, 365 days and 365/7 weeks. */
const PER_MONTH: Readonly<Record<string, number>> = {
  day: 365 / 12,
  week: 365 / 7 / 12,
  month: 1,
  year: 1 / 12,
};

function perMonth(minor: number | null, interval: string | null, count: number): number | null {
  const times =
    interval !== null && Object.hasOwn(PER_MONTH, interval) ? PER_MONTH[interval]! : null;
  return minor === null || times === null || count < 1 ? null : (minor * times) / count;
}

function planOf(object: Given, main: PricedItem | undefined): string | null {
  return object.text('metadata.plan') ?? main?.name ?? null;
}

/** Since API version 2025-03-31 each item has a period of its own. */
function earliest(items: readonly PricedItem[]): number | null {
  const ends = items.flatMap(({ periodEnd }) => periodEnd ?? []);
  return ends.length === 0 ? null : Math.min(...ends);
}
