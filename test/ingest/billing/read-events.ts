/** Shared by the specs of Stripe's mapping: an event's item, and the traits that follow from some events. */
import { deriveStripeTraits } from '../../../src/ingest/billing/derive-stripe-traits.js';
import { readStripeEvent } from '../../../src/ingest/billing/stripe-event.js';
import { toObjects } from '../../../src/ingest/billing/stripe-objects.js';
import type { Item } from '../../../src/ingest/item.js';
import type { Json } from './payloads.js';

export function itemOf(event: Json, userPath: string[] | null = null): Item {
  const read = readStripeEvent(event, userPath);
  if (read.kind !== 'item') throw new Error(JSON.stringify(read));
  return read.item;
}

/** The traits that follow when this is all there is. */
export function traitsOf(...events: Json[]): Json {
  const objects = toObjects(events.flatMap((event) => itemOf(event).stripe ?? []));
  return Object.assign({}, ...deriveStripeTraits(objects).map(({ traits }) => traits)) as Json;
}
