/** An instant as commands print it, ISO 8601 in UTC; null stays null. */
import type { Instant } from '../../core/instant.js';

export function isoTime(at: Instant | null): string | null {
  return at === null ? null : new Date(at).toISOString();
}
