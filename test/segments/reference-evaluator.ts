/**
 * The meaning of conditions, written straight from semantics.md and sharing no code with the compiler.
 * In: a profile with its whole past in memory, a condition, an instant; out: true, false or null. Slow
 * and plain on purpose: it is what the SQL is held against.
 */
import { DateTime } from 'luxon';
import type {
  Condition,
  CountTest,
  EventCondition,
  SegmentDefinition,
  ValueTest,
  Window,
} from '../../src/language/definitions.js';

interface ReferenceEvent {
  id: number;
  name: string;
  occurredAt: number;
  judgedAt: number;
  receivedAt: number;
  properties: Record<string, unknown>;
}

export interface ReferenceProfile {
  id: number;
  bornAt: number | null;
  events: ReferenceEvent[];
  /** Values of each top-level trait from an instant on, oldest first; undefined = absent. */
  traits: Record<string, { from: number; value: unknown }[]>;
}

export interface Question {
  at: number;
  /** Facts after this instant are not known: to ask what time alone will do. Default: `at`. */
  knownAt?: number;
  since: number | null;
  entry: Record<string, unknown> | null;
  zone: string;
}

type Truth = boolean | null;
type Segments = ReadonlyMap<string, SegmentDefinition>;

const DAY = 86_400_000;

export function judge(
  condition: Condition,
  profile: ReferenceProfile,
  q: Question,
  segments: Segments,
): Truth {
  switch (condition.kind) {
    case 'all':
      return and(condition.of.map((child) => judge(child, profile, q, segments)));
    case 'any':
      return not(and(condition.of.map((child) => not(judge(child, profile, q, segments)))));
    case 'segment': {
      const member = judge(segments.get(condition.segment)!.who, profile, q, segments) === true;
      return condition.negated ? !member : member;
    }
    case 'trait':
      return judgeValue(find(traitsAt(profile, q), condition.path), condition.tests, q);
    case 'entry':
      return judgeValue(find(q.entry ?? undefined, condition.path), condition.tests, q);
    case 'event':
      return judgeEvent(condition, profile, q);
  }
}

function and(truths: Truth[]): Truth {
  if (truths.includes(false)) return false;
  return truths.includes(null) ? null : true;
}

function not(truth: Truth): Truth {
  return truth === null ? null : !truth;
}

function known(q: Question): number {
  return Math.min(q.at, q.knownAt ?? q.at);
}

function traitsAt(profile: ReferenceProfile, q: Question): Record<string, unknown> {
  const values: Record<string, unknown> = {};
  for (const [trait, history] of Object.entries(profile.traits)) {
    const value = history.findLast(({ from }) => from <= known(q))?.value;
    if (value !== undefined) values[trait] = value;
  }
  return values;
}

function find(value: unknown, path: string[]): unknown {
  const [key, ...rest] = path;
  if (key === undefined) return value;
  if (typeof value !== 'object' || value === null) return undefined;
  if (Array.isArray(value)) return /^\d+$/.test(key) ? find(value[Number(key)], rest) : undefined;
  return Object.hasOwn(value, key)
    ? find((value as Record<string, unknown>)[key], rest)
    : undefined;
}

// Events ------------------------------------------------------------------------------------------

function judgeEvent(condition: EventCondition, profile: ReferenceProfile, q: Question): Truth {
  const seen = profile.events
    .filter((event) => event.judgedAt <= known(q))
    .toSorted((a, b) => a.occurredAt - b.occurredAt || a.receivedAt - b.receivedAt || a.id - b.id);
  const { names } = condition;
  const named = seen.filter(({ name }) =>
    names.kind === 'any' ? !name.startsWith('$') : names.names.includes(name),
  );
  const occurring =
    condition.occurrence === null
      ? named
      : named.length === 0
        ? []
        : [condition.occurrence === 'first' ? named[0]! : named.at(-1)!];
  const start = startOf(condition.window, profile, seen, q);
  if (start === null) return null;
  const matching = occurring.filter(
    (event) =>
      inWindow(event.occurredAt, condition.window, start, q.at) &&
      condition.where.every(
        ({ path, tests }) => judgeValue(find(event.properties, path), tests, q) === true,
      ),
  );
  const open = condition.window.kind === 'within_first' && q.at < start + condition.window.ms;
  const { quantity } = condition;
  switch (quantity.kind) {
    case 'once':
      return open ? (matching.length > 0 ? true : null) : matching.length > 0;
    case 'never':
      return open ? null : matching.length === 0;
    case 'count':
      return and(quantity.tests.map((test) => judgeCount(matching.length, test, open)));
    case 'quiet_for': {
      if (open) return null;
      const last = matching.at(-1);
      return (last !== undefined && last.occurredAt + quantity.ms <= q.at) !== quantity.negated;
    }
  }
}

