/**
 * Stage 1, billing: what one kind of Stripe event becomes. In: the object of the event and what it was before; out: who,
 * which event of ours, and what it says of objects. Shared by the readers per object (map-*.ts). Pure.
 */
import type { JsonObject } from '../item.js';
import { iso, type Given } from './given.js';
import { toMajor } from './money.js';
import type { StripeStatement } from './stripe-objects.js';

/** What an event says of an object, without what is the event's own. */
export type Said = Omit<StripeStatement, 'at' | 'eventId'>;

export interface Mapped {
  /** Null: of nobody in particular, a guest's payment for example. */
  customer: string | null;
  /** Objects whose metadata may name the application's user, the first one first. */
  metadata: unknown[];
  /** The application's user where Stripe has a field for it. */
  user: string | null;
  /** Null: it changes traits and is no event. */
  event: string | null;
  /** Null ones are left out. */
  properties: JsonObject;
  /** Of all that happened in this second it was the last: what it settles had happened before. */
  settles?: boolean;
  said: Said[];
}

/** `before`: the values that `data.previous_attributes` has, on `updated` events. */
export type Mapper = (object: Given, before: Given) => Mapped;

/** Within one second the later of these is the newer state (StripeStatement.rank). */
export const RANK = { made: 0, changed: 1, status: 2, ended: 3 } as const;

/** Whose object it is. Customers of the newer accounts API are called `customer_account`. */
export function customerOf(object: Given): string | null {
  return object.id('customer') ?? object.id('customer_account');
}

/** An amount in the smallest unit as three properties. */
export function money(object: Given, path: string, currencyPath = 'currency'): JsonObject {
  const minor = object.whole(path);
  const currency = object.currency(currencyPath);
  if (minor === null) return { amount: null, amount_minor: null, currency };
  if (currency === null) return object.refuse(currencyPath, 'is missing');
  return { amount: toMajor(minor, currency, 'stripe'), amount_minor: minor, currency };
}

/** A sum in the main unit, to the decimals of its currency. */
export function rounded(minor: number | null, currency: string | null): number | null {
  return minor === null || currency === null ? null : toMajor(minor, currency, 'stripe');
}

/** A time of Stripe's as a property. */
export function when(object: Given, path: string): string | null {
  return iso(object.seconds(path));
}

/** An address or a language of a customer; what is not there says nothing. */
export function contact(
  customer: string | null,
  field: 'email' | 'locale',
  value: string | null,
  rank: number = RANK.made,
): Said[] {
  if (customer === null || value === null) return [];
  return [{ id: `${customer}:${field}`, rank, state: { kind: 'contact', field, value } }];
}
