/**
 * Webhooks out: what one attempt means for its delivery and for its endpoint. In: what came back, and how often it was
 * tried. Out: delivered, tried again after so long, or given up; and whether the endpoint is gone or wants to be left
 * alone. Pure: the spread of retries comes from the delivery's own number, so the same attempt waits the same time.
 */
import { createHash } from 'node:crypto';
import type { Instant } from '../core/instant.js';

const SECOND = 1_000;
const MINUTE = 60 * SECOND;
const HOUR = 60 * MINUTE;

/** Before each try (Standard Webhooks, "Retries"); after the last one it is given up. */
export const RETRY_DELAYS_MS: readonly number[] = [
  0,
  5 * SECOND,
  5 * MINUTE,
  30 * MINUTE,
  2 * HOUR,
  5 * HOUR,
  10 * HOUR,
  14 * HOUR,
  20 * HOUR,
  24 * HOUR,
];
/** Delays are longer or shorter by up to this part, so that what failed together does not come back together. */
const JITTER = 0.1;
/** Longer than this nobody is left alone for a header. */
export const LONGEST_REST_MS = HOUR;

const GONE = 410;

/** What came of one exchange. */
export interface Exchange {
  /** Of the answer; null where none came. */
  status: number | null;
  /** Why it counts as failed; null: it arrived. */
  error: string | null;
  /** The beginning of what was answered. */
  response: string | null;
  /** The header, as it came. */
  retryAfter: string | null;
  durationMs: number;
}

export interface Verdict {
  state: 'pending' | 'delivered' | 'failed';
  /** Pending: until the next try. */
  waitMs: number | null;
  /** The endpoint said that it is no more. */
  gone: boolean;
  /** How long the endpoint asked to be left alone. */
  restMs: number | null;
}

/** `tries`: this one included, since the delivery was made or put back. `seed`: names this attempt among all. */
export function decideAttempt(
  { status, error, retryAfter }: Pick<Exchange, 'status' | 'error' | 'retryAfter'>,
  { tries, seed, now }: { tries: number; seed: string; now: Instant },
): Verdict {
  if (error === null) return { state: 'delivered', waitMs: null, gone: false, restMs: null };
  const restMs = readRetryAfter(retryAfter, now);
  const delay = RETRY_DELAYS_MS[tries];
  if (status === GONE || delay === undefined)
    return { state: 'failed', waitMs: null, gone: status === GONE, restMs };
  const waitMs = Math.max(Math.round(delay * (1 + JITTER * spread(seed))), restMs ?? 0);
  return { state: 'pending', waitMs, gone: false, restMs };
}

/** Seconds or an HTTP date (RFC 9110, 10.2.3); null for anything else, and for what has passed. */
function readRetryAfter(text: string | null, now: Instant): number | null {
  if (text === null) return null;
  const ms = /^\d{1,9}$/.test(text.trim()) ? Number(text) * SECOND : Date.parse(text) - now;
  return ms > 0 ? Math.min(ms, LONGEST_REST_MS) : null;
}

/** -1 to 1, evenly, and always the same for the same seed. */
function spread(seed: string): number {
  const word = createHash('sha256').update(seed).digest().readUInt32BE(0);
  return (word / 0xffff_ffff) * 2 - 1;
}
