/**
 * Stage 1, billing: one verified event of Stripe becomes an item. In: its JSON; out: the item, or that nobody asked for this
 * type, or why it does not fit. Pure; the shapes of old and new API versions are both read. Never throws on what Stripe sends.
 */
import type { Path } from '../../language/definitions.js';
import { readSafely, toItem, type BillingRead } from './billing-item.js';
import { Given, withoutNulls } from './given.js';
import {
  customer,
  deletedCustomer,
  paymentMethod,
  removedPaymentMethod,
  source,
} from './map-customer.js';
import { completedCheckout, invoice, refundedCharge } from './map-invoice.js';
import { subscription } from './map-subscription.js';
import { RANK, type Mapped, type Mapper } from './stripe-mapping.js';

export const STRIPE_SOURCE = 'billing:stripe';

/** By Stripe's type; every other one is counted and not stored. */
const MAPPERS = new Map<string, Mapper>([
  ['invoice.payment_failed', invoice('invoice_payment_failed', 'amount_remaining', 'amount_due')],
  [
    'invoice.payment_action_required',
    invoice('invoice_payment_action_required', 'amount_remaining', 'amount_due'),
  ],
  ['invoice.paid', invoice('invoice_paid', 'amount_paid')],
  ['invoice.voided', invoice('invoice_voided', 'amount_due')],
  [
    'invoice.marked_uncollectible',
    invoice('invoice_marked_uncollectible', 'amount_remaining', 'amount_due'),
  ],
  ['invoice.upcoming', invoice('invoice_upcoming', 'amount_due')],
  ['customer.created', customer('customer_created', RANK.made)],
  ['customer.updated', customer('customer_updated', RANK.changed)],
  ['customer.deleted', deletedCustomer],
  ['customer.subscription.created', subscription('created')],
  ['customer.subscription.updated', subscription('updated')],
  ['customer.subscription.deleted', subscription('deleted')],
  ['customer.subscription.paused', subscription('paused')],
  ['customer.subscription.resumed', subscription('resumed')],
  ['customer.subscription.trial_will_end', subscription('trial_will_end')],
  ['customer.source.created', source('created')],
  ['customer.source.updated', source('updated')],
  ['customer.source.deleted', source('deleted')],
  ['customer.source.expiring', source('expiring')],
  ['payment_method.attached', paymentMethod('attached')],
  ['payment_method.automatically_updated', paymentMethod('automatically_updated')],
  ['payment_method.updated', paymentMethod('updated')],
  ['payment_method.detached', removedPaymentMethod],
  ['charge.refunded', refundedCharge],
  ['checkout.session.completed', completedCheckout],
]);

/** Stripe's times have whole seconds. */
const LAST_OF_SECOND_MS = 999;

/** Keys of metadata that name the application's user unless the project says which. */
const USER_KEYS = ['user_id', 'userId'];

/** Reads an event; `userPath` is `billing.stripe.profile.user` of the project, null = the usual ones. */
export function readStripeEvent(payload: unknown, userPath: Path | null): BillingRead {
  const event = new Given(payload, 'event');
  return readSafely({ payload, source: STRIPE_SOURCE, type: event.at('type') }, (who) => {
    const mapper = MAPPERS.get(event.text('type') ?? event.refuse('type', 'is missing'));
    if (!mapper) return null;
    const messageId = event.needId('id');
    const at = event.needSeconds('created');
    const object = new Given(event.at('data.object'), event.text('data.object.object') ?? 'object');
    const mapped = mapper(object, event.part('data.previous_attributes'));
    who.anonymousId = mapped.customer === null ? null : `stripe:${mapped.customer}`;
    who.userId = userOf(mapped, object, userPath);
    if (who.anonymousId === null && who.userId === null) return null;
    return toItem({
      ...who,
      source: STRIPE_SOURCE,
      messageId,
      at: mapped.settles ? at + LAST_OF_SECOND_MS : at,
      event: mapped.event,
      properties: withoutNulls(mapped.properties),
      context: withoutNulls({
        type: event.text('type'),
        api_version: event.text('api_version'),
        livemode: event.has('livemode') ? event.flag('livemode') : null,
      }),
      stripe: mapped.said.map((one) => ({ ...one, at, eventId: messageId })),
    });
  });
}

/**
 * The application's user as the object, or what it belongs to, names it. With a path of the project's own nothing else
 * is taken for one: a `client_reference_id` may be that of a cart.
 */
function userOf({ metadata, user }: Mapped, object: Given, path: Path | null): string | null {
  if (path !== null && path[0] !== 'metadata') return object.id(path.join('.'));
  const keys = path === null ? USER_KEYS : [path.slice(1).join('.')];
  for (const one of metadata) {
    const given = new Given(one, 'metadata');
    for (const key of keys) {
      const found = given.id(key);
      if (found !== null) return found;
    }
  }
  return path === null ? user : null;
}
