/**
 * Dates inside values, in code: the twin of migrations/1764000001000-condition-functions.sql. In: a
 * value of a trait, an entry or an event property; out: what it says about time, or null. A text
 * without offset is a day or nothing: nobody knows which instant `2026-05-01T10:00` is.
 */
import type { Instant } from '../core/instant.js';

const DAY = /^(\d{4})-(\d{2})-(\d{2})$/;
const DATE_TIME =
  /^(\d{4}-\d{2}-\d{2})[Tt ](\d{2}):(\d{2})(?::(\d{2})(?:\.(\d{1,9}))?)?(?:[Zz]|([+-])(\d{2}):?(\d{2}))$/;

/** Days since 1970-01-01. Comparing and shifting days needs no more. */
export type DayNumber = number;

const MS_PER_DAY = 86_400_000;

/** The number of a day written `2026-05-01`, null for anything else; year 1 to 9999. */
export function parseDay(text: string): DayNumber | null {
  const found = DAY.exec(text);
  if (!found || found[1] === '0000') return null;
  const ms = Date.parse(`${text}T00:00:00Z`);
  // Date.parse lets 30 February through as 2 March; only what prints as it was written is a day.
  return Number.isNaN(ms) || new Date(ms).toISOString().slice(0, 10) !== text
    ? null
    : ms / MS_PER_DAY;
}

/** The instant of a date and time with offset, cut to milliseconds; null for anything else. */
export function parseInstant(text: string): Instant | null {
  const found = DATE_TIME.exec(text);
  if (!found) return null;
  const [
    ,
    date,
    hour,
    minute,
    second = '00',
    fraction = '',
    sign,
    offsetHour = '00',
    offsetMinute = '00',
  ] = found;
  const day = parseDay(date!);
  if (
    day === null ||
    hour! > '23' ||
    minute! > '59' ||
    second > '59' ||
    offsetHour > '14' ||
    offsetMinute > '59'
  )
    return null;
  const offset =
    (Number(offsetHour) * 60 + Number(offsetMinute)) * (sign === '-' ? -60_000 : 60_000);
  const time = (Number(hour) * 60 + Number(minute)) * 60_000 + Number(second) * 1000;
  return day * MS_PER_DAY + time + Number(fraction.slice(0, 3).padEnd(3, '0')) - offset;
}

/** The day a text names: itself, or the date part of a date and time, as written. */
export function writtenDay(text: string): DayNumber | null {
  return parseInstant(text) === null ? parseDay(text) : parseDay(text.slice(0, 10));
}

/** The first anniversary of `day` on or after `today`; 29 February is 28 February in common years. */
export function nextAnniversary(day: DayNumber, today: DayNumber): DayNumber {
  const born = new Date(day * MS_PER_DAY);
  const inYear = (year: number): DayNumber => {
    const date = new Date(day * MS_PER_DAY);
    date.setUTCFullYear(year);
    if (date.getUTCMonth() !== born.getUTCMonth()) date.setUTCDate(0);
    return date.getTime() / MS_PER_DAY;
  };
  const year = Math.max(born.getUTCFullYear() + 1, new Date(today * MS_PER_DAY).getUTCFullYear());
  return inYear(year) < today ? inYear(year + 1) : inYear(year);
}
