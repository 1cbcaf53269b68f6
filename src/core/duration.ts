/**
 * Durations as authors write them: a whole number and a unit. In calendar places (wait, wait_until)
 * days and longer keep the wall time, see `calendar.ts`; everywhere else they are elapsed time and a
 * day is 24 hours (semantics.md, Clock).
 */
import { DAY_MS } from './instant.js';

export const DURATION_UNITS = ['second', 'minute', 'hour', 'day', 'week', 'month', 'year'] as const;
export type DurationUnit = (typeof DURATION_UNITS)[number];

export interface Duration {
  count: number;
  unit: DurationUnit;
}

const UNIT_MS: Record<Exclude<DurationUnit, 'month' | 'year'>, number> = {
  second: 1_000,
  minute: 60_000,
  hour: 3_600_000,
  day: DAY_MS,
  week: 7 * DAY_MS,
};

/** Elapsed milliseconds of a duration; months and years have no fixed length and throw. */
export function elapsedMs(duration: Duration): number {
  if (duration.unit === 'month' || duration.unit === 'year') {
    throw new Error(`a ${duration.unit} has no fixed length; write it in days`);
  }
  return duration.count * UNIT_MS[duration.unit];
}

/** Whether it elapses in calendar places too: seconds, minutes and hours. */
export function isElapsed({ unit }: Duration): boolean {
  return unit === 'second' || unit === 'minute' || unit === 'hour';
}

/** `7 days`, `1 hour`: the form the language reads. */
export function formatDuration({ count, unit }: Duration): string {
  return `${count} ${unit}${count === 1 ? '' : 's'}`;
}

/** Elapsed time in the largest unit that it fills, `90 days` or `36 hours`; units above `largest` are not used. */
export function formatElapsed(ms: number, largest: 'day' | 'hour' = 'day'): string {
  return formatDuration(elapsedAs(ms, largest));
}

/** Elapsed time to the millisecond in all units that are in it, `1 day 2 hours 0.5 seconds`; `say` writes one of them. */
export function formatParts(ms: number, say: (part: Duration) => string = formatDuration): string {
  let left = ms;
  const parts = (['day', 'hour', 'minute'] as const).flatMap((unit): Duration[] => {
    const count = Math.floor(left / UNIT_MS[unit]);
    left -= count * UNIT_MS[unit];
    return count > 0 ? [{ count, unit }] : [];
  });
  if (left > 0 || parts.length === 0) parts.push({ count: left / 1_000, unit: 'second' });
  return parts.map(say).join(' ');
}

export function elapsedAs(ms: number, largest: 'day' | 'hour' = 'day'): Duration {
  const units = (['day', 'hour', 'minute', 'second'] as const).slice(largest === 'day' ? 0 : 1);
  const unit = units.find((one) => ms % UNIT_MS[one] === 0) ?? 'second';
  return { count: ms / UNIT_MS[unit], unit };
}
