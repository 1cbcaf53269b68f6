/** Stage 1, billing: Stripe's invoices, charges and checkouts. In: the object; out: the event that dunning campaigns read. Pure. */
import type { Given } from './given.js';
import { contact, customerOf, money, when, type Mapped, type Mapper } from './stripe-mapping.js';

/** A payment that fails and the next one that goes through may share a second, and goals count what comes after. */
const SETTLING = new Set(['invoice_paid', 'invoice_voided', 'invoice_marked_uncollectible']);

/** An event about an invoice; the amount stands at the first of `amounts` that is there. */
export function invoice(event: string, ...amounts: string[]): Mapper {
  return (object) => {
    const customer = customerOf(object);
    // An upcoming invoice is a preview and has no id yet.
    const invoiceId = event === 'invoice_upcoming' ? object.id('id') : object.needId('id');
    const amount = amounts.find((path) => object.has(path)) ?? amounts[0]!;
    return {
      customer,
      metadata: [
        object.at('metadata'),
        object.at('parent.subscription_details.metadata'),
        object.at('subscription_details.metadata'),
      ],
      user: null,
      event,
      settles: SETTLING.has(event),
      properties: {
        invoice_id: invoiceId,
        invoice_number: object.text('number'),
        ...money(object, amount),
        attempt_count: object.whole('attempt_count'),
        next_payment_attempt: when(object, 'next_payment_attempt'),
        due_at: when(object, 'due_date'),
        hosted_invoice_url: object.text('hosted_invoice_url'),
        billing_reason: object.text('billing_reason'),
        subscription_id: subscriptionOf(object),
        decline_code: declineCode(object),
        customer_id: customer,
      },
      said: contact(customer, 'email', object.text('customer_email')),
    };
  };
}

/** Since API version 2025-03-31 below `parent`. */
function subscriptionOf(object: Given): string | null {
  return object.id('parent.subscription_details.subscription') ?? object.id('subscription') ?? null;
}

/** Only where Stripe sent the payment along instead of its id. */
function declineCode(object: Given): string | null {
  const intents = ['payment_intent', 'payments.data.0.payment.payment_intent'];
  for (const intent of intents) {
    const error = object.part(`${intent}.last_payment_error`);
    const code = error.text('decline_code') ?? error.text('code');
    if (code !== null) return code;
  }
  return object.text('charge.failure_code');
}

export const refundedCharge: Mapper = (object) => {
  const customer = customerOf(object);
  return {
    customer,
    metadata: [object.at('metadata')],
    user: null,
    event: 'charge_refunded',
    properties: {
      charge_id: object.needId('id'),
      ...money(object, 'amount_refunded'),
      charged: money(object, 'amount').amount,
      refunded: object.flag('refunded'),
      invoice_id: object.id('invoice'),
      customer_id: customer,
    },
    said: [],
  };
};

/** The one object that names the application's user in a field of its own. */
export const completedCheckout: Mapper = (object) => {
  const customer = customerOf(object);
  return {
    customer,
    metadata: [object.at('metadata')],
    user: object.text('client_reference_id'),
    event: 'checkout_completed',
    properties: {
      checkout_id: object.needId('id'),
      mode: object.text('mode'),
      ...money(object, 'amount_total'),
      subscription_id: object.id('subscription'),
      invoice_id: object.id('invoice'),
      customer_id: customer,
    },
    said: contact(
      customer,
      'email',
      object.text('customer_details.email') ?? object.text('customer_email'),
    ),
  } satisfies Mapped;
};
