/** How values of the database look in answers: instants as ISO 8601 in UTC, what never comes as null. */
import { NEVER, type Instant } from '../core/instant.js';

export function showInstant(at: Instant): string {
  return new Date(at).toISOString();
}

export function showOptionalInstant(at: Instant | null): string | null {
  return at === null || at === NEVER ? null : showInstant(at);
}
