/**
 * The subject key of a map: the one that says what it is (`event:`, `wait:`). Kind first, then keys: so one
 * typo is one diagnostic. A misspelt subject, or another tool's word for one, is reported and reading goes
 * on as if it were right, so that everything else in the map is said at once.
 */
import type { Code } from './codes.js';
import { ourWordFor } from './foreign-words.js';
import { sayInEnglish } from './keys-in-english.js';
import type { Reading } from './reading.js';
import type { MapNode } from './syntax/nodes.js';
import { nearest, orList } from './words.js';

export interface SubjectRules {
  /** `a condition`, `a step`. */
  what: string;
  subjects: readonly string[];
  /** Keys that are never a misspelt subject. */
  options?: readonly string[];
  /** When there is none. */
  code: Code;
}

export interface Subject {
  word: string;
  /** The map, with a misspelt subject spelt right. */
  map: MapNode;
}

/** Undefined (reported) when no key can be meant. More than one subject is for the caller to have refused. */
export function findSubject(
  reading: Reading,
  map: MapNode,
  rules: SubjectRules,
): Subject | undefined {
  const { what, subjects, options = [], code } = rules;
  const known = orList(subjects);
  const found = map.entries.find(({ key }) => subjects.includes(key.text));
  if (found) return { word: found.key.text, map };
  const first = map.entries[0];
  if (!first) {
    return map.incomplete
      ? undefined
      : reading.error('RK004', map, `${what} is empty`, `${what} starts with ${known}`);
  }
  for (const { key } of map.entries) {
    if (options.includes(key.text)) continue;
    const ours = ourWordFor(key.text, subjects);
    const meant = ours ?? nearest(key.text, subjects);
    if (meant === null) continue;
    if (ours)
      reading.error(
        'RK104',
        key,
        `\`${key.text}\` is another tool's word`,
        `here it is called ${ours}`,
      );
    else reading.error(code, key, `\`${key.text}\` is not ${what}`, `did you mean ${meant}?`);
    const entries = map.entries.map((entry) =>
      entry.key === key ? { ...entry, key: { ...key, text: meant } } : entry,
    );
    return { word: meant, map: { ...map, entries } };
  }
  if (map.incomplete) return undefined;
  return reading.error(
    code,
    first.key,
    `\`${first.key.text}\` is not ${what}`,
    sayInEnglish(first.key.text, subjects) ?? `${what} starts with ${known}`,
  );
}
