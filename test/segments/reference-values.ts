/**
 * Value tests and dates of the in-memory evaluator, written straight from semantics.md: what reference-evaluator.ts
 * rests on. Shares no code with src/segments.
 */
import { DateTime } from 'luxon';
import type { ValueOf, ValueOfTest } from '../../src/language/conditions/value-of-shapes.js';
import type { ValueTest } from '../../src/language/definitions.js';
import type { DateBound } from '../../src/language/scalars/time-shapes.js';

export type Truth = boolean | null;

/** When, and whose days they are. */
interface Moment {
  at: number;
  zone: string;
}

export type Look = (wanted: ValueOf) => unknown;

const DAY = 86_400_000;

export function and(truths: Truth[]): Truth {
  if (truths.includes(false)) return false;
  return truths.includes(null) ? null : true;
}

export function not(truth: Truth): Truth {
  return truth === null ? null : !truth;
}

export function find(value: unknown, path: string[]): unknown {
  const [key, ...rest] = path;
  if (key === undefined) return value;
  if (typeof value !== 'object' || value === null) return undefined;
  if (Array.isArray(value)) return /^\d+$/.test(key) ? find(value[Number(key)], rest) : undefined;
  return Object.hasOwn(value, key)
    ? find((value as Record<string, unknown>)[key], rest)
    : undefined;
}

/** The first instant of a date an author wrote. */
export function beginOf(date: DateBound, q: Moment): number {
  if (typeof date === 'string') return midnight(date, q.zone);
  if ('days' in date) return midnight(plusDays(dayAt(q.at, q.zone), date.days), q.zone);
  if ('instant' in date) return date.instant;
  return remember(`${date.local} ${date.at.hour}:${date.at.minute} ${q.zone}`, () =>
    DateTime.fromISO(date.local, { zone: q.zone }).set(date.at).toMillis(),
  );
}

/** The last instant of it, to the millisecond. */
export function endOf(date: DateBound, q: Moment): number {
  if (typeof date === 'string') return midnight(plusDays(date, 1), q.zone) - 1;
  if ('days' in date) return midnight(plusDays(dayAt(q.at, q.zone), date.days + 1), q.zone) - 1;
  return beginOf(date, q);
}

export function judgeValue(value: unknown, tests: ValueTest[], q: Moment & { look: Look }): Truth {
  return and(
    tests.map((test) => {
      const truth = judgeTest(value === null ? undefined : value, test, q);
      return test.negated ? not(truth) : truth;
    }),
  );
}

function judgeTest(v: unknown, test: ValueTest, q: Moment & { look: Look }): Truth {
  const sameType = (x: unknown): boolean =>
    ['string', 'number', 'boolean'].includes(typeof v) && typeof x === typeof v;
  switch (test.op) {
    case 'exists':
      return v !== undefined;
    case 'value_of':
      return judgeLookup(
        v,
        test.by,
        test.to.map((one) => (typeof one === 'object' ? q.look(one) : one) ?? undefined),
      );
    case 'is':
      return sameType(test.value) ? v === test.value : null;
    case 'in':
      return test.values.some(sameType) ? test.values.some((x) => x === v) : null;
    case 'more_than':
      return typeof v === 'number' ? v > test.value : null;
    case 'less_than':
      return typeof v === 'number' ? v < test.value : null;
    case 'at_least':
      return typeof v === 'number' ? v >= test.value : null;
    case 'at_most':
      return typeof v === 'number' ? v <= test.value : null;
    case 'between':
      return typeof v === 'number' ? test.low <= v && v <= test.high : null;
    case 'contains':
      return judgeContains(v, [test.value]);
    case 'contains_any':
      return judgeContains(v, test.values);
    case 'starts_with':
      return typeof v === 'string' ? v.slice(0, test.value.length) === test.value : null;
    case 'ends_with':
      return typeof v === 'string'
        ? v.slice(v.length - test.value.length) === test.value && v.length >= test.value.length
        : null;
    case 'matches':
      return typeof v === 'string' ? new RegExp(test.pattern, 'u').test(v) : null;
    case 'before':
    case 'after':
    case 'within_last':
    case 'within_next':
    case 'anniversary_within_next':
      return judgeDate(v, test, q);
  }
}

/** As with literals, but of a type that only shows now; what is missing decides nothing. */
function judgeLookup(v: unknown, by: ValueOfTest['by'], found: unknown[]): Truth {
  const kind = (x: unknown): string =>
    ['string', 'number', 'boolean'].includes(typeof x) ? typeof x : 'none';
  const several = by === 'in' || by === 'contains_any';
  const others = several ? found.flat(1).map((x) => x ?? undefined) : found;
  const [other] = others;
  const any = (truths: Truth[]): Truth => {
    if (truths.includes(true)) return true;
    return truths.length === 0 || others.includes(undefined) ? null : false;
  };
  if (by === 'is' || by === 'in') {
    if (kind(v) === 'none') return null;
    return any(others.filter((x) => kind(x) === kind(v)).map((x) => x === v));
  }
  if (by === 'contains' || by === 'contains_any') {
    if (Array.isArray(v))
      return any(others.filter((x) => kind(x) !== 'none').map((x) => v.some((one) => one === x)));
    if (typeof v !== 'string') return null;
    return any(others.filter((x) => typeof x === 'string').map((x) => v.indexOf(x) >= 0));
  }
  if (by === 'starts_with' || by === 'ends_with') {
    if (typeof v !== 'string' || typeof other !== 'string') return null;
    const start = by === 'starts_with' ? 0 : v.length - other.length;
    return start >= 0 && v.slice(start, start + other.length) === other;
  }
  if (by === 'before' || by === 'after') {
    if (typeof v !== 'string' || typeof other !== 'string') return null;
    const [earlier, later] = by === 'before' ? [v, other] : [other, v];
    if (isDay(earlier) && isDay(later)) return distance(earlier, later) > 0;
    const [x, y] = [instantOf(earlier), instantOf(later)];
    return x === null || y === null ? null : x < y;
  }
  if (typeof v !== 'number' || typeof other !== 'number') return null;
  if (by === 'more_than') return v > other;
  if (by === 'less_than') return v < other;
  return by === 'at_least' ? v >= other : v <= other;
}

