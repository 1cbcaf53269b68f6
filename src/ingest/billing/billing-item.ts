/**
 * Stage 1, billing: what every billing system's webhook becomes. In: what a mapping found; out: an item that passes the same
 * rules as those of clients, or its refusal. Pure; never throws on what a billing system sends.
 */
import type { Instant } from '../../core/instant.js';
import { examineValue, showValue, type Problem } from '../check-value.js';
import type { Item, JsonObject, Refusal } from '../item.js';
import { Unfit } from '../unfit.js';
import type { StripeStatement } from './stripe-objects.js';

/** `what`: the webhook's type, for the counts. */
export type BillingRead = { what: string } & (
  | { kind: 'item'; item: Item; bytes: number }
  /** A type that is not mapped, or of nobody in particular. */
  | { kind: 'ignored' }
  | { kind: 'refused'; refusal: Refusal }
);

/** Whom it is about, as far as that is known: a refusal that names them is found when they are erased. */
export interface Who {
  userId: string | null;
  anonymousId: string | null;
}

const LONGEST_TYPE = 100;

/** Reads with `read`, which fills `who` in and returns null where there is nothing to store. */
export function readSafely(
  { payload, source, type }: { payload: unknown; source: string; type: unknown },
  read: (who: Who) => Item | null,
): BillingRead {
  const who: Who = { userId: null, anonymousId: null };
  const what = typeof type === 'string' ? printable(type.slice(0, LONGEST_TYPE)) : '';
  const refused = ({ code, detail }: Problem): BillingRead => {
    const item = showValue({ ...who, payload });
    return { kind: 'refused', what, refusal: { code, detail, call: what, source, item } };
  };
  try {
    const item = read(who);
    if (item === null) return { kind: 'ignored', what };
    const { problem, bytes } = examineValue(storedOf(item));
    return problem ? refused(problem) : { kind: 'item', what, item, bytes };
  } catch (error) {
    if (error instanceof Unfit) return refused(error.problem);
    throw error;
  }
}

/** Everything of an item that goes into the database. */
function storedOf({ userId, anonymousId, messageId, event, ...rest }: Item): JsonObject {
  const { properties, traits, hints, context, stripe } = rest;
  return { userId, anonymousId, messageId, event, properties, traits, hints, context, stripe };
}

interface Parts extends Who {
  source: string;
  messageId: string;
  at: Instant;
  event: string | null;
  properties: JsonObject;
  traits?: JsonObject;
  hints?: JsonObject;
  context: JsonObject;
  stripe?: readonly StripeStatement[];
}

/** An item of the parts; what no webhook says is empty. */
export function toItem({ at, traits = {}, hints = {}, stripe = [], ...parts }: Parts): Item {
  return {
    ...parts,
    type: parts.event === null ? 'identify' : 'track',
    profileId: null,
    previousId: null,
    traits,
    hints,
    groupId: null,
    accountTraits: {},
    timestamp: at,
    sentAt: null,
    historical: false,
    stripe,
  };
}

function printable(text: string): string {
  // eslint-disable-next-line no-control-regex -- control characters are what is looked for
  return text.replace(/[\u0000-\u001f\u007f]|\p{Surrogate}/gu, '\ufffd');
}
