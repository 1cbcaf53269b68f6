/**
 * Which day it is for a profile. In: an instant and a zone; out: the local day and the instant at which
 * the next one begins. A day lasts from its first midnight to the next day's, so the day never goes
 * back, also where a clock is set back across midnight (St. John's, until 2011).
 */
import { localDate, startOfLocalDay, toInstant } from '../core/calendar.js';
import { NEVER, type Instant } from '../core/instant.js';
import type { LocalDate, TimeOfDay } from '../language/scalars/time-shapes.js';

export interface LocalDay {
  date: LocalDate;
  nextMidnight: Instant;
}

/** One day per zone: evaluations come in runs of nearby instants. */
const latest = new Map<string, LocalDay & { midnight: Instant }>();

/** The local day at an instant. */
export function localDay(at: Instant, zone: string): LocalDay {
  const known = latest.get(zone);
  if (known && known.midnight <= at && at < known.nextMidnight) return known;
  const midnights = [0, 1, 2].map((days) => startOfLocalDay(at, zone, days));
  const index = midnights[1]! <= at ? 1 : 0;
  const midnight = midnights[index]!;
  const nextMidnight = midnights[index + 1]!;
  const day = {
    date: index === 0 ? localDate(at, zone) : shift(localDate(at, zone), 1),
    midnight,
    nextMidnight,
  };
  latest.set(zone, day);
  return day;
}

/** The instant at which a local day (moved by `days`) begins in a zone; after the year 9999 never. */
export function midnightOf(date: LocalDate, zone: string, days = 0): Instant {
  const moved = shift(date, days);
  return moved.startsWith('+') ? NEVER : momentOf(moved, { hour: 0, minute: 0 }, zone);
}

/** The instant of a wall time in a zone. */
export function momentOf(date: LocalDate, at: TimeOfDay, zone: string): Instant {
  const [year, month, day] = date.split('-').map(Number);
  return toInstant(
    { year: year!, month: month!, day: day!, ...at, second: 0, millisecond: 0 },
    zone,
  );
}

function shift(date: LocalDate, days: number): LocalDate {
  return new Date(Date.parse(`${date}T00:00:00Z`) + days * 86_400_000).toISOString().slice(0, 10);
}
