/** How long steps take at least, in elapsed ms: what is said of time before anybody has entered. Pure. */
import { DAY_MS } from '../core/instant.js';
import { elapsedMs, isElapsed, type Duration } from '../core/duration.js';
import type { Step } from './definitions.js';

/** Of one step; what may be skipped or met at once takes none. */
export function leastTime(step: Step): number {
  if (step.if !== null) return 0;
  // With a time of day the last day is as short as one likes.
  if (step.kind === 'wait') return Math.max(0, leastOf(step.duration) - (step.at ? DAY_MS : 0));
  if (step.kind === 'repeat')
    return Math.max(0, step.times * leastOf(step.every) - (step.at ? DAY_MS : 0));
  const choosesForAll =
    step.kind === 'split' || (step.kind === 'branch' && step.arms.some((arm) => arm.if === null));
  return choosesForAll ? leastOfLists(step.arms) : 0;
}

/** A day of the calendar has 23 hours at least, a month 28 days. */
function leastOf(duration: Duration): number {
  const { count, unit } = duration;
  if (isElapsed(duration)) return elapsedMs(duration);
  const days = { day: 1, week: 7, month: 28, year: 365 }[unit as 'day' | 'week' | 'month' | 'year'];
  return Math.max(0, count * days * DAY_MS - DAY_MS / 24);
}

function leastOfLists(arms: readonly { then: Step[] }[]): number {
  return Math.min(...arms.map(({ then }) => then.reduce((sum, one) => sum + leastTime(one), 0)));
}
