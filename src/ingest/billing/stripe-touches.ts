/**
 * Stage 1, billing: what a profile learns of its objects at Stripe, as effects on its traits. In: the objects before and
 * after; out: statements in the terms of trait-statements.ts, each at its own instant. Pure.
 */
import { isDeepStrictEqual } from 'node:util';
import type { Instant } from '../../core/instant.js';
import type { JsonObject } from '../item.js';
import type { KnownTraits } from '../trait-statements.js';
import { deriveContact, deriveStripeTraits } from './derive-stripe-traits.js';
import type { StripeStatement } from './stripe-objects.js';

type Objects = ReadonlyMap<string, StripeStatement>;

/** Far above what one customer has; below what would make every webhook slow. */
export const MOST_OBJECTS = 1_000;
export const TOO_MANY_OBJECTS = `it would have more than ${MOST_OBJECTS} subscriptions and payment methods`;

export interface StripeEffect {
  traits: JsonObject;
  hints: JsonObject;
  /** What hints may replace, because it was one of these that filled it in. */
  over: JsonObject;
  at: Instant | null;
}

/**
 * What follows from having learnt: traits that are stated, and an address and a language for who has none. `befores`: what
 * was known, of each profile where several became one.
 */
export function effectsOf(
  befores: readonly Objects[],
  after: Objects,
  { traitTimes }: KnownTraits,
): StripeEffect[] {
  const known = befores.length === 1 ? deriveStripeTraits(befores[0]!) : [];
  const stated = deriveStripeTraits(after)
    .filter((one) => !known.some((other) => isDeepStrictEqual(one, other)))
    .map(({ at, traits }): StripeEffect => ({ at, traits, hints: {}, over: {} }));
  // Whoever stated them, if only to remove them, knows better.
  const hints = Object.entries(deriveContact(after)).filter(
    ([trait]) => !Object.hasOwn(traitTimes, trait),
  );
  if (hints.length === 0) return stated;
  return [
    ...stated,
    ...befores.map((before) => ({
      at: null,
      traits: {},
      hints: Object.fromEntries(hints),
      over: deriveContact(before),
    })),
  ];
}
