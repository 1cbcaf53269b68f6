/**
 * Stage 1, billing: the arithmetic of signed webhooks. In: bytes as they came, secrets, what the sender claims; out:
 * yes or no, in constant time. Pure; the schemes themselves are stripe-signature.ts and webhook-signature.ts.
 */
import { createHash, createHmac, timingSafeEqual } from 'node:crypto';
import type { Instant } from '../../core/instant.js';

/** How far the time of a signature may be from ours, either way (protocols.md, Billing in). */
export const TOLERANCE_MS = 300_000;

/** Why a webhook proves nothing: a word for the counts, a sentence for the operator's log, neither for who asks. */
export interface Unsigned {
  what: 'missing' | 'wrong' | 'stale';
  why: string;
}

/** `signedAt`: when it was signed, null where the scheme does not say. */
export type Verified = { signedAt: Instant | null } | { refused: Unsigned };

/** There is nothing to compare. */
export function missing(why: string): { refused: Unsigned } {
  return { refused: { what: 'missing', why } };
}

/** No secret fits. */
export function wrong(why: string): { refused: Unsigned } {
  return { refused: { what: 'wrong', why } };
}

/** HMAC-SHA256 of the parts one after the other. */
export function hmac(secret: string | Buffer, ...parts: (string | Buffer)[]): Buffer {
  const made = createHmac('sha256', secret);
  for (const part of parts) made.update(part);
  return made.digest();
}

/** Whether one of `given` is one of `expected`: every pair is compared, and each in constant time. */
export function anyMatches(expected: readonly Buffer[], given: readonly Buffer[]): boolean {
  let matches = false;
  for (const one of expected) {
    for (const other of given)
      if (other.length === one.length && timingSafeEqual(one, other)) matches = true;
  }
  return matches;
}

/** A secret of any length as something that can be compared in constant time. */
export function sha256(text: string): Buffer {
  return createHash('sha256').update(text).digest();
}

/** Bytes of a signature written in hex; empty for anything else. */
export function fromHex(text: string): Buffer {
  return /^(?:[0-9a-f]{2})+$/i.test(text) ? Buffer.from(text, 'hex') : Buffer.alloc(0);
}

/** Why a signature of this age is refused; null when it is fresh. */
export function staleness(signedAt: Instant, now: Instant): Unsigned | null {
  const off = now - signedAt;
  if (Math.abs(off) <= TOLERANCE_MS) return null;
  const seconds = Math.round(Math.abs(off) / 1000);
  const why = `it was signed ${seconds} s ${off > 0 ? 'ago' : 'ahead of this clock'}, ${TOLERANCE_MS / 1000} s are allowed: a replay, or a clock that is wrong`;
  return { what: 'stale', why };
}
