/**
 * Value tests in code, for what is judged on the event at hand: the `where` of entries, exits and goals.
 * In: a value and its tests; out: true, false, or null = undecided. lower-value.sql.ts and
 * lower-date.sql.ts say the same in SQL; a property test keeps them equal.
 */
import { RE2JS } from 're2js';
import { DAY_MS, type Instant } from '../core/instant.js';
import { isOwnEvent } from '../core/own-events.js';
import { valueAt } from '../core/value-at.js';
import type {
  EventMatch,
  EventNames,
  PropertyTest,
  Scalar,
  ValueTest,
} from '../language/definitions.js';
import type { DateBound } from '../language/scalars/time-shapes.js';
import { isValueOf, type ValueOf } from '../language/conditions/value-of-shapes.js';
import { parseRegex } from '../language/regex/parse-regex.js';
import { toJs } from '../language/regex/print-regex.js';
import { compareValues } from './compare-values.js';
import {
  nextAnniversary,
  parseDay,
  parseInstant,
  writtenDay,
  type DayNumber,
} from './date-value.js';
import { localDay, midnightOf, momentOf } from './local-day.js';
import { atMostDays, atMostMs } from './longest.js';

/** When something is tested, whose days they are, and the values that tests look up there (`value_of`). */
export interface Testing {
  at: Instant;
  zone: string;
  look: (wanted: ValueOf) => unknown;
}

/** All tests on one value (Kleene's AND); `undefined` and null are missing. */
export function testValue(
  value: unknown,
  tests: readonly ValueTest[],
  testing: Testing,
): boolean | null {
  let undecided = false;
  for (const test of tests) {
    const truth = testOne(value, test, testing);
    if (truth === null) undecided = true;
    else if (truth === test.negated) return false;
  }
  return undecided ? null : true;
}

/** Whether an event is one the match names and all of its `where` is true; undecided is no. */
export function matchesEvent(
  match: EventMatch,
  event: { name: string; properties: Record<string, unknown> },
  testing: Testing,
): boolean {
  return (
    isNamed(match.names, event.name) &&
    match.where.every((test) => testProperty(event.properties, test, testing) === true)
  );
}

/** One property of an event and all that is asked of it. */
export function testProperty(
  properties: Record<string, unknown>,
  { path, tests }: PropertyTest,
  testing: Testing,
): boolean | null {
  return testValue(valueAt(properties, path), tests, testing);
}

/** `any` are the application's events, never our own. */
export function isNamed(names: EventNames, name: string): boolean {
  return names.kind === 'any' ? !isOwnEvent(name) : names.names.includes(name);
}

/** One test without its negation. */
function testOne(value: unknown, test: ValueTest, { at, zone, look }: Testing): boolean | null {
  switch (test.op) {
    case 'exists':
      return value !== undefined && value !== null;
    case 'is':
      return equals(value, [test.value]);
    case 'in':
      return equals(value, test.values);
    case 'more_than':
      return onNumber(value, (n) => n > test.value);
    case 'less_than':
      return onNumber(value, (n) => n < test.value);
    case 'at_least':
      return onNumber(value, (n) => n >= test.value);
    case 'at_most':
      return onNumber(value, (n) => n <= test.value);
    case 'between':
      return onNumber(value, (n) => n >= test.low && n <= test.high);
    case 'contains':
      return contains(value, [test.value]);
    case 'contains_any':
      return contains(value, test.values);
    case 'starts_with':
      return onText(value, (text) => text.startsWith(test.value));
    case 'ends_with':
      return onText(value, (text) => text.endsWith(test.value));
    case 'value_of':
      return compareValues(
        value,
        test.by,
        test.to.map((one) => (isValueOf(one) ? look(one) : one)),
      );
    case 'matches':
      return onText(value, (text) => pattern(test.pattern).matcher(text).find());
    case 'before':
    case 'after':
      return onText(value, (text) => compare(text, test.op, boundOf(test.date, at, zone)));
    case 'within_last':
    case 'within_next':
      return within(value, test, at, zone);
    case 'anniversary_within_next':
      return onText(value, (text) => anniversaryWithin(text, test.days, at, zone));
  }
}

