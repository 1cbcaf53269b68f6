/**
 * Stage 1: what a value may be before it gets near the database (security.md: NUL, depth, size, numbers).
 * In: parsed JSON; out: the first rule it breaks, or null. Pure, never throws, never recurses deeper than
 * `MAX_DEPTH`.
 */
import type { RefusalCode } from './item.js';
import { UNSAFE_NUMBER } from './parse-json.js';

const MAX_DEPTH = 32;
const MAX_KEYS = 500;
/** Characters of keys and text in one item: the 32 KB of a call, for items of a batch too. */
const MAX_TEXT = 32 * 1024;

export interface Problem {
  code: RefusalCode;
  detail: string;
}

/** Text Postgres cannot keep (NUL) or UTF-8 cannot say (half a surrogate pair). */
const UNSTORABLE = /\0|\p{Surrogate}/u;

/** The first rule that `value` breaks, keys included. */
export function checkValue(value: unknown): Problem | null {
  return visit(value, 1, { keys: 0, text: 0 });
}

function visit(
  value: unknown,
  depth: number,
  seen: { keys: number; text: number },
): Problem | null {
  if (typeof value === 'string') return visitText(value, seen);
  if (typeof value !== 'object' || value === null) return null;
  if (depth > MAX_DEPTH) return { code: 'too_deep', detail: `nested deeper than ${MAX_DEPTH}` };
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

function visitText(text: string, seen: { text: number }): Problem | null {
  seen.text += text.length;
  if (seen.text > MAX_TEXT)
    return { code: 'too_large', detail: `more than ${MAX_TEXT} characters` };
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

/** A refused item for people to read: what JSON can show of it, cut to `MAX_TEXT`, with nothing unstorable. */
export function showValue(value: unknown): string {
  const text = JSON.stringify(prune(value, 1)) ?? 'undefined';
  return text.slice(0, MAX_TEXT).replace(/\p{Surrogate}/gu, '\ufffd');
}

function prune(value: unknown, depth: number): unknown {
  if (typeof value === 'string' && value.startsWith(UNSAFE_NUMBER))
    return value.slice(UNSAFE_NUMBER.length);
  if (typeof value !== 'object' || value === null) return value;
  if (depth > MAX_DEPTH) return '...';
  if (Array.isArray(value)) return value.map((inner) => prune(inner, depth + 1));
  return Object.fromEntries(
    Object.entries(value).map(([key, inner]) => [key, prune(inner, depth + 1)]),
  );
}