/** 0 for windows that count from nothing in particular, null where the start does not exist. */
function startOf(
  window: Window,
  profile: ReferenceProfile,
  seen: ReferenceEvent[],
  q: Question,
): number | null {
  if (window.kind === 'ever' || window.kind === 'within_last') return 0;
  if (window.of !== null)
    return seen.findLast(({ name }) => name === window.of)?.occurredAt ?? null;
  if (window.kind === 'since') return q.since;
  return profile.bornAt !== null && profile.bornAt <= q.at ? profile.bornAt : null;
}

function inWindow(e: number, window: Window, start: number, t: number): boolean {
  switch (window.kind) {
    case 'ever':
      return true;
    case 'within_last':
      return e <= t && t < e + window.ms;
    case 'within_first':
      return start <= e && e <= start + window.ms;
    case 'since':
      return start < e && e <= t;
  }
}

/** In an open window only a lower bound is decided, and only once it is reached. */
function judgeCount(n: number, test: CountTest, open: boolean): Truth {
  const holds = judgeValue(n, [test], { at: 0, since: null, entry: null, zone: 'UTC' });
  if (!open) return holds;
  const word = test.negated
    ? { at_most: 'more_than', less_than: 'at_least' }[test.op as string]
    : test.op;
  return (word === 'at_least' || word === 'more_than') && holds === true ? true : null;
}

// Values ------------------------------------------------------------------------------------------

function judgeValue(value: unknown, tests: ValueTest[], q: Question): Truth {
  return and(
    tests.map((test) => {
      const truth = judgeTest(value === null ? undefined : value, test, q);
      return test.negated ? not(truth) : truth;
    }),
  );
}

function judgeTest(v: unknown, test: ValueTest, q: Question): Truth {
  const sameType = (x: unknown): boolean =>
    ['string', 'number', 'boolean'].includes(typeof v) && typeof x === typeof v;
  switch (test.op) {
    case 'exists':
      return v !== undefined;
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

function judgeDate(v: unknown, test: DateTest, q: Question): Truth {
  if (typeof v !== 'string') return null;
  const instant = instantOf(v);
  const day = isDay(v) ? v : null;
  if (instant === null && day === null) return null;
  const today = dayAt(q.at, q.zone);
  switch (test.op) {
    case 'before':
    case 'after': {
      const sign = test.op === 'before' ? 1 : -1;
      if (day !== null) {
        const other = typeof test.date === 'string' ? test.date : dayAt(test.date.instant, q.zone);
        return sign * distance(day, other) > 0;
      }
      if (typeof test.date !== 'string') return sign * (test.date.instant - instant!) > 0;
      return test.op === 'before'
        ? instant! < midnight(test.date, q.zone)
        : instant! >= midnight(plusDays(test.date, 1), q.zone);
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

function isDay(text: string): boolean {
  return (
    /^\d{4}-\d\d-\d\d$/.test(text) && !text.startsWith('0000') && DateTime.fromISO(text).isValid
  );
}

function instantOf(text: string): number | null {
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

function dayAt(at: number, zone: string): string {
  return remember(`${at} ${zone}`, () => DateTime.fromMillis(at, { zone }).toISODate()!);
}

function midnight(day: string, zone: string): number {
  return remember(`${day} ${zone}`, () => DateTime.fromISO(day, { zone }).toMillis());
}

function plusDays(day: string, days: number): string {
  return DateTime.fromISO(day, { zone: 'UTC' }).plus({ days }).toISODate()!;
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

/**
 * The instants, ascending, at which this profile's truth may turn by time alone within (after, before):
 * what `changes_at` is probed at. Every window closes and opens with its first instant, so these suffice.
 */
export function turningPoints(
  profile: ReferenceProfile,
  durations: number[],
  dates: string[],
  zone: string,
  after: number,
  before: number,
): number[] {
  const facts = [
    ...(profile.bornAt === null ? [] : [profile.bornAt]),
    ...profile.events.map(({ occurredAt }) => occurredAt),
  ];
  const written = dates.flatMap((date) => {
    const instant = instantOf(date);
    return instant !== null
      ? [instant]
      : isDay(date)
        ? [midnight(date, zone), midnight(plusDays(date, 1), zone)]
        : [];
  });
  const points = [
    ...facts.flatMap((anchor) => [anchor, ...durations.map((d) => anchor + d)]),
    ...written.flatMap((anchor) => [anchor, ...durations.flatMap((d) => [anchor + d, anchor - d])]),
  ];
  return [...new Set(points)]
    .filter((point) => after < point && point < before)
    .toSorted((a, b) => a - b);
}
