/**
 * What a configuration would change of what is live. In: checked definitions, and kind, name and hash of what is live.
 * Out: the differences by kind and name, and a hash that stands for them. Pure: apply and plan cannot come to two results.
 */
import { createHash } from 'node:crypto';
import { canonicalJson } from '../core/canonical-json.js';
import type { Definition, Definitions } from '../language/definitions.js';
import type { Change } from './revision.entity.js';

/** A definition as it is compared. */
export interface Hashed {
  kind: Definition['kind'];
  name: string;
  /** Of the definition with sorted keys. */
  hash: string;
}

export interface Candidate extends Hashed {
  definition: Definition;
  /** What the author wrote, else the definition as JSON. */
  source: string;
}

/** Every definition with its hash; `sources` by `<kind>/<id>`. */
export function candidatesOf(
  { project, segments, scores = [], campaigns, templates }: Definitions,
  sources: ReadonlyMap<string, string> = new Map(),
): Candidate[] {
  return [project, ...segments, ...scores, ...campaigns, ...templates].map((definition) => {
    const text = canonicalJson(definition);
    const source = sources.get(`${definition.kind}/${definition.id}`) ?? text;
    return {
      kind: definition.kind,
      name: definition.id,
      hash: sha256(text),
      definition,
      source,
    };
  });
}

/** Added, changed and removed definitions, in the order of `keyOf`. */
export function compare(live: readonly Hashed[], candidates: readonly Candidate[]): Change[] {
  const before = new Map(live.map((one) => [keyOf(one), one.hash]));
  const after = new Set(candidates.map(keyOf));
  const changes: Change[] = [];
  for (const candidate of candidates) {
    const { kind, name, hash } = candidate;
    const old = before.get(keyOf(candidate));
    if (old !== hash) changes.push({ kind, name, change: old === undefined ? 'added' : 'changed' });
  }
  for (const one of live)
    if (!after.has(keyOf(one))) changes.push({ kind: one.kind, name: one.name, change: 'removed' });
  return changes.sort((a, b) => (keyOf(a) < keyOf(b) ? -1 : 1));
}

/** Stands for what is live now and for what would be: the same only while both are. */
export function planHash(revision: number | null, candidates: readonly Hashed[]): string {
  const lines = candidates.map((one) => `${keyOf(one)} ${one.hash}`).sort();
  return sha256([`revision ${revision}`, ...lines].join('\n'));
}

export function keyOf({ kind, name }: { kind: string; name: string }): string {
  return `${kind}/${name}`;
}

function sha256(text: string): string {
  return createHash('sha256').update(text).digest('hex');
}
