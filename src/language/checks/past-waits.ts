/**
 * A wait for a date that has passed whenever somebody comes to it: whoever is let in seven days before a date waits in vain for
 * the tenth day before it.
 */
import { isDeepStrictEqual } from 'node:util';
import { elapsedMs, isElapsed } from '../../core/duration.js';
import { DAY_MS } from '../../core/instant.js';
import type { CampaignDefinition, DateOffset } from '../definitions.js';
import type { Reading } from '../reading.js';
import { allSteps } from '../steps.js';

export function checkPastWaits(reading: Reading, { enter, steps }: CampaignDefinition): void {
  // Of a date that comes again it is not told here which of its days is meant.
  if (enter.kind !== 'date' || enter.every !== null) return;
  const entered = aroundDate(enter);
  for (const step of allSteps(steps)) {
    if (step.kind !== 'wait_until' || step.until.kind !== 'date') continue;
    if (step.until.from !== 'trait' || !isDeepStrictEqual(step.until.path, enter.path)) continue;
    if (aroundDate(step.until).latest >= entered.earliest) continue;
    reading.warn(
      'RK437',
      reading.placeOf(step),
      'this has always passed: the entry comes later than that',
      'let in earlier, or wait for a later day of the date',
    );
  }
}

/** In ms from the beginning of the date's day, at the least and at the most. */
function aroundDate({ shift, at }: Pick<DateOffset, 'shift' | 'at'>): {
  earliest: number;
  latest: number;
} {
  const time = at ? (at.hour * 60 + at.minute) * 60_000 : 0;
  // Without a time of day it is that of the date itself.
  const end = at ? time : DAY_MS;
  if (!shift) return { earliest: time, latest: end };
  const sign = shift.direction === 'before' ? -1 : 1;
  const [least, most] = lengthsOf(shift).map((length) => sign * length) as [number, number];
  return { earliest: Math.min(least, most) + time, latest: Math.max(least, most) + end };
}

/** A day of the calendar has 23 to 25 hours, a month 28 to 31 days. */
function lengthsOf(shift: NonNullable<DateOffset['shift']>): [least: number, most: number] {
  if (isElapsed(shift)) return [elapsedMs(shift), elapsedMs(shift)];
  const days = { day: [1, 1], week: [7, 7], month: [28, 31], year: [365, 366] }[
    shift.unit as 'day' | 'week' | 'month' | 'year'
  ] as [number, number];
  const hour = DAY_MS / 24;
  return [days[0] * shift.count * DAY_MS - hour, days[1] * shift.count * DAY_MS + hour];
}
