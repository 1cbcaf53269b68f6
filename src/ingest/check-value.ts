/**
 * Stage 1: what a value may be before it gets near the database (security.md: NUL, depth, size, numbers).
 * In: parsed JSON; out: the first rule it breaks, or null, and its size. Pure, never throws, never recurses deeper than
 * `MAX_DEPTH`.
 */
import type { RefusalCode } from './item.js';
import { UNSAFE_NUMBER } from './parse-json.js';

const MAX_DEPTH = 32;
const MAX_KEYS = 500;
/** The 32 KB of a call, for an item of a batch together with what the batch says for all. */
const MAX_BYTES = 32 * 1024;

export interface Problem {
  code: RefusalCode;
  detail: string;
}

/** Text Postgres cannot keep (NUL) or UTF-8 cannot say (half a surrogate pair). */
const UNSTORABLE = /\0|\p{Surrogate}/u;

/** What was looked at, and how large it is as JSON: bytes without escapes. */
export interface Examined {
  problem: Problem | null;
  bytes: number;
}

interface Seen {
  keys: number;
  bytes: number;
}

/** The first rule that `value` breaks, keys included. */
export function checkValue(value: unknown): Problem | null {
  return examineValue(value).problem;
}

/** As `checkValue`, with the size; `shared` bytes come on top. Looks no further than the first problem. */
export function examineValue(value: unknown, shared = 0): Examined {
  const seen = { keys: 0, bytes: shared };
  return { problem: visit(value, 1, seen), bytes: seen.bytes };
}

function visit(value: unknown, depth: number, seen: Seen): Problem | null {
  if (typeof value === 'string') return visitText(value, seen);
  if (typeof value === 'number') return grow(seen, String(value).length + 1);
  // true, false, null and what a field that is not there holds.
  if (typeof value !== 'object' || value === null) return grow(seen, 5);
  if (depth > MAX_DEPTH) return { code: 'too_deep', detail: `nested deeper than ${MAX_DEPTH}` };
  const large = grow(seen, 3);
  if (large) return large;
  if (Array.isArray(value)) {
    for (const inner of value) {
      const problem = visit(inner, depth + 1, seen);
      if (problem) return problem;
    }
    return null;
  }
  for (const key of Object.keys(value)) {
    if (++seen.keys > MAX_KEYS)
      return { code: 'too_many_keys', detail: `more than ${MAX_KEYS} keys` };
    const problem =
      visitText(key, seen) ?? visit((value as Record<string, unknown>)[key], depth + 1, seen);
    if (problem) return problem;
  }
  return null;
}

/** Counts `bytes`; the problem once there are too many. */
function grow(seen: Seen, bytes: number): Problem | null {
  seen.bytes += bytes;
  return seen.bytes > MAX_BYTES
    ? { code: 'too_large', detail: `more than ${MAX_BYTES} bytes with what its batch shares` }
    : null;
}

/** Quotes and a comma or colon count too. */
function visitText(text: string, seen: Seen): Problem | null {
  const large = grow(seen, Buffer.byteLength(text) + 3);
  if (large) return large;
  const bad = UNSTORABLE.exec(text);
  if (!bad) return null;
  if (text.startsWith(UNSAFE_NUMBER)) {
    const number = text.slice(UNSAFE_NUMBER.length);
    return { code: 'unsafe_number', detail: `${number} cannot be kept exactly; send it as text` };
  }
  return bad[0] === '\0'
    ? { code: 'nul', detail: 'text with a NUL character' }
    : { code: 'surrogate', detail: 'text with half a surrogate pair' };
}

/**
 * A refused item for people to read: what JSON can show of it, cut to 32 KB, with nothing unstorable and
 * without the key it came with. However large the value, no more of it than that is looked at.
 */
export function showValue(value: unknown): string {
  const text = JSON.stringify(prune(value, 1, { left: MAX_BYTES })) ?? 'undefined';
  return text.slice(0, MAX_BYTES).replace(/\p{Surrogate}/gu, '\ufffd');
}

function prune(value: unknown, depth: number, room: { left: number }): unknown {
  room.left -= 1;
  if (typeof value === 'string') {
    const text = value.startsWith(UNSAFE_NUMBER) ? value.slice(UNSAFE_NUMBER.length) : value;
    const shown = text.slice(0, Math.max(0, room.left));
    room.left -= shown.length;
    return shown;
  }
  if (typeof value !== 'object' || value === null) return value;
  if (depth > MAX_DEPTH) return '...';
  if (Array.isArray(value)) {
    const shown: unknown[] = [];
    for (const inner of value) {
      if (room.left <= 0) break;
      shown.push(prune(inner, depth + 1, room));
    }
    return shown;
  }
  const shown: [string, unknown][] = [];
  for (const key of Object.keys(value)) {
    if (room.left <= 0) break;
    if (depth === 1 && key === 'writeKey') continue;
    room.left -= key.length;
    shown.push([key, prune((value as Record<string, unknown>)[key], depth + 1, room)]);
  }
  return Object.fromEntries(shown);
}
