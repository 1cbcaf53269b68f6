/**
 * The meaning of conditions, written straight from semantics.md and sharing no code with the compiler.
 * In: a profile with its whole past in memory, a condition, an instant; out: true, false or null. Slow
 * and plain on purpose: it is what the SQL is held against.
 */
import { hash } from 'node:crypto';
import type {
  ChangedCondition,
  Condition,
  EventCondition,
  EventNames,
  NumberTest,
  Quantity,
  SegmentDefinition,
  Sequence,
  Window,
} from '../../src/language/definitions.js';
import { average, scaled, sum } from './exact.js';
import {
  and,
  beginOf,
  dayAt,
  endOf,
  find,
  instantOf,
  isDay,
  judgeValue,
  midnight,
  not,
  plusDays,
  type Truth,
} from './reference-values.js';

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
  /** What it said about topics (`*` = all) from an instant on, oldest first. */
  consents?: Record<string, { from: number; subscribed: boolean }[]>;
}

export interface Question {
  at: number;
  /** Facts after this instant are not known: to ask what time alone will do. Default: `at`. */
  knownAt?: number;
  since: number | null;
  /** When the wait began that asks. */
  waitSince?: number | null;
  entry: Record<string, unknown> | null;
  zone: string;
}

type Segments = ReadonlyMap<string, SegmentDefinition>;

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
    case 'trait_changed':
      return judgeChange(condition, profile, q);
    case 'topic': {
      const said = (topic: string): boolean | undefined =>
        profile.consents?.[topic]?.findLast(({ from }) => from <= known(q))?.subscribed;
      const subscribed = said('*') !== false && (said(condition.topic) ?? condition.byDefault);
      return subscribed !== condition.negated;
    }
    case 'sample': {
      const hex = hash('sha256', `${condition.salt}/${profile.id}`).slice(0, 12);
      const place = BigInt(`0x${hex}`) % 1_000_000n;
      return place < BigInt(condition.millionths) !== condition.negated;
    }
  }
}

function judgeChange(condition: ChangedCondition, profile: ReferenceProfile, q: Question): Truth {
  const { path, from, to, window, negated } = condition;
  const [trait, ...rest] = path;
  const seen = profile.events.filter(({ judgedAt }) => judgedAt <= known(q));
  const start =
    window.kind === 'ever' ? -Infinity : startOf(window, profile, seen.toSorted(inOrder), q);
  if (start === null) return null;
  const history = profile.traits[trait!] ?? [];
  const latest = history.flatMap(({ from: at, value }, index) => {
    if (!Number.isFinite(at) || at > known(q) || at <= start) return [];
    const before = find(history[index - 1]?.value, rest) ?? undefined;
    const after = find(value, rest) ?? undefined;
    return JSON.stringify(before) === JSON.stringify(after) ? [] : [{ before, after }];
  });
  const change = latest.at(-1);
  if (!change) return negated;
  const holds = and([judgeValue(change.before, from, q), judgeValue(change.after, to, q)]);
  return negated ? not(holds) : holds;
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

// Events ------------------------------------------------------------------------------------------

function judgeEvent(condition: EventCondition, profile: ReferenceProfile, q: Question): Truth {
  const seen = profile.events.filter((event) => event.judgedAt <= known(q)).toSorted(inOrder);
  const { names } = condition;
  const named = seen.filter(({ name }) => isNamed(names, name));
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
      inWindow(event.occurredAt, condition.window, start, q) &&
      condition.where.every(
        ({ path, tests }) => judgeValue(find(event.properties, path), tests, q) === true,
      ),
  );
  const open = condition.window.kind === 'within_first' && q.at < start + condition.window.ms;
  const { sequence } = condition;
  const paired = sequence
    ? matching.filter((event) => judgePair(event, sequence, matching, seen, q))
    : matching;
  return judgeQuantity(condition.quantity, paired, open, q);
}

/** Whether the sequence is true of one event among those that match. */
function judgePair(
  event: ReferenceEvent,
  sequence: Sequence,
  matching: readonly ReferenceEvent[],
  seen: readonly ReferenceEvent[],
  q: Question,
): boolean {
  const { by, same } = sequence;
  const keyOf = ({ properties }: ReferenceEvent): unknown =>
    same === null ? 'all' : find(properties, same);
  const key = keyOf(event);
  if (!['string', 'number', 'boolean'].includes(typeof key)) return false;
  const answers = seen.filter(
    (other) =>
      isNamed(by.names, other.name) &&
      other.occurredAt > event.occurredAt &&
      keyOf(other) === key &&
      by.where.every(
        ({ path, tests }) => judgeValue(find(other.properties, path), tests, q) === true,
      ),
  );
  if (sequence.kind === 'not_followed_by') {
    const latest = matching.findLast((other) => keyOf(other) === key);
    return latest === event && answers.length === 0 && event.occurredAt + sequence.withinMs <= q.at;
  }
  const { withinMs, took } = sequence;
  const answer = answers.find(
    ({ occurredAt }) => withinMs === null || occurredAt <= event.occurredAt + withinMs,
  );
  if (took === null) return answer !== undefined;
  const elapsed = BigInt((answer?.occurredAt ?? q.at) - event.occurredAt);
  return took.every(
    (test) => compare(elapsed, test, BigInt) && (answer !== undefined || growing(test)),
  );
}

/** Of time that goes on: once true it stays so. */
function growing({ op, negated }: NumberTest): boolean {
  return negated ? op === 'less_than' || op === 'at_most' : op === 'at_least' || op === 'more_than';
}

