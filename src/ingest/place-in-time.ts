/**
 * Stage 1: when did it happen? The client's clock may be wrong, so what counts is how long before sending
 * it happened: corrected = receivedAt - (sentAt - timestamp) (protocols.md), and never after the receipt.
 */
import type { Instant } from '../core/instant.js';
import { DAY_MS } from '../core/instant.js';

/** Events before the year 2000 come in by import, not here. */
const EARLIEST: Instant = Date.UTC(2000, 0, 1);
/** How far a stated time may lie ahead of ours. */
const LATEST_AHEAD_MS = DAY_MS;

export interface Placed {
  occurredAt: Instant;
  /** What the client said, where that differs. */
  statedAt: Instant | null;
}

/** The place of a stated time on our time line; null = outside 2000 .. receivedAt + 24 h once corrected. */
export function placeInTime(
  { timestamp, sentAt }: { timestamp: Instant | null; sentAt: Instant | null },
  receivedAt: Instant,
): Placed | null {
  if (timestamp === null) return { occurredAt: receivedAt, statedAt: null };
  const corrected = sentAt === null ? timestamp : receivedAt - (sentAt - timestamp);
  if (corrected < EARLIEST || corrected > receivedAt + LATEST_AHEAD_MS) return null;
  const occurredAt = Math.min(corrected, receivedAt);
  return { occurredAt, statedAt: timestamp === occurredAt ? null : timestamp };
}
