/** Durations, times of day, dates, instants and zones, read from the source text of their scalars. */
import { isZone } from '../../core/calendar.js';
import { DURATION_UNITS, elapsedMs } from '../../core/duration.js';
import type { Duration, DurationUnit } from '../../core/duration.js';
import type { LocalDate, TimeOfDay, Zone } from './time-shapes.js';
import type { Instant } from '../../core/instant.js';
import type { Reading } from '../reading.js';
import type { Node, TextNode } from '../syntax/nodes.js';
import { countOf, nearest } from '../words.js';
import { unitMeant } from './words-of-time.js';

/** The longest duration: a hundred years. Longer ones are slips, and overflow dates. */
const MAX_SECONDS = 100 * 366 * 86_400;

const SECONDS: Record<DurationUnit, number> = {
  second: 1,
  minute: 60,
  hour: 3_600,
  day: 86_400,
  week: 604_800,
  month: 30 * 86_400,
  year: 365 * 86_400,
};

/** A duration of the calendar: months and years are allowed. */
export function readDuration(reading: Reading, node: Node, what: string): Duration | undefined {
  const text = reading.asText(node, what);
  return text && durationOf(reading, text, text.text, what);
}

/** Elapsed time in ms: seconds to weeks, a day is 24 hours. */
export function readElapsed(reading: Reading, node: Node, what: string): number | undefined {
  const duration = readElapsedDuration(reading, node, what);
  return duration && elapsedMs(duration);
}

export function readElapsedDuration(
  reading: Reading,
  node: Node,
  what: string,
): Duration | undefined {
  const text = reading.asText(node, what);
  const duration = text && durationOf(reading, text, text.text, what, true);
  return duration && refuseMonths(reading, node, duration);
}

/** A duration after other words, as in `after 90 days`. */
export function elapsedOf(
  reading: Reading,
  node: TextNode,
  text: string,
  what: string,
): number | undefined {
  const duration = durationOf(reading, node, text, what, true);
  const elapsed = duration && refuseMonths(reading, node, duration);
  return elapsed && elapsedMs(elapsed);
}

function refuseMonths(reading: Reading, node: Node, duration: Duration): Duration | undefined {
  const { count, unit } = duration;
  if (unit !== 'month' && unit !== 'year') return duration;
  return reading.error(
    'RK202',
    node,
    `a ${unit} has no fixed length, and this time is counted in hours`,
    `write ${inDays(count, unit)}`,
  );
}

function inDays(count: number, unit: 'month' | 'year'): string {
  return `${count * (unit === 'month' ? 30 : 365)} days`;
}

/** The duration that `text`, all or part of a scalar, is; `elapsed`: months will be refused, so that they are not proposed. */
export function durationOf(
  reading: Reading,
  node: TextNode,
  text: string,
  what: string,
  elapsed = false,
): Duration | undefined {
  const found = /^(\d{1,12}) ([a-z]+)$/.exec(text);
  const unit = found && unitOf(found[2]!);
  if (!found || !unit)
    return reading.error(
      'RK201',
      node,
      `${what} is a duration, not \`${text}\``,
      durationHelp(text, elapsed),
    );
  const count = Number(found[1]);
  if (count * SECONDS[unit] > MAX_SECONDS)
    return reading.error(
      'RK201',
      node,
      `${what} is longer than a hundred years`,
      'write a shorter one',
    );
  return { count, unit };
}

function unitOf(word: string): DurationUnit | undefined {
  return DURATION_UNITS.find((unit) => word === unit || word === `${unit}s`);
}

function durationHelp(text: string, elapsed: boolean): string {
  const otherwise = 'a whole number and a unit: 30 minutes, 24 hours, 7 days';
  const found = /^(\d+(?:\.\d+)?)\s*(\p{L}+)$/u.exec(text.normalize('NFC'));
  if (!found) return /^\d[\d.,\s]*$/.test(text) ? `${otherwise}; a unit is missing` : otherwise;
  const count = Number(found[1]);
  const word = found[2]!.toLowerCase();
  if (word === 'm' && Number.isInteger(count)) {
    const months = elapsed ? inDays(count, 'month') : countOf(count, 'month');
    return `m may be minutes or months: write ${countOf(count, 'minute')} or ${months}`;
  }
  const unit = unitOf(word) ?? unitMeant(word);
  if (!unit) return otherwise;
  if (Number.isInteger(count)) {
    return elapsed && (unit === 'month' || unit === 'year')
      ? `a ${unit} has no fixed length, and this time is counted in hours: write ${inDays(count, unit)}`
      : `write ${countOf(count, unit)}`;
  }
  const smaller = DURATION_UNITS[DURATION_UNITS.indexOf(unit) - 1];
  const whole = smaller ? (count * SECONDS[unit]) / SECONDS[smaller] : 0;
  return smaller && Number.isInteger(whole)
    ? `whole numbers only: write ${whole} ${smaller}s`
    : otherwise;
}

