/**
 * Stage 1: when a profile's life began, as its own trait tells it (semantics.md, "profile start": the earliest
 * of this and the first event). Pure.
 */
import type { Instant } from '../core/instant.js';
import type { Path } from '../language/definitions.js';
import { parseTime } from './parse-time.js';

/** The instant that the trait at `path` names; null when it is missing, no time, or after `now`. */
export function profileStart(traits: Record<string, unknown>, path: Path, now: Instant): Instant | null {
  let value: unknown = traits;
  for (const key of path) {
    if (typeof value !== 'object' || value === null || !Object.hasOwn(value, key)) return null;
    value = (value as Record<string, unknown>)[key];
  }
  const at = typeof value === 'string' ? parseTime(value) : null;
  return at !== null && at <= now ? at : null;
}
