/** How long a duration can be before it stops making a difference: keeps sums of dates within what Postgres holds. */
import { DAY_MS } from '../core/instant.js';

/** Four thousand years. From any event or trait that is as far as a window looks, in SQL and in code. */
const LONGEST_DAYS = 4_000 * 365;

export function atMostMs(ms: number): number {
  return Math.min(ms, LONGEST_DAYS * DAY_MS);
}

export function atMostDays(days: number): number {
  return Math.min(days, LONGEST_DAYS);
}
