/**
 * Stage 3. When a wait is over: calendar time in the campaign's zone (semantics.md, Clock). Pure.
 */
import { addCalendar, localDate, nextTimeOfDay, toInstant } from '../core/calendar.js';
import { NEVER, type Instant } from '../core/instant.js';
import { companyPath } from '../language/company-path.js';
import type { DateOffset, Step } from '../language/definitions.js';
import type { LocalDate, TimeOfDay } from '../language/scalars/time-shapes.js';
import { parseDay, parseInstant } from '../segments/date-value.js';
import type { Walk } from './walk.js';

/**
 * The instant at which a `wait` or `wait_until` that begins now is over, null when there is no such date. A time that
 * has already passed gives an instant before now.
 */
export function dueAt(
  step: Extract<Step, { kind: 'wait' | 'wait_until' }>,
  { at, zone, read }: Pick<Walk, 'at' | 'zone' | 'read'>,
): Instant | null {
  if (step.kind === 'wait') return addCalendar(at, step.duration, zone, step.at);
  const { until } = step;
  switch (until.kind) {
    case 'time':
      return nextTimeOfDay(at, until.at, zone, until.days);
    case 'instant':
      return until.at;
    case 'local':
      return atTime(until.date, until.at, zone);
    case 'date':
      return offsetFrom(dateIn(until, read), until, zone);
  }
}

function dateIn({ from, path }: DateOffset, read: Walk['read']): unknown {
  const ofCompany = companyPath(path);
  if (from === 'entry') return read('entry', path);
  return ofCompany ? read('account', ofCompany) : read('profile', path);
}

/** Beyond the last day that a value can name nothing is waited for any more. */
const END_OF_TIME = Date.UTC(9999, 11, 31);

/** The instant that follows a value that names a date; null when it names none, or none with a time where one is needed. */
export function offsetFrom(
  value: unknown,
  { shift, at }: Pick<DateOffset, 'shift' | 'at'>,
  zone: string,
): Instant | null {
  if (typeof value !== 'string') return null;
  const instant = parseInstant(value);
  const sign = shift?.direction === 'before' ? -1 : 1;
  const by = { count: sign * (shift?.count ?? 0), unit: shift?.unit ?? 'day' } as const;
  let due: Instant;
  if (at === null) {
    if (instant === null) return null;
    due = addCalendar(instant, by, zone);
  } else {
    const day = instant === null ? value : localDate(instant, zone);
    if (parseDay(day) === null) return null;
    due = addCalendar(atTime(day, NOON, zone), by, zone, at);
  }
  return due > END_OF_TIME ? NEVER : due;
}

const NOON: TimeOfDay = { hour: 12, minute: 0 };

function atTime(date: LocalDate, at: TimeOfDay, zone: string): Instant {
  const [year, month, day] = date.split('-').map(Number) as [number, number, number];
  return toInstant({ year, month, day, ...at, second: 0, millisecond: 0 }, zone);
}
