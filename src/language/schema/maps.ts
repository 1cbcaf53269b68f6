/** Maps of the schemas: their keys, asked of the readers, each with what it says and holds (key-words.ts). Pure. */
import type { JsonSchema } from './json-schema.js';
import { KEY_WORDS } from './key-words.js';
import { recordRules, type SchemaKind } from './record-rules.js';

/** The keys of a map of this name. */
export function keysOf(kind: SchemaKind, text: string, what: string): string[] {
  return allKeys(recordRules(kind, text).filter((rules) => rules.what === what));
}

export function allKeys(rules: readonly { keys: readonly string[] }[]): string[] {
  return [...new Set(rules.flatMap(({ keys }) => keys))];
}

/** A map with these keys and no others. */
export function mapOf(
  place: string,
  keys: readonly string[],
  required: readonly string[],
): JsonSchema {
  // The readers did not come to such a map: anything may stand there.
  if (keys.length === 0) return {};
  return {
    type: 'object',
    properties: Object.fromEntries(keys.map((key) => [key, valueOf(place, key)])),
    additionalProperties: false,
    ...(required.length > 0 ? { required } : {}),
  };
}

/** What stands at a key of a map of this kind. */
export function valueOf(place: string, key: string): JsonSchema {
  const [description, value = {}] = KEY_WORDS[`${place}.${key}`] ?? KEY_WORDS[key] ?? [];
  // A reference stands alone in this draft: what is beside it is not read.
  const body = '$ref' in value ? { allOf: [value] } : value;
  return description === undefined ? body : { description, ...body };
}
