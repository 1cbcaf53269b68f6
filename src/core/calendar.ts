/**
 * Where local time becomes an instant: the only place in the engine (design.md 2). Wall times in a gap
 * become the first valid instant after it, ambiguous ones the first of the two (semantics.md, Clock).
 * Zone data is the runtime's (ICU through luxon), never the database's.
 */
import { DateTime, IANAZone } from 'luxon';
import type { Duration } from './duration.js';
import { elapsedMs, isElapsed } from './duration.js';
import type { Instant } from './instant.js';

/** A wall-clock date and time without zone. `month` 1-12. */
export interface LocalDateTime {
  year: number;
  month: number;
  day: number;
  hour: number;
  minute: number;
  second: number;
  millisecond: number;
}

const zones = new Map<string, IANAZone>();

function zoneOf(name: string): IANAZone {
  let zone = zones.get(name);
  if (!zone) {
    zone = IANAZone.create(name);
    if (!zone.isValid) throw new Error(`unknown time zone ${name}`);
    zones.set(name, zone);
  }
  return zone;
}

/** More names than there are zones: letter case counts, and names come from outside. */
const MOST_NAMES = 2_000;
const known = new Map<string, boolean>();

/** Whether `name` is an IANA zone this runtime knows (`Area/City` or `UTC`; offsets and abbreviations are refused). */
export function isZone(name: string): boolean {
  // Asking the runtime takes tens of microseconds, and the engine asks for every event.
  let answer = known.get(name);
  if (answer === undefined) {
    answer =
      (name === 'UTC' || /^[A-Za-z]+(?:[_+-][A-Za-z0-9]+)*\/[A-Za-z0-9_+/-]+$/.test(name)) &&
      IANAZone.isValidZone(name);
    if (known.size >= MOST_NAMES) known.clear();
    if (name.length <= 64) known.set(name, answer);
  }
  return answer;
}

/** The wall time of an instant in a zone. */
export function toLocal(at: Instant, zone: string): LocalDateTime {
  const { year, month, day, hour, minute, second, millisecond } = DateTime.fromMillis(at, {
    zone: zoneOf(zone),
  });
  return { year, month, day, hour, minute, second, millisecond };
}

/** The instant of a wall time in a zone; gap: first valid instant after it, overlap: the first one. */
export function toInstant(local: LocalDateTime, zone: string): Instant {
  const asIfUtc = Date.UTC(
    local.year,
    local.month - 1,
    local.day,
    local.hour,
    local.minute,
    local.second,
    local.millisecond,
  );
  if (zone === 'UTC') return asIfUtc;
  const z = zoneOf(zone);
  // The zone's offset changes at most once within the day around it: only the offsets in force a day
  // before and a day after can apply. Trying the earlier side first yields the first of two overlaps.
  const before = asIfUtc - z.offset(asIfUtc - 86_400_000) * 60_000;
  const after = asIfUtc - z.offset(asIfUtc + 86_400_000) * 60_000;
  const fits = [before, after].filter((t) => t + z.offset(t) * 60_000 === asIfUtc);
  if (fits.length > 0) return Math.min(...fits);
  return gapEnd(Math.min(before, after), Math.max(before, after), z);
}

/** The instant of the offset change between two instants on either side of it, found by bisection. */
function gapEnd(low: Instant, high: Instant, zone: IANAZone): Instant {
  const offset = zone.offset(low);
  let [inside, outside] = [low, high];
  while (outside - inside > 1) {
    const middle = Math.floor((inside + outside) / 2);
    if (zone.offset(middle) === offset) inside = middle;
    else outside = middle;
  }
  return outside;
}

/** Midnight (or the first instant) of the local day of `at`, moved by `days`. */
export function startOfLocalDay(at: Instant, zone: string, days = 0): Instant {
  return midnight(shiftDays(toLocal(at, zone), days), zone);
}

/** The local day, week (from Monday) or month that an instant lies in: its first instant, and the next one's. */
export function periodOf(
  at: Instant,
  unit: 'day' | 'week' | 'month',
  zone: string,
): { start: Instant; end: Instant } {
  const today = toLocal(at, zone);
  const first =
    unit === 'day'
      ? today
      : unit === 'week'
        ? shiftDays(today, 1 - weekday(today))
        : { ...today, day: 1 };
  const next = unit === 'month' ? shiftMonths(first, 1) : shiftDays(first, unit === 'day' ? 1 : 7);
  return { start: midnight(first, zone), end: midnight(next, zone) };
}

function midnight(date: { year: number; month: number; day: number }, zone: string): Instant {
  const { year, month, day } = date;
  return toInstant({ year, month, day, hour: 0, minute: 0, second: 0, millisecond: 0 }, zone);
}

/**
 * The first instant from `at` on, `at` itself included, that lies in a weekly window: [from, until) in local time, on the days
 * on which it opens. One that ends before it begins, or at null, ends on the day after. A window that lies in a gap of
 * the clocks does not open that day.
 */