function judgeContains(v: unknown, wanted: unknown[]): Truth {
  if (Array.isArray(v)) return wanted.some((x) => v.some((element) => element === x));
  const parts = wanted.filter((x) => typeof x === 'string');
  if (typeof v !== 'string' || parts.length === 0) return null;
  return parts.some((part) => v.indexOf(part) >= 0);
}

type DateTest = Extract<
  ValueTest,
  { op: 'before' | 'after' | 'within_last' | 'within_next' | 'anniversary_within_next' }
>;

function judgeDate(v: unknown, test: DateTest, q: Moment): Truth {
  if (typeof v !== 'string') return null;
  const instant = instantOf(v);
  const day = isDay(v) ? v : null;
  if (instant === null && day === null) return null;
  const today = dayAt(q.at, q.zone);
  switch (test.op) {
    case 'before':
    case 'after': {
      const { date } = test;
      if (instant !== null)
        return test.op === 'before' ? instant < beginOf(date, q) : instant > endOf(date, q);
      const other =
        typeof date === 'string'
          ? date
          : 'days' in date
            ? plusDays(today, date.days)
            : 'local' in date
              ? date.local
              : dayAt(date.instant, q.zone);
      return test.op === 'before' ? distance(day!, other) > 0 : distance(other, day!) > 0;
    }
    case 'within_last':
      if (instant !== null) return instant <= q.at && q.at < instant + test.ms;
      return test.days === null
        ? null
        : distance(day!, today) >= 0 && distance(day!, today) <= test.days;
    case 'within_next':
      if (instant !== null) return q.at < instant && instant <= q.at + test.ms;
      return test.days === null
        ? null
        : distance(today, day!) >= 0 && distance(today, day!) <= test.days;
    case 'anniversary_within_next': {
      if (test.days === null) return null;
      return (
        distance(
          today,
          remember(`${v} anniversary ${today}`, () => anniversary(v.slice(0, 10), today)),
        ) <= test.days
      );
    }
  }
}

/** The first one on or after today; luxon's plus() makes 29 February the 28th. */
function anniversary(day: string, today: string): string {
  const born = DateTime.fromISO(day, { zone: 'UTC' });
  let years = Math.max(1, Number(today.slice(0, 4)) - born.year - 1);
  while (distance(today, born.plus({ years }).toISODate()!) < 0) years++;
  return born.plus({ years }).toISODate()!;
}

export function isDay(text: string): boolean {
  return (
    /^\d{4}-\d\d-\d\d$/.test(text) && !text.startsWith('0000') && DateTime.fromISO(text).isValid
  );
}

export function instantOf(text: string): number | null {
  const shape =
    /^(\d{4}-\d\d-\d\d)[T ](\d\d:\d\d(?::\d\d(?:\.\d{1,9})?)?)(Z|[+-](\d\d):?(\d\d))$/i.exec(text);
  if (
    !shape ||
    !isDay(shape[1]!) ||
    shape[2]!.startsWith('24') ||
    Number(shape[4] ?? 0) > 14 ||
    Number(shape[5] ?? 0) > 59
  )
    return null;
  const moment = DateTime.fromISO(`${shape[1]}T${shape[2]}${shape[3]!.toUpperCase()}`, {
    setZone: true,
  });
  return moment.isValid ? moment.toMillis() : null;
}

/** Clocks change at whole quarters of an hour, so luxon need be asked for one instant of each. */
export function dayAt(at: number, zone: string): string {
  const quarter = Math.floor(at / 900_000);
  const minutes = remember(`${quarter} ${zone}`, () => DateTime.fromMillis(at, { zone }).offset);
  return new Date(at + minutes * 60_000).toISOString().slice(0, 10);
}

export function midnight(day: string, zone: string): number {
  return remember(`${day} ${zone}`, () => DateTime.fromISO(day, { zone }).toMillis());
}

export function plusDays(day: string, days: number): string {
  return new Date(Date.parse(`${day}T00:00:00Z`) + days * DAY).toISOString().slice(0, 10);
}

/** luxon is thorough and slow, and the same few questions come back a million times. */
const remembered = new Map<string, unknown>();

function remember<T>(key: string, compute: () => T): T {
  if (!remembered.has(key)) remembered.set(key, compute());
  return remembered.get(key) as T;
}

/** Whole days from a to b. */
function distance(a: string, b: string): number {
  return (Date.parse(`${b}T00:00:00Z`) - Date.parse(`${a}T00:00:00Z`)) / DAY;
}
