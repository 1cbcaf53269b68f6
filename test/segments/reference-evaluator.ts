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
  EventMatch,
  EventNames,
  SegmentDefinition,
  Sequence,
  Window,
} from '../../src/language/definitions.js';
import {
  cutoffAt,
  figureOf,
  judgeRank,
  judgeTrend,
  type ReferenceCutoff,
} from './reference-samples.js';
import { scaled } from './exact.js';
import { judgeScore, scoreOf } from './reference-scores.js';
import { compare, growing, judgeCount, judgeQuantity } from './reference-quantities.js';
import {
  and,
  beginOf,
  endOf,
  find,
  judgeValue,
  not,
  type Look,
  type Truth,
} from './reference-values.js';

export interface ReferenceEvent {
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
  /** The company it belongs to from an instant on, oldest first; null = none. */
  companies?: { from: number; id: number | null }[];
  /** When it became a member of a segment, or ceased to be one, oldest first. */
  stays?: Record<string, { from: number; member: boolean }[]>;
  /** A merged profile is nobody. */
  merged?: boolean;
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

export interface ReferenceAccount {
  id: number;
  traits: ReferenceProfile['traits'];
}

/** Whatever else a condition may be about. */
export interface Surroundings {
  segments: ReadonlyMap<string, SegmentDefinition>;
  profiles?: readonly ReferenceProfile[];
  accounts?: readonly ReferenceAccount[];
  /** Of every ranking. */
  cutoffs?: readonly ReferenceCutoff[];
}

/** A company as if it were a profile: its traits, and the events of all its members. */
interface Company extends ReferenceProfile {
  members: readonly ReferenceProfile[];
}

export function judge(
  condition: Condition,
  profile: ReferenceProfile,
  q: Question,
  around: Surroundings,
): Truth {
  const seeing = { ...q, look: looking(profile, q, around) };
  switch (condition.kind) {
    case 'all':
      return and(condition.of.map((child) => judge(child, profile, q, around)));
    case 'any':
      return not(and(condition.of.map((child) => not(judge(child, profile, q, around)))));
    case 'segment': {
      if (condition.forAtLeastMs !== undefined) {
        const latest = profile.stays?.[condition.segment]?.findLast(({ from }) => from <= known(q));
        const long = latest?.member === true && latest.from + condition.forAtLeastMs <= q.at;
        return long !== condition.negated;
      }
      const member =
        judge(around.segments.get(condition.segment)!.who, profile, q, around) === true;
      return condition.negated ? !member : member;
    }
    case 'score': {
      const counted = {
        at: q.at,
        holds: (child: Condition) => judge(child, profile, q, around) === true,
        events: (match: EventMatch) => matchingEvents(match, profile, seeing),
      };
      if (!('rank' in condition)) return judgeScore(condition, counted);
      const cutoff = cutoffAt(around.cutoffs ?? [], 'numbers', known(q));
      const figure = scaled(scoreOf(condition.of, counted) / 1_000);
      return judgeRank(figure, condition.rank.tests, cutoff, false);
    }
    case 'trait':
      return judgeValue(find(traitsAt(profile, q), condition.path), condition.tests, seeing);
    case 'entry':
      return judgeValue(find(q.entry ?? undefined, condition.path), condition.tests, seeing);
    case 'event':
      return judgeEvent(condition, profile, seeing, around);
    case 'trait_rank': {
      const value = find(traitsAt(profile, q), condition.path);
      const cutoff = cutoffAt(around.cutoffs ?? [], 'numbers', known(q));
      const figure = typeof value === 'number' ? scaled(value) : null;
      return judgeRank(figure, condition.tests, cutoff, false);
    }
    case 'trait_changed':
      return judgeChange(condition, profile, seeing);
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
    case 'campaign_active': {
      const of = (name: string): number =>
        profile.events.filter(
          (event) =>
            event.name === name &&
            event.judgedAt <= known(q) &&
            event.properties['campaign'] === condition.campaign,
        ).length;
      return of('$campaign_entered') > of('$campaign_ended') !== condition.negated;
    }
    case 'account': {
      const company = companyOf(profile, q, around);
      return company && judge(condition.of, company, q, around);
    }
    case 'members': {
      const { who } = condition;
      const counted = (profile as Company).members.filter(
        (member) => who === null || judge(who, member, q, around) === true,
      );
      if (!('rank' in condition)) return judgeCount(counted.length, condition.tests, false);
      const figure = counted.length === 0 ? null : scaled(counted.length);
      const cutoff = cutoffAt(around.cutoffs ?? [], 'numbers', known(q));
      return judgeRank(figure, condition.rank.tests, cutoff, false);
    }
  }
}

/** What a test is compared with, of the profile that is judged: a company's own traits are those of its account. */
function looking(profile: ReferenceProfile, q: Question, around: Surroundings): Look {
  return ({ of, path }) => {
    if (of === 'entry') return find(q.entry ?? undefined, path);
    const whose =
      of === 'profile' || 'members' in profile ? profile : companyOf(profile, q, around);
    return whose ? find(traitsAt(whose, q), path) : undefined;
  };
}

function companyOf(
  profile: ReferenceProfile,
  q: Question,
  { profiles = [], accounts = [] }: Surroundings,
): Company | null {
  const idAt = ({ companies = [] }: ReferenceProfile): number | null =>
    companies.findLast(({ from }) => from <= known(q))?.id ?? null;
  const id = idAt(profile);
  if (id === null) return null;
  const members = profiles.filter((other) => !other.merged && idAt(other) === id);
  const starts = members.flatMap(({ bornAt }) => bornAt ?? []);
  return {
    id,
    members,
    bornAt: starts.length === 0 ? null : Math.min(...starts),
    events: members.flatMap(({ events }) => events),
    traits: accounts.find((account) => account.id === id)!.traits,
  };
}

function judgeChange(
  condition: ChangedCondition,
  profile: ReferenceProfile,
  q: Question & { look: Look },
): Truth {
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

function judgeEvent(
  condition: EventCondition,
  profile: ReferenceProfile,
  q: Question & { look: Look },
  around: Surroundings,
): Truth {
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
  if (condition.quantity.kind === 'percentile') {
    const open = condition.window.kind === 'within_first' && q.at < start + condition.window.ms;
    const { sequence } = condition;
    const counted = sequence
      ? matching.filter((event) => judgePair(event, sequence, matching, seen, q))
      : matching;
    const { value, tests } = condition.quantity;
    const isTime = value.kind === 'quiet_for';
    const took = (event: ReferenceEvent): number =>
      answersTo(event, sequence!, seen, q)[0]!.occurredAt - event.occurredAt;
    const of = isTime ? 'times' : value.kind === 'took' ? 'durations' : 'numbers';
    const cutoff = cutoffAt(around.cutoffs ?? [], of, known(q));
    return judgeRank(open ? null : figureOf(value, counted, took), tests, cutoff, isTime);
  }
  if (condition.quantity.kind === 'trend')
    return judgeTrend(condition.quantity, matching, profile.bornAt, q);
  const open = condition.window.kind === 'within_first' && q.at < start + condition.window.ms;
  const { sequence } = condition;
  const paired = sequence
    ? matching.filter((event) => judgePair(event, sequence, matching, seen, q))
    : matching;
  return judgeQuantity(condition.quantity, paired, open, q);
}

/** When those occurred that match, of all that is known. */
function matchingEvents(
  { names, where }: EventMatch,
  { events }: ReferenceProfile,
  q: Question & { look: Look },
): number[] {
  return events
    .filter(({ name, judgedAt }) => judgedAt <= known(q) && isNamed(names, name))
    .filter(({ properties }) =>
      where.every(({ path, tests }) => judgeValue(find(properties, path), tests, q) === true),
    )
    .toSorted(inOrder)
    .map(({ occurredAt }) => occurredAt);
}

/** Whether the sequence is true of one event among those that match. */
function judgePair(
  event: ReferenceEvent,
  sequence: Sequence,
  matching: readonly ReferenceEvent[],
  seen: readonly ReferenceEvent[],
  q: Question & { look: Look },
): boolean {
  const keyOf = (one: ReferenceEvent): unknown => keyBy(sequence, one);
  const key = keyOf(event);
  if (!['string', 'number', 'boolean'].includes(typeof key)) return false;
  const answers = answersTo(event, sequence, seen, q);
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

/** What came after an event about the same thing, oldest first. */
function answersTo(
  event: ReferenceEvent,
  sequence: Sequence,
  seen: readonly ReferenceEvent[],
  q: Question & { look: Look },
): ReferenceEvent[] {
  const { by } = sequence;
  return seen.filter(
    (other) =>
      isNamed(by.names, other.name) &&
      other.occurredAt > event.occurredAt &&
      keyBy(sequence, other) === keyBy(sequence, event) &&
      by.where.every(
        ({ path, tests }) => judgeValue(find(other.properties, path), tests, q) === true,
      ),
  );
}

function keyBy({ same }: Sequence, { properties }: ReferenceEvent): unknown {
  return same === null ? 'all' : find(properties, same);
}

function inOrder(a: ReferenceEvent, b: ReferenceEvent): number {
  return a.occurredAt - b.occurredAt || a.receivedAt - b.receivedAt || a.id - b.id;
}

function isNamed(names: EventNames, name: string): boolean {
  return names.kind === 'any' ? !name.startsWith('$') : names.names.includes(name);
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
