/** Days and times of day, as definitions hold them. */
import type { Instant } from '../../core/instant.js';

/** A calendar day without zone, `2026-05-01`. */
export type LocalDate = string;

export interface TimeOfDay {
  hour: number;
  minute: number;
}

/**
 * A day or an instant as an author names it in a comparison. `local` is a wall time in the profile's zone, `days` a local
 * day counted from today (`30 days ago` is -30). A day in `between` is all of it.
 */
export type DateBound =
  | LocalDate
  | { instant: Instant }
  | { local: LocalDate; at: TimeOfDay }
  | { days: number };

/** `profile` (the profile's zone, else the project's), `project`, or an IANA name. */
export type Zone = string;
