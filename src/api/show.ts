/** How values of the database look in answers: instants as ISO 8601 in UTC, what never comes as null. */
import { NEVER, type Instant } from '../core/instant.js';

export function showInstant(at: Instant): string {
  return new Date(at).toISOString();
}

export function showOptionalInstant(at: Instant | null): string | null {
  return at === null || at === NEVER ? null : showInstant(at);
}

/** What a class of an answer holds, without being one: such an object may be spread into a larger answer. */
export type Shown<T> = { [K in keyof T]: T[K] };