/** Undecided where none of the scalars is of the value's type. */
function equals(value: unknown, scalars: readonly Scalar[]): boolean | null {
  const comparable = scalars.filter((scalar) => typeof scalar === typeof value);
  return comparable.length === 0 ? null : comparable.some((scalar) => scalar === value);
}

/** A list has one of the scalars as an element; a text has one of the texts as a part. */
function contains(value: unknown, scalars: readonly Scalar[]): boolean | null {
  if (Array.isArray(value)) return scalars.some((scalar) => value.includes(scalar));
  const parts = scalars.filter((scalar) => typeof scalar === 'string');
  return typeof value !== 'string' || parts.length === 0
    ? null
    : parts.some((part) => value.includes(part));
}

function onNumber(value: unknown, test: (n: number) => boolean): boolean | null {
  return typeof value === 'number' ? test(value) : null;
}

function onText(value: unknown, test: (text: string) => boolean | null): boolean | null {
  return typeof value === 'string' ? test(value) : null;
}

/** A day compares with days, an instant with the ends of a day or the moment itself. */
function compare(text: string, op: 'before' | 'after', bound: Bound): boolean | null {
  const instant = parseInstant(text);
  if (instant !== null) return op === 'before' ? instant < bound.start : instant >= bound.end;
  const day = parseDay(text);
  if (day === null) return null;
  return op === 'before' ? day < bound.day : day > bound.day;
}

interface Bound {
  /** The local day. */
  day: DayNumber;
  /** Its first instant and the first one after it; of a moment, itself and the next. */
  start: Instant;
  end: Instant;
}

/** A date the author wrote, as a zone sees it at an instant. */
function boundOf(date: DateBound, at: Instant, zone: string): Bound {
  if (typeof date !== 'string' && !('days' in date)) {
    const start = 'instant' in date ? date.instant : momentOf(date.local, date.at, zone);
    const day = parseDay('instant' in date ? localDay(start, zone).date : date.local)!;
    return { day, start, end: start + 1 };
  }
  const [from, days] = typeof date === 'string' ? [date, 0] : [localDay(at, zone).date, date.days];
  return {
    day: parseDay(from)! + days,
    start: midnightOf(from, zone, days),
    end: midnightOf(from, zone, days + 1),
  };
}

/** Instants: v <= t < v + D, or t < v <= t + D. Days: both ends in; a day under a window in hours is undecided. */
function within(
  value: unknown,
  test: { op: string; ms: number; days: number | null },
  at: Instant,
  zone: string,
): boolean | null {
  return onText(value, (text) => {
    const instant = parseInstant(text);
    const ms = atMostMs(test.ms);
    if (instant !== null)
      return test.op === 'within_last'
        ? instant <= at && at < instant + ms
        : at < instant && instant <= at + ms;
    const day = parseDay(text);
    if (day === null || test.days === null) return null;
    const distance = test.op === 'within_last' ? today(at, zone) - day : day - today(at, zone);
    return distance >= 0 && distance <= atMostDays(test.days);
  });
}

function anniversaryWithin(
  text: string,
  days: number | null,
  at: Instant,
  zone: string,
): boolean | null {
  const day = writtenDay(text);
  return day === null || days === null
    ? null
    : nextAnniversary(day, today(at, zone)) - today(at, zone) <= days;
}

function today(at: Instant, zone: string): number {
  return Date.parse(localDay(at, zone).date) / DAY_MS;
}

const patterns = new Map<string, RE2JS>();

/** Compiled once per pattern; the checker has parsed it, so one that does not parse is a bug and throws. */
function pattern(source: string): RE2JS {
  let compiled = patterns.get(source);
  if (!compiled) {
    const parsed = parseRegex(source);
    if ('error' in parsed) throw new Error(`unchecked pattern ${source}: ${parsed.error.message}`);
    compiled = RE2JS.compile(toJs(parsed.tree));
    patterns.set(source, compiled);
  }
  return compiled;
}
