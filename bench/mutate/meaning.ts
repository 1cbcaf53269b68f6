/**
 * What a configuration means, as a hash: of its checked definitions and tests, whatever order their keys were built in and
 * on whatever lines they stand. Written apart from `compare-definitions.ts`, whose report it is held against.
 */
import { createHash } from 'node:crypto';

export function meaningOf(checked: unknown): string {
  const hash = createHash('sha256');
  const add = (value: unknown): void => {
    if (value === null || typeof value !== 'object') {
      hash.update(`${typeof value} ${String(value)}\n`);
    } else if (Array.isArray(value)) {
      hash.update(`list ${value.length}\n`);
      value.forEach(add);
    } else {
      const entries = Object.entries(value).filter(
        ([key, inner]) => !(key === 'line' && typeof inner === 'number'),
      );
      hash.update(`map ${entries.length}\n`);
      for (const [key, inner] of entries.sort(([a], [b]) => (a < b ? -1 : 1))) {
        hash.update(`${JSON.stringify(key)}\n`);
        add(inner);
      }
    }
  };
  add(value(checked));
  return hash.digest('hex');
}

/** Through JSON: what is stored. */
function value(checked: unknown): unknown {
  return JSON.parse(JSON.stringify(checked));
}
