/**
 * Stage 1, billing: what is known of a person's objects at Stripe. In: statements in whatever order they arrive; out: the
 * newest state of each object, the same for every order and repetition (docs/adr/0093). Pure.
 */
import type { Instant } from '../../core/instant.js';

/** Stripe's words: a person may have several, one decides (derive-stripe-traits.ts). */
export type SubscriptionStatus =
  | 'incomplete'
  | 'incomplete_expired'
  | 'trialing'
  | 'active'
  | 'past_due'
  | 'unpaid'
  | 'paused'
  | 'canceled';

export interface SubscriptionState {
  kind: 'subscription';
  customer: string;
  status: SubscriptionStatus;
  startedAt: Instant;
  plan: string | null;
  interval: string | null;
  /** A month's worth in the main unit of `currency`; null = cannot be told from what Stripe sends. */
  mrr: number | null;
  currency: string | null;
  trialEndsAt: Instant | null;
  /** When the next period begins, null when none does. */
  renewsAt: Instant | null;
  /** When it ends, if it is known to. */
  endsAt: Instant | null;
  /** The payment method it is paid by, where it has one of its own. */
  payer: string | null;
}

export interface PaymentMethodState {
  kind: 'payment_method';
  customer: string;
  since: Instant;
  /** False once it was taken off. */
  usable: boolean;
  /** Null: something else than a card. */
  card: { brand: string | null; last4: string | null; expires_on: string | null } | null;
}

export interface CustomerState {
  kind: 'customer';
  /** The payment method that pays unless a subscription has its own. */
  payer: string | null;
}

/** A customer is gone for good; apart from its other states, so that nothing said later brings it back. */
export interface DeletionState {
  kind: 'deletion';
}

/** One thing about how to reach a customer; not only customers say it, also invoices and checkouts. */
export interface ContactState {
  kind: 'contact';
  field: 'email' | 'locale';
  value: string;
}

export type StripeState =
  | SubscriptionState
  | PaymentMethodState
  | CustomerState
  | DeletionState
  | ContactState;

/** What one event says of one object. */
export interface StripeStatement<S extends StripeState = StripeState> {
  id: string;
  /** The event's `created`: whole seconds, so several may share it. */
  at: Instant;
  /** Within one second what is said with a higher rank is newer: made, changed, status changed, ended. */
  rank: number;
  /** Decides where all else is equal, so that the order of arrival never does. */
  eventId: string;
  state: S;
}

/** Whether `a` says something newer than `b`. A total order: of two different events one is newer. */
export function isNewer(a: StripeStatement, b: StripeStatement): boolean {
  if (a.at !== b.at) return a.at > b.at;
  return a.rank === b.rank ? a.eventId > b.eventId : a.rank > b.rank;
}

/** The key of an object among those of a person. */
export function objectKey({ id, state }: Pick<StripeStatement, 'id' | 'state'>): string {
  return `${state.kind}:${id}`;
}

/** Nothing more will be said of it: it may be forgotten once late events are no longer expected. */
export function hasEnded({ state }: Pick<StripeStatement, 'state'>): boolean {
  switch (state.kind) {
    case 'subscription':
      return state.status === 'canceled' || state.status === 'incomplete_expired';
    case 'payment_method':
      return !state.usable;
    case 'customer':
    case 'deletion':
    case 'contact':
      return false;
  }
}

/** `known` with every statement that is newer; the same map when none is. */
export function learn(
  known: ReadonlyMap<string, StripeStatement>,
  statements: readonly StripeStatement[],
): ReadonlyMap<string, StripeStatement> {
  let next: Map<string, StripeStatement> | null = null;
  for (const one of statements) {
    const key = objectKey(one);
    const before = (next ?? known).get(key);
    if (before && !isNewer(one, before)) continue;
    next ??= new Map(known);
    next.set(key, one);
  }
  return next ?? known;
}

/** By `objectKey`, each as it was said last. */
export function toObjects(
  statements: readonly StripeStatement[],
): ReadonlyMap<string, StripeStatement> {
  return learn(new Map(), statements);
}
