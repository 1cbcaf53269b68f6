/** The shapes of what is judged as of the last daily sampling instant (semantics.md, Sampled kinds). */

interface TimeOfDay {
  hour: number;
  minute: number;
}

/** When samples are taken: every day at a time of the project's zone. Part of what is sampled: another time is another condition. */
export interface Sampling {
  zone: string;
  at: TimeOfDay;
}

/** What rekindle.yaml means without `daily_at:`. */
export const DAILY_AT: TimeOfDay = { hour: 3, minute: 0 };

/**
 * How often it came in the `overMs` before the sample against the `overMs` before those, of which there must be `fromAtLeast`.
 * Undecided until the life has lasted both.
 */
export interface TrendQuantity {
  kind: 'trend';
  way: 'drops_by' | 'rises_by';
  /** In hundredths of a percent of what there was before. */
  share: number;
  overMs: number;
  /** A whole number from 1 on. */
  fromAtLeast: number;
  sampling: Sampling;
  negated: boolean;
}
