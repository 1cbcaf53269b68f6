/** Stage 1, billing: Stripe's customers and what they pay with. In: the object; out: event and states. Pure. */
import { lastDayOf, type Given } from './given.js';
import type { PaymentMethodState } from './stripe-objects.js';
import { contact, customerOf, RANK, type Mapper } from './stripe-mapping.js';

export function customer(event: string, rank: number): Mapper {
  return (object) => {
    const id = object.needId('id');
    const payer =
      object.id('invoice_settings.default_payment_method') ?? object.id('default_source');
    // What its invoices say of the same second was copied from it.
    const contactRank = RANK.changed + rank;
    return {
      ...ofCustomer(object, id),
      event,
      said: [
        { id, rank, state: { kind: 'customer', payer } },
        ...contact(id, 'email', object.text('email'), contactRank),
        ...contact(id, 'locale', object.text('preferred_locales.0'), contactRank),
      ],
    };
  };
}

export const deletedCustomer: Mapper = (object) => {
  const id = object.needId('id');
  return {
    ...ofCustomer(object, id),
    event: 'customer_deleted',
    said: [{ id, rank: RANK.ended, state: { kind: 'deletion' } }],
  };
};

function ofCustomer(object: Given, id: string) {
  return {
    customer: id,
    metadata: [object.at('metadata')],
    user: null,
    properties: { customer_id: id },
  };
}

/** A payment method comes, goes or is another card than it was. `how` tells which of Stripe's events it was. */
export function paymentMethod(how: 'attached' | 'automatically_updated' | 'updated'): Mapper {
  return (object, before) => {
    const rank = how === 'attached' ? RANK.made : RANK.changed;
    // An address or a name that was edited is no other means to pay.
    const isEvent = how !== 'updated' || before.has('card');
    return {
      ...heldBy(object, customerOf(object), rank, true),
      event: isEvent ? 'payment_method_updated' : null,
      properties: { how, ...described(object), customer_id: customerOf(object) },
    };
  };
}

/** It names its customer no more, only that it had one. */
export const removedPaymentMethod: Mapper = (object, before) => {
  const owner = customerOf(object) ?? customerOf(before);
  return {
    ...heldBy(object, owner, RANK.ended, false),
    event: 'payment_method_removed',
    properties: { ...described(object), customer_id: owner },
  };
};

/** Cards and sources of the older API. */
export function source(how: 'created' | 'updated' | 'deleted' | 'expiring'): Mapper {
  return (object, before) => {
    const rank = {
      created: RANK.made,
      updated: RANK.changed,
      deleted: RANK.ended,
      expiring: RANK.changed,
    };
    const changed = before.has('exp_month') || before.has('exp_year') || before.has('card');
    const events = {
      created: 'payment_method_updated',
      updated: changed ? 'payment_method_updated' : null,
      deleted: 'payment_method_removed',
      expiring: 'card_expiring',
    };
    return {
      ...heldBy(object, customerOf(object), rank[how], how !== 'deleted'),
      event: events[how],
      properties: {
        ...(how === 'created' || how === 'updated' ? { how } : {}),
        ...described(object),
        customer_id: customerOf(object),
      },
    };
  };
}

function heldBy(object: Given, owner: string | null, rank: number, usable: boolean) {
  const state = {
    kind: 'payment_method' as const,
    since: object.seconds('created') ?? 0,
    usable,
    card: cardOf(object),
  };
  return {
    customer: owner,
    metadata: [object.at('metadata')],
    user: null,
    said:
      owner === null
        ? []
        : [{ id: object.needId('id'), rank, state: { ...state, customer: owner } }],
  };
}

/** As the trait `card`; cards of the older API have it on the object itself. */
function cardOf(object: Given): PaymentMethodState['card'] {
  const card = object.text('object') === 'card' ? object : object.part('card');
  if (!card.has('exp_month')) return null;
  return {
    brand: card.text('brand')?.toLowerCase() ?? null,
    last4: card.text('last4'),
    expires_on: lastDayOf(card.whole('exp_year'), card.whole('exp_month')),
  };
}

function described(object: Given) {
  return {
    payment_method_id: object.needId('id'),
    type: object.text('type') ?? object.text('object'),
    ...cardOf(object),
  };
}