function inOrder(a: ReferenceEvent, b: ReferenceEvent): number {
  return a.occurredAt - b.occurredAt || a.receivedAt - b.receivedAt || a.id - b.id;
}

function isNamed(names: EventNames, name: string): boolean {
  return names.kind === 'any' ? !name.startsWith('$') : names.names.includes(name);
}

function judgeQuantity(
  quantity: Quantity,
  matching: readonly ReferenceEvent[],
  open: boolean,
  q: Question,
): Truth {
  switch (quantity.kind) {
    case 'once':
      return open ? (matching.length > 0 ? true : null) : matching.length > 0;
    case 'never':
      return open ? null : matching.length === 0;
    case 'count':
      return judgeCount(matching.length, quantity.tests, open);
    case 'distinct': {
      const values = matching.map(({ properties }) => find(properties, quantity.of));
      const scalars = values.filter((v) => ['string', 'number', 'boolean'].includes(typeof v));
      return judgeCount(new Set(scalars).size, quantity.tests, open);
    }
    case 'sum':
    case 'average':
    case 'min':
    case 'max': {
      const numbers = matching
        .map(({ properties }) => find(properties, quantity.of))
        .filter((v) => typeof v === 'number');
      return judgeNumbers(quantity.kind, numbers, quantity.tests, open);
    }
    case 'quiet_for': {
      if (open) return null;
      const last = matching.at(-1);
      if (last === undefined) return quantity.negated;
      const quiet = q.at - last.occurredAt;
      const holds =
        'ms' in quantity
          ? quiet >= quantity.ms
          : quantity.tests.every((test) => compare(BigInt(quiet), test, BigInt));
      return holds !== quantity.negated;
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
  if (window.kind === 'ever' || window.kind === 'within_last' || window.kind === 'between')
    return 0;
  if (window.kind === 'since_wait') return q.waitSince ?? null;
  if (window.of !== null)
    return seen.findLast(({ name }) => name === window.of)?.occurredAt ?? null;
  if (window.kind === 'since') return q.since;
  return profile.bornAt !== null && profile.bornAt <= q.at ? profile.bornAt : null;
}

function inWindow(e: number, window: Window, start: number, q: Question): boolean {
  switch (window.kind) {
    case 'ever':
      return true;
    case 'within_last':
      return e <= q.at && q.at < e + window.ms;
    case 'between':
      return beginOf(window.from, q) <= e && e <= endOf(window.to, q);
    case 'within_first':
      return start <= e && e <= start + window.ms;
    case 'since':
    case 'since_wait':
      return start < e && e <= q.at;
  }
}

/** In an open window only a lower bound is decided, and only once it is reached. */
function judgeCount(n: number, tests: readonly NumberTest[], open: boolean): Truth {
  return and(
    tests.map((test) => {
      const holds = compare(BigInt(n) * 1000n, test, (value) => BigInt(Math.round(value * 1000)));
      return open ? reached(test, holds) : holds;
    }),
  );
}

function judgeNumbers(
  kind: 'sum' | 'average' | 'min' | 'max',
  numbers: number[],
  tests: readonly NumberTest[],
  open: boolean,
): Truth {
  if (open && kind !== 'sum') return null;
  if (numbers.length === 0 && kind !== 'sum') return null;
  return and(
    tests.map((test) => {
      const holds =
        kind === 'sum'
          ? compare(sum(numbers), test, scaled)
          : kind === 'average'
            ? compare(sum(numbers), test, (value) => average(value, numbers.length))
            : compare(scaled(Math[kind](...numbers)), test, scaled);
      return open ? reached(test, holds) : holds;
    }),
  );
}

function reached(test: NumberTest, holds: boolean): Truth {
  return growing(test) && holds ? true : null;
}

/** Exactly, as whole numbers on one scale. */
function compare(n: bigint, test: NumberTest, scale: (value: number) => bigint): boolean {
  const at = (value: unknown): bigint => scale(value as number);
  const holds = {
    is: () => n === at((test as { value: number }).value),
    in: () => (test as { values: number[] }).values.some((value) => n === at(value)),
    more_than: () => n > at((test as { value: number }).value),
    less_than: () => n < at((test as { value: number }).value),
    at_least: () => n >= at((test as { value: number }).value),
    at_most: () => n <= at((test as { value: number }).value),
    between: () => {
      const { low, high } = test as { low: number; high: number };
      return at(low) <= n && n <= at(high);
    },
  }[test.op]();
  return holds !== test.negated;
}

/** What changes later changes never (docs/adr/0022). */
const END_OF_TIME = Date.UTC(9999, 11, 31);

/**
 * The instants, ascending, at which this profile's truth may turn by time alone within (after, before):
 * what `changes_at` is probed at. Every window closes and opens with its first instant, so these suffice. `daily`:
 * something is counted from today.
 */
export function turningPoints(
  profile: ReferenceProfile,
  { durations, daily }: { durations: number[]; daily: boolean },
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
  const today = dayAt(after, zone);
  const days = Array.from({ length: daily ? 45 : 0 }, (_, index) =>
    midnight(plusDays(today, index), zone),
  );
  const points = [
    ...days,
    ...facts.flatMap((anchor) => [anchor, ...durations.map((d) => anchor + d)]),
    ...written.flatMap((anchor) => [anchor, ...durations.flatMap((d) => [anchor + d, anchor - d])]),
  ];
  return [...new Set(points)]
    .filter((point) => after < point && point < Math.min(before, END_OF_TIME))
    .toSorted((a, b) => a - b);
}
