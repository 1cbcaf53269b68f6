/**
 * Delivery (stage 5): JSON that Postgres takes. `jsonb` refuses U+0000 and lone surrogates, and one such
 * value would fail a whole batch. Pure.
 */
import { printable } from './smtp-reply.js';

const REFUSED = /\\u(0000|d[89ab][0-9a-f]{2}|d[c-f][0-9a-f]{2})/i;

/** Like `JSON.stringify`, with what `jsonb` refuses taken out of texts and keys. */
export function storableJson(value: unknown): string {
  const json = JSON.stringify(value);
  // JSON.stringify escapes exactly these; a false alarm (an escaped backslash before "u0000") costs time only.
  return REFUSED.test(json) ? JSON.stringify(cleaned(JSON.parse(json))) : json;
}

function cleaned(value: unknown): unknown {
  if (typeof value === 'string') return printable(value);
  if (Array.isArray(value)) return value.map(cleaned);
  if (value === null || typeof value !== 'object') return value;
  return Object.fromEntries(
    Object.entries(value).map(([key, item]) => [printable(key), cleaned(item)]),
  );
}
