/**
 * Feedback, stage 6: what became of messages, as whoever knows tells it: a provider's webhook, a reader of bounces. In: what
 * is said of which message, in the transaction that stores it. Out: how much of it is new; what cannot be true is named.
 * Repeated and out of order is normal (delivery.md), so the same thing said twice is stored once.
 */
import type { FeedbackKind } from '../core/feedback-kinds.js';
import type { Instant } from '../core/instant.js';
import type { Queryable } from '../core/queryable.js';
import { actOnMessage } from '../delivery/message-actions.js';
import { placeInTime } from '../ingest/place-in-time.js';
import { findTold, storeFeedback, type StoredItem, type ToldMessage } from './feedback.sql.js';

export interface FeedbackItem {
  /** The message by our number, or by its Message-ID without brackets and domain. */
  message: number | string;
  kind: FeedbackKind;
  /** When it was so; null = now. */
  at: Instant | null;
  /** How the source calls it: the same id is the same thing. */
  id: string | null;
  /** What was clicked. */
  url: string | null;
  /** What the other side said. */
  said: string | null;
  /** A program did it that looks at mails: kept and never counted. */
  machine: boolean;
}

/**
 * `unknown_message`: there is none. `not_sent`: it never left, so nothing can have become of it. `out_of_time`: before it was sent, or
 * more than a day ahead of us.
 */
export const FEEDBACK_REFUSALS = ['unknown_message', 'not_sent', 'out_of_time'] as const;

export interface Recorded {
  stored: number;
  /** Known already. */
  repeated: number;
  /** By its place in what was told. */
  refused: { index: number; because: (typeof FEEDBACK_REFUSALS)[number] }[];
}

/** Stores what is said; addresses that do not exist, or whose people complained, get no mail from then on. */
export async function recordFeedback(
  sql: Queryable,
  items: readonly FeedbackItem[],
  { source, now }: { source: string; now: Instant },
): Promise<Recorded> {
  const messages = await findTold(
    sql,
    items.map(({ message }) => message),
  );
  const refused: Recorded['refused'] = [];
  const stored: StoredItem[] = [];
  items.forEach((item, index) => {
    const read = readItem(item, messages[index]!, now);
    if (typeof read === 'string') refused.push({ index, because: read });
    else stored.push(read);
  });
  await settleArrived(sql, messages, stored, { actor: source, now });
  const fresh = await storeFeedback(sql, stored, { source, now });
  return { stored: fresh, repeated: stored.length - fresh, refused };
}

function readItem(
  { kind, at, id, url, said, machine }: FeedbackItem,
  message: ToldMessage | null,
  now: Instant,
): StoredItem | Recorded['refused'][number]['because'] {
  if (message === null) return 'unknown_message';
  if (!LEFT.includes(message.state)) return 'not_sent';
  const placed = placeInTime({ timestamp: at, sentAt: null }, now);
  if (placed === null) return 'out_of_time';
  const occurredAt = Math.max(placed.occurredAt, message.firstAttemptAt);
  if (occurredAt - placed.occurredAt > CLOCKS_DIFFER_MS) return 'out_of_time';
  // Opened and clicked as often as it is; the others are so or not.
  const often = kind === 'opened' || kind === 'clicked';
  const key = often ? (id ?? new Date(occurredAt).toISOString()) : machine ? 'machine' : '';
  return { messageId: message.id, kind, key, at: occurredAt, url, said, machine };
}

/** What a clock that runs behind says of a mail that had just been sent. */
const CLOCKS_DIFFER_MS = 3_600_000;

/** A message that is being handed over may be delivered before we have written down that it left. */
const LEFT = ['transmitting', 'sent', 'ambiguous'];

/** Whatever comes back of a message whose fate was unknown proves that it arrived (delivery.md). In the order of ids, so that two never wait for each other. */
async function settleArrived(
  sql: Queryable,
  messages: readonly (ToldMessage | null)[],
  told: readonly StoredItem[],
  acting: { actor: string; now: Instant },
): Promise<void> {
  const speaking = new Set(told.map(({ messageId }) => messageId));
  const open = messages.flatMap((one) =>
    one?.state === 'ambiguous' && speaking.has(one.id) ? [one.id] : [],
  );
  for (const id of [...new Set(open)].toSorted((a, b) => a - b))
    await actOnMessage(sql, id, 'arrived', acting);
}
