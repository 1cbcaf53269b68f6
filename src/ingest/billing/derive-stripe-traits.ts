/**
 * Stage 1, billing: traits of a person out of the objects at Stripe. In: the newest state of each; out: traits and the
 * instant they are stated at, which is that of the newest state they rest on. A function of the objects alone, so any
 * order of events ends in the same traits (docs/adr/0093). Pure.
 */
import type { Instant } from '../../core/instant.js';
import type { JsonObject } from '../item.js';
import { iso } from './given.js';
import type {
  CustomerState,
  PaymentMethodState,
  StripeState,
  StripeStatement,
  SubscriptionState,
  SubscriptionStatus,
} from './stripe-objects.js';

type Objects = ReadonlyMap<string, StripeStatement>;

/** Traits that are stated together; null = removed. */
export interface Derived {
  at: Instant;
  traits: JsonObject;
}

/** Of several subscriptions the first in this list speaks for the person. */
const STATUSES: readonly SubscriptionStatus[] = [
  'active',
  'trialing',
  'past_due',
  'unpaid',
  'paused',
  'incomplete',
  'canceled',
  'incomplete_expired',
];
/** They have a plan; the others have not begun or have ended. */
const RUNNING = new Set<SubscriptionStatus>(['active', 'trialing', 'past_due', 'unpaid', 'paused']);
/** They bring money every month, or are being collected. */
const EARNING = new Set<SubscriptionStatus>(['active', 'past_due']);

/** Everything that follows; nothing is said of what no object speaks of. */
export function deriveStripeTraits(objects: Objects): Derived[] {
  const all = [...objects.values()];
  const deletions = only(all, 'deletion');
  const deleted = new Set(deletions.map(({ id }) => id));
  const customers = only(all, 'customer');
  const methods = only(all, 'payment_method');
  const subscriptions = only(all, 'subscription').map((one) => endedWith(one, deleted));
  const first = primary(subscriptions);
  const derived: Derived[] = [];
  if (first) {
    const traits = subscriptionTraits(first, subscriptions);
    derived.push({ at: latest([...subscriptions, ...deletions]), traits });
  }
  if (methods.length > 0) {
    const card = cardOf(
      methods.filter(({ state }) => state.usable && !deleted.has(state.customer)),
      customers.filter(({ id }) => !deleted.has(id)),
      first,
    );
    const at = latest([...methods, ...customers, ...deletions, ...subscriptions]);
    derived.push({ at, traits: { card } });
  }
  return derived;
}

/** What fills `email` and `locale` while nobody else has stated them: as it was said last of any customer. */
export function deriveContact(objects: Objects): JsonObject {
  const contacts = only([...objects.values()], 'contact')
    .toSorted(byNewest)
    .toReversed();
  return Object.fromEntries(contacts.map(({ state }) => [state.field, state.value]));
}

type Of<S extends StripeState> = StripeStatement<S>;

function only<K extends StripeState['kind']>(
  all: readonly StripeStatement[],
  kind: K,
): Of<Extract<StripeState, { kind: K }>>[] {
  return all.filter((one): one is Of<Extract<StripeState, { kind: K }>> => one.state.kind === kind);
}

/** A customer takes its subscriptions along, whether or not Stripe says so of each. */
function endedWith(
  one: Of<SubscriptionState>,
  deleted: ReadonlySet<string>,
): Of<SubscriptionState> {
  return deleted.has(one.state.customer)
    ? { ...one, state: { ...one.state, status: 'canceled' } }
    : one;
}

function primary(subscriptions: readonly Of<SubscriptionState>[]): SubscriptionState | null {
  const [first] = subscriptions.toSorted(
    (a, b) =>
      STATUSES.indexOf(a.state.status) - STATUSES.indexOf(b.state.status) ||
      b.state.startedAt - a.state.startedAt ||
      byText(b.id, a.id),
  );
  return first?.state ?? null;
}

function subscriptionTraits(
  first: SubscriptionState,
  subscriptions: readonly Of<SubscriptionState>[],
): JsonObject {
  const running = RUNNING.has(first.status) ? first : null;
  return {
    subscription_status: first.status,
    plan: running?.plan ?? null,
    plan_interval: running?.interval ?? null,
    mrr: monthly(first, subscriptions),
    currency: first.currency,
    trial_ends_at: iso(running?.trialEndsAt ?? null),
    subscription_renews_at: iso(running?.renewsAt ?? null),
    subscription_ends_at: iso(running?.endsAt ?? null),
  };
}

/** The sum over what earns in the currency of the first; null where one of them cannot be told. */
function monthly(
  { currency }: SubscriptionState,
  subscriptions: readonly Of<SubscriptionState>[],
): number | null {
  let sum = 0;
  for (const { state } of subscriptions) {
    if (!EARNING.has(state.status) || state.currency !== currency) continue;
    if (state.mrr === null) return null;
    sum += state.mrr;
  }
  return Number(sum.toFixed(3));
}

/** The card that pays. Null where it is none, was taken off, or is one that no event told of. */
function cardOf(
  usable: readonly Of<PaymentMethodState>[],
  customers: readonly Of<CustomerState>[],
  first: SubscriptionState | null,
): JsonObject | null {
  const own = first && RUNNING.has(first.status) ? first.payer : null;
  const payer = own ?? customers.toSorted(byNewest)[0]?.state.payer ?? null;
  const [newest] = usable.toSorted((a, b) => b.state.since - a.state.since || byText(b.id, a.id));
  const paying = payer === null ? newest : usable.find(({ id }) => id === payer);
  return paying?.state.card ? { ...paying.state.card } : null;
}

function latest(all: readonly StripeStatement[]): Instant {
  return all.reduce((at, one) => Math.max(at, one.at), -Infinity);
}

function byNewest(a: StripeStatement, b: StripeStatement): number {
  return b.at - a.at || b.rank - a.rank || byText(b.eventId, a.eventId);
}

/** By code units, as Postgres' collation C has it for what Stripe calls its objects. */
function byText(a: string, b: string): number {
  if (a === b) return 0;
  return a < b ? -1 : 1;
}