/** `09:00`. */
export function readTimeOfDay(reading: Reading, node: Node, what: string): TimeOfDay | undefined {
  const text = reading.asText(node, what);
  if (!text) return undefined;
  return (
    parseTime(text.text) ??
    reading.error(
      'RK204',
      text,
      `${what} is a time of day, not \`${text.text}\``,
      timeHelp(text.text),
    )
  );
}

export function parseTime(text: string): TimeOfDay | null {
  const found = /^([01]\d|2[0-3]):([0-5]\d)$/.exec(text);
  return found && { hour: Number(found[1]), minute: Number(found[2]) };
}

/** How to write what somebody wrote for a time of day. */
export function timeHelp(text: string): string {
  const found = /^(\d{1,2})(?::(\d{2}))?(?::\d{2})?\s*([ap]m)?$/i.exec(text);
  if (!found) return 'hours and minutes: 09:00';
  const afternoon = found[3]?.toLowerCase();
  const hour = afternoon
    ? (Number(found[1]) % 12) + (afternoon === 'pm' ? 12 : 0)
    : Number(found[1]);
  const time = `${String(hour).padStart(2, '0')}:${found[2] ?? '00'}`;
  return parseTime(time) ? `write ${time}` : 'hours and minutes, 00:00 to 23:59';
}

/** A day that exists, `2026-05-01`. */
function parseDate(text: string): LocalDate | null {
  const found = /^(\d{4})-(\d{2})-(\d{2})$/.exec(text);
  if (!found) return null;
  const [year, month, day] = [Number(found[1]), Number(found[2]), Number(found[3])];
  const date = new Date(Date.UTC(year, month - 1, day));
  return year >= 1000 && date.getUTCMonth() === month - 1 && date.getUTCDate() === day
    ? text
    : null;
}

export type Moment =
  | { kind: 'date'; date: LocalDate }
  | { kind: 'local'; date: LocalDate; at: TimeOfDay }
  | { kind: 'instant'; at: Instant };

/** `2026-05-01`, `2026-05-01 10:00` (local) or with an offset, `2026-05-01 10:00+02:00`. Null for anything else. */
export function parseMoment(text: string): Moment | null {
  const found =
    /^(\d{4}-\d{2}-\d{2})(?:[ T](\d{2}:\d{2})(?::(\d{2})(\.\d{1,3})?)?\s?(Z|[+-]\d{2}:?\d{2})?)?$/.exec(
      text,
    );
  const date = found && parseDate(found[1]!);
  if (!found || !date) return null;
  if (found[2] === undefined) return { kind: 'date', date };
  const at = parseTime(found[2]);
  if (!at) return null;
  if (found[5] === undefined) return found[3] === undefined ? { kind: 'local', date, at } : null;
  const offset = found[5] === 'Z' ? 'Z' : found[5].replace(/^(...):?/, '$1:');
  const instant = Date.parse(`${date}T${found[2]}:${found[3] ?? '00'}${found[4] ?? ''}${offset}`);
  return Number.isNaN(instant) ? null : { kind: 'instant', at: instant };
}

/** An IANA zone; where `profile` and `project` make sense, these too. */
export function readZone(
  reading: Reading,
  node: Node,
  words: readonly ('profile' | 'project')[],
): Zone | undefined {
  const text = reading.asText(node, 'a zone');
  if (!text) return undefined;
  if (words.some((word) => word === text.text) || isZone(text.text)) return text.text;
  const near = nearest(text.text, [...words, ...Intl.supportedValuesOf('timeZone')]);
  return reading.error(
    'RK206',
    text,
    `\`${text.text}\` is not a time zone`,
    near
      ? `did you mean ${near}?`
      : 'zones are called Europe/Berlin or UTC; offsets and abbreviations do not know summer time',
  );
}
