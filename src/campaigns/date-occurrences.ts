/**
 * Stage 3. When a campaign that is entered by a date lets a profile in: at a time of the date's day, or of each of its
 * anniversaries, some days before or after (semantics.md, Clock). A date without time is a day of the profile; a moment
 * is the day that it falls on in the campaign's zone. Pure.
 */
import { addCalendar, localDate, shiftMonths } from '../core/calendar.js';
import type { Instant } from '../core/instant.js';
import { NEVER } from '../core/instant.js';
import type { Entry } from '../language/definitions.js';
import type { LocalDate } from '../language/scalars/time-shapes.js';
import { parseDay, parseInstant } from '../segments/date-value.js';
import { offsetFrom } from './due-at.js';

export type ByDate = Extract<Entry, { kind: 'date' }>;

export interface Occurrence {
  /** The day that is meant: the date, or its anniversary. */
  day: LocalDate;
  due: Instant;
  /** Starts one enrolment once: `date:2026-05-01`. */
  trigger: string;
}

/** The first occurrence later than `after`; null when there is none, or no date. */
export function nextOccurrence(
  enter: ByDate,
  value: unknown,
  zone: string,
  after: Instant,
): Occurrence | null {
  return around(enter, value, zone, after).next;
}

/** The latest occurrence that is not later than `at`. */
export function lastOccurrence(
  enter: ByDate,
  value: unknown,
  zone: string,
  at: Instant,
): Occurrence | null {
  return around(enter, value, zone, at).last;
}

/** Whether a date still has the occurrence that an enrolment was started by. */
export function hasOccurrence(
  enter: ByDate,
  value: unknown,
  zone: string,
  trigger: string,
): boolean {
  const day = dayOf(value, zone);
  if (day === null) return false;
  if (enter.every === null) return triggerOf(value, day) === trigger;
  const meant = trigger.slice(TRIGGER.length);
  const n = Math.floor(monthsBetween(day, meant) / monthsOf(enter.every));
  return [n, n + 1].some((n) => n >= 1 && anniversary(day, enter.every!, n) === meant);
}

const TRIGGER = 'date:';

/** The key of entry where there is no `per`: the date; of one that recurs its year, or year and month. */
export function keyOf({ every }: ByDate, trigger: string): string {
  const meant = trigger.slice(TRIGGER.length);
  return every === null ? meant : meant.slice(0, every === 'year' ? 4 : 7);
}

function around(
  enter: ByDate,
  value: unknown,
  zone: string,
  at: Instant,
): { last: Occurrence | null; next: Occurrence | null } {
  const day = dayOf(value, zone);
  if (day === null) return { last: null, next: null };
  const { every } = enter;
  if (every === null) {
    const one = occurrence(enter, day, zone, triggerOf(value, day));
    return one.due > at ? { last: null, next: one } : { last: one, next: null };
  }
  const nth = (n: number): Occurrence | null => {
    const on = anniversary(day, every, n);
    if (n < 1 || on === null) return null;
    return occurrence(enter, on, zone, TRIGGER + on);
  };
  let n = Math.max(1, nearest(enter, day, zone, at));
  let next = nth(n);
  while (next !== null && next.due <= at) next = nth(++n);
  for (let before = nth(n - 1); before !== null && before.due > at; before = nth(n - 1)) {
    next = before;
    n--;
  }
  return { last: nth(n - 1), next: next?.due === NEVER ? null : next };
}

function occurrence(
  { shift, at }: ByDate,
  day: LocalDate,
  zone: string,
  trigger: string,
): Occurrence {
  return { day, trigger, due: offsetFrom(day, { shift, at }, zone) ?? NEVER };
}

/** A number of the anniversary that is about due at an instant. */
function nearest({ shift, every }: ByDate, day: LocalDate, zone: string, at: Instant): number {
  const back = shift?.direction === 'before' ? 1 : -1;
  const by = { count: back * (shift?.count ?? 0), unit: shift?.unit ?? 'day' } as const;
  const meant = localDate(addCalendar(at, by, zone), zone);
  return Math.floor(monthsBetween(day, meant) / monthsOf(every!));
}

function monthsOf(every: 'month' | 'year'): number {
  return every === 'year' ? 12 : 1;
}

function monthsBetween(from: LocalDate, to: LocalDate): number {
  const [a, b] = [parts(from), parts(to)];
  return (b.year - a.year) * 12 + b.month - a.month;
}

/** The date moved by n years or months, to the last day of a month that is too short; null beyond what can be named. */
function anniversary(day: LocalDate, every: 'month' | 'year', n: number): LocalDate | null {
  const { year, month, day: of } = shiftMonths(parts(day), n * monthsOf(every));
  const two = (part: number): string => String(part).padStart(2, '0');
  return year > 9999 ? null : `${String(year).padStart(4, '0')}-${two(month)}-${two(of)}`;
}

function parts(date: LocalDate): { year: number; month: number; day: number } {
  const [year, month, day] = date.split('-').map(Number) as [number, number, number];
  return { year, month, day };
}

/** The local day that a value names; null for what is no date. */
function dayOf(value: unknown, zone: string): LocalDate | null {
  if (typeof value !== 'string') return null;
  const instant = parseInstant(value);
  if (instant !== null) return localDate(instant, zone);
  return parseDay(value) === null ? null : value;
}

/** A moment is told apart by itself, not by the day, which another zone would call otherwise. */
function triggerOf(value: unknown, day: LocalDate): string {
  const instant = parseInstant(value as string);
  return TRIGGER + (instant === null ? day : new Date(instant).toISOString());
}
