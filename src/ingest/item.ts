/**
 * Stage 1: one checked call of a client (or an internal fact), ready to be stored, and what became of it.
 * Times are as the client stated them; the store places them (place-in-time.ts).
 */
import type { Instant } from '../core/instant.js';
import type { StripeStatement } from './billing/stripe-objects.js';

export const CALL_TYPES = ['identify', 'track', 'page', 'screen', 'group', 'alias'] as const;
export type CallType = (typeof CALL_TYPES)[number];

export type JsonObject = Record<string, unknown>;

export interface Item {
  type: CallType;
  /** Who: an internal fact names the profile itself, a client one or both ids. */
  profileId: number | null;
  userId: string | null;
  anonymousId: string | null;
  /** alias only: the id that `userId` replaces. */
  previousId: string | null;
  /** Where it came from; together with `messageId` it makes the item the same one. No line feed. */
  source: string;
  /** Of the request that brought it; null or absent: no request did. */
  trace?: string | null;
  messageId: string;
  /** The event's name (track, page, screen), else null: nothing is written to `events`. */
  event: string | null;
  properties: JsonObject;
  /** Traits to set, null = to remove (identify). */
  traits: JsonObject;
  /** Traits that fill a gap and never replace a value: time zone and locale of the context. */
  hints: JsonObject;
  groupId: string | null;
  /** Traits of the account (group). */
  accountTraits: JsonObject;
  context: JsonObject | null;
  /** When it happened and when it was sent, by the client's clock. */
  timestamp: Instant | null;
  sentAt: Instant | null;
  /** Changes state and starts nothing. */
  historical: boolean;
  /** What a webhook of Stripe says of objects; traits follow from all that is known of them (billing/). */
  stripe?: readonly StripeStatement[];
  /** What of it is stored and cannot be used (unusable-traits.ts). */
  remarks?: readonly { code: RefusalCode; detail: string }[];
}

/** A refused item: a stable code, one sentence for whoever sent it, and the item made visible. */
export interface Refusal {
  code: RefusalCode;
  detail: string;
  call: string;
  source: string;
  item: string;
}

const REFUSAL_CODES = [
  'not_an_object',
  'unknown_type',
  'no_id',
  'bad_id',
  'no_event',
  'bad_event',
  'reserved_name',
  'bad_field',
  'bad_time',
  'time_out_of_range',
  'too_deep',
  'too_many_keys',
  'too_large',
  'nul',
  'surrogate',
  'unsafe_number',
  'identity_conflict',
  'traits_full',
  'unstorable',
  // These two are stored all the same (unusable-traits.ts).
  'bad_email',
  'bad_timezone',
] as const;
export type RefusalCode = (typeof REFUSAL_CODES)[number];

/** What became of an item. `duplicate` is a success: it had been stored before. */
export type Outcome =
  | { kind: 'stored' | 'duplicate'; profileId: number | null }
  | { kind: 'refused'; refusal: Refusal };