export function nextOpening(
  at: Instant,
  { days, from, until }: { days: readonly number[]; from: WallTime; until: WallTime | null },
  zone: string,
): Instant {
  const today = toLocal(at, zone);
  const ends = until ?? { hour: 0, minute: 0 };
  const overnight = ends.hour * 60 + ends.minute <= from.hour * 60 + from.minute;
  // From yesterday, whose window may last until now, to beyond a week of which the day fell out.
  for (let ahead = -1; ahead <= 21; ahead++) {
    const day = shiftDays(today, ahead);
    if (!days.includes(weekday(day))) continue;
    const opens = toInstant({ ...day, ...from, second: 0, millisecond: 0 }, zone);
    const last = overnight ? shiftDays(day, 1) : day;
    const closes = toInstant({ ...last, ...ends, second: 0, millisecond: 0 }, zone);
    if (closes > at && closes > opens) return Math.max(opens, at);
  }
  throw new Error('a window that never opens');
}

interface WallTime {
  hour: number;
  minute: number;
}

/** The local date of an instant as `YYYY-MM-DD`. */
export function localDate(at: Instant, zone: string): string {
  const { year, month, day } = toLocal(at, zone);
  return `${String(year).padStart(4, '0')}-${String(month).padStart(2, '0')}-${String(day).padStart(2, '0')}`;
}

/** The wall time of an instant to the minute, as `YYYY-MM-DD HH:MM`. */
export function localMinute(at: Instant, zone: string): string {
  const { hour, minute } = toLocal(at, zone);
  const time = [hour, minute].map((part) => String(part).padStart(2, '0')).join(':');
  return `${localDate(at, zone)} ${time}`;
}

/** ISO weekday of a local date, 1 = Monday .. 7 = Sunday. */
export function weekday(date: { year: number; month: number; day: number }): number {
  return new Date(Date.UTC(date.year, date.month - 1, date.day)).getUTCDay() || 7;
}

/** A local date moved by whole days. */
export function shiftDays(
  date: { year: number; month: number; day: number },
  days: number,
): { year: number; month: number; day: number } {
  const moved = new Date(Date.UTC(date.year, date.month - 1, date.day + days));
  return { year: moved.getUTCFullYear(), month: moved.getUTCMonth() + 1, day: moved.getUTCDate() };
}

/** A local date moved by whole months, clamped to the last day of the month (31 Jan + 1 = 28 Feb). */
export function shiftMonths(
  date: { year: number; month: number; day: number },
  months: number,
): { year: number; month: number; day: number } {
  const index = date.year * 12 + (date.month - 1) + months;
  const year = Math.floor(index / 12);
  const month = (index % 12) + 1;
  const last = new Date(Date.UTC(year, month, 0)).getUTCDate();
  return { year, month, day: Math.min(date.day, last) };
}

/**
 * `at` plus a calendar duration: seconds to hours elapse; days and longer keep the wall time, or take
 * `timeOfDay` where one is given (`wait: 3 days, at: 10:00` = local date + 3, 10:00).
 */
export function addCalendar(
  at: Instant,
  duration: Duration,
  zone: string,
  timeOfDay: { hour: number; minute: number } | null = null,
): Instant {
  const { count, unit } = duration;
  if (isElapsed(duration)) {
    const elapsed = at + elapsedMs(duration);
    return timeOfDay ? nextTimeOfDay(elapsed, timeOfDay, zone) : elapsed;
  }
  const local = toLocal(at, zone);
  const date =
    unit === 'day' || unit === 'week'
      ? shiftDays(local, unit === 'week' ? count * 7 : count)
      : shiftMonths(local, unit === 'year' ? count * 12 : count);
  const time = timeOfDay
    ? { hour: timeOfDay.hour, minute: timeOfDay.minute, second: 0, millisecond: 0 }
    : {
        hour: local.hour,
        minute: local.minute,
        second: local.second,
        millisecond: local.millisecond,
      };
  return toInstant({ ...date, ...time }, zone);
}

/**
 * The next instant at or after `at` whose local time is `time` (`wait_until: 10:00` is now if it is
 * 10:00), on one of `days` (ISO weekdays) where given.
 */
export function nextTimeOfDay(
  at: Instant,
  time: { hour: number; minute: number },
  zone: string,
  days: number[] | null = null,
): Instant {
  const today = toLocal(at, zone);
  for (let ahead = 0; ahead <= 14; ahead++) {
    const date = shiftDays(today, ahead);
    if (days && !days.includes(weekday(date))) continue;
    const candidate = toInstant({ ...date, ...time, second: 0, millisecond: 0 }, zone);
    if (candidate >= at) return candidate;
  }
  throw new Error('no such weekday');
}

/**
 * The latest instant not after `at` at which it is a time of day in a zone, and the next one. On a day without that time
 * it is the first instant after the gap.
 */
export function dailyAround(
  at: Instant,
  time: WallTime,
  zone: string,
): { last: Instant; next: Instant } {
  const today = toLocal(at, zone);
  // A zone may leave a whole day out, and its neighbour then is two days away.
  const strikes = [-3, -2, -1, 0, 1, 2, 3].map((days) =>
    toInstant({ ...shiftDays(today, days), ...time, second: 0, millisecond: 0 }, zone),
  );
  return {
    last: Math.max(...strikes.filter((strike) => strike <= at)),
    next: Math.min(...strikes.filter((strike) => strike > at)),
  };
}
