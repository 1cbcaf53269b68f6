/**
 * The way into a campaign for one profile, as of an instant: the segment, the event or the broadcast that it is entered by
 * (of a sequence what followed it), `if`, what bars it, and when `again` lets it in once more; clause by clause, with when each turns by itself.
 */
import type { ProfileInBroadcast } from '../campaigns/broadcasts.sql.js';
import type { StoredEnrolment } from '../campaigns/enrolments.sql.js';
import { NEVER, type Instant } from '../core/instant.js';
import type { Queryable } from '../core/queryable.js';
import { valueAt } from '../core/value-at.js';
import { findEvent, listLaterEvents, type FoundEvent } from '../ingest/find-event.sql.js';
import { findLatestEvent, type StoredEvent } from '../ingest/profiles.sql.js';
import { printMatch, printProperty, printValueOf } from '../language/conditions/print-condition.js';
import type { ValueOf } from '../language/conditions/value-of-shapes.js';
import { takenByMatch } from '../language/conditions/values-taken.js';
import type { Condition, Entry, EventMatch, Sequence } from '../language/definitions.js';
import type { Clause } from '../segments/explain-condition.js';
import { membershipAt } from '../segments/segments.sql.js';
import { testProperty } from '../segments/test-value.js';
import { askClauses, askTurn, zoneOf, type Asked, type Asking } from './explain-asked.js';
import { explainCompany, type CompanyRule } from './explain-company.js';
import { explainOpening, type Opening } from './explain-opening.js';
import { eventOfTrigger } from './explain-why.js';
import { explainBars, type Bar } from './explain-standing.js';

/** The event that a campaign is entered by, and the latest of that name. */
export interface EntryEvent {
  /** `event: paid, where: { amount: { at_least: 50 } }` */
  says: string;
  latest: Pick<StoredEvent, 'id' | 'name' | 'occurredAt' | 'historical'> | null;
  /** What is asked of its properties, and what it has (null = missing); empty without an event. */
  tests: { says: string; holds: boolean | null; value: unknown }[];
  /** Whether it lets in, all in all. */
  holds: boolean | null;
  /** What came after it, where that is asked; null without an event. */
  answer: Answer | null;
}

/** Of a sequence: what followed the latest event. */
export interface Answer {
  /** The first that counts. */
  came: Pick<StoredEvent, 'name' | 'occurredAt'> | null;
  /** When the sequence becomes true by itself; NEVER = it does not. */
  turnsAt: Instant;
}

/** A condition of entry. */
export interface Gate {
  clause: Clause;
  /** When it becomes true by itself if nothing more arrives; NEVER = it does not. */
  turnsAt: Instant;
}

export interface Way {
  /** In the segment that the campaign is entered by; null: it is entered otherwise. */
  member: boolean | null;
  /** The condition of that segment, or of broadcasts; null: it is entered otherwise. */
  who: Gate | null;
  /** `if:` of the entry, with the data of the latest event that would begin it. */
  if: Gate | null;
  event: EntryEvent | null;
  /** Of a date, a trait's change, a schedule; null: it is entered otherwise. */
  opening: Opening | null;
  /** Exits and `while`: true or not, they bar entry while they would end it at once. */
  bars: Bar[];
  /** When `again` lets it in once more, NEVER = not at all; null: it was not in it, or may enter now. */
  againAt: Instant | null;
  /** What `one_per_account` says of it; null: nothing. */
  company: CompanyRule | null;
}

/** What is stored of the two: the latest of each. `entered`: judged as of this enrolment's entry, with its data. */
interface Stored {
  enrolment: StoredEnrolment | null;
  broadcast: ProfileInBroadcast | null;
  entered?: StoredEnrolment;
}

export async function explainWay(
  sql: Queryable,
  asked: Asked,
  { enrolment, broadcast, entered }: Stored,
): Promise<Way> {
  const { enter } = asked.definition;
  const event = enter.kind === 'event' ? await eventOf(sql, asked, enter.match, entered) : null;
  const by = entered ?? (event && { causeAt: event.occurredAt, entry: event.properties });
  const member =
    enter.kind === 'segment'
      ? await membershipAt(sql, { ...asked.profile, segment: enter.segment, at: asked.at })
      : null;
  return {
    member: enter.kind === 'segment' ? member !== null : null,
    who: await gate(sql, asked, whoOf(asked), entered ?? broughtBy(broadcast)),
    // Without an event there are no data to ask.
    if: enter.kind === 'event' && !by ? null : await gate(sql, asked, enter.if, by),
    event: enter.kind === 'event' ? await entryEvent(sql, asked, enter, event) : null,
    opening: await explainOpening(sql, asked, broadcast),
    bars: await explainBars(sql, asked, by),
    againAt: againAt(asked, enrolment),
    company: entered ? null : await explainCompany(sql, asked),
  };
}

/** The data that a broadcast brings; nothing is known yet of when it would let in. */
function broughtBy(broadcast: ProfileInBroadcast | null): Asking | null {
  return broadcast && { causeAt: null, entry: broadcast.entry };
}

/** Whom a campaign takes in by a condition; null: it is entered otherwise. */
function whoOf({ definition: { enter }, live }: Asked): Condition | null {
  if (enter.kind === 'broadcast' || enter.kind === 'schedule') return enter.who;
  if (enter.kind !== 'segment') return null;
  return live.segments.get(enter.segment)?.definition.who ?? null;
}

async function gate(
  sql: Queryable,
  asked: Asked,
  condition: Condition | null,
  by: Asking | null,
): Promise<Gate | null> {
  if (condition === null) return null;
  return {
    clause: await askClauses(sql, asked, condition, by),
    turnsAt: await askTurn(sql, asked, condition, { by }),
  };
}

/** Keys of `per` stand apart: of those nobody can say before they come. */
export function againAt(
  { definition: { enter }, at }: Pick<Asked, 'definition' | 'at'>,
  latest: StoredEnrolment | null,
): Instant | null {
  if (!latest || latest.state === 'active' || enter.per || enter.again.kind === 'always')
    return null;
  if (enter.again.kind === 'never') return NEVER;
  const free = latest.enteredAt + enter.again.ms;
  return free > at ? free : null;
}

/** The one that it was entered by; without an entry, or where that event is not kept, the latest. */
async function eventOf(
  sql: Queryable,
  { profile, at }: Asked,
  { names }: EventMatch,
  entered: StoredEnrolment | undefined,
): Promise<FoundEvent | null> {
  const id = entered && eventOfTrigger(entered);
  const by = id == null ? null : await findEvent(sql, profile.profileId, id);
  if (by) return by;
  const wanted = names.kind === 'any' ? null : names.names;
  return findLatestEvent(sql, profile.profileId, { names: wanted, at });
}

async function entryEvent(
  sql: Queryable,
  asked: Asked,
  { match, sequence }: Extract<Entry, { kind: 'event' }>,
  latest: FoundEvent | null,
): Promise<EntryEvent> {
  const says = printMatch(match, sequence);
  if (!latest) return { says, latest, tests: [], holds: false, answer: null };
  const testing = await testingBy(sql, asked, match);
  const tests = match.where.map((test) => ({
    says: printProperty(test),
    holds: testProperty(latest.properties, test, testing),
    value: valueAt(latest.properties, test.path) ?? null,
  }));
  // What came by an import starts nothing, whatever it says.
  const fits = latest.historical ? false : and(tests.map(({ holds }) => holds));
  if (!sequence) return { says, latest, tests, holds: fits, answer: null };
  const condition = followed(match, sequence);
  const { holds } = await askClauses(sql, asked, condition);
  const answer = {
    came: await findAnswer(sql, asked, sequence, latest),
    turnsAt: holds === true ? NEVER : await askTurn(sql, asked, condition, { by: null }),
  };
  return { says, latest, tests, holds: latest.historical ? false : holds, answer };
}

/**
 * What would have to come for the event to let in: `event`: one; `passing`: another, that passes these tests; `live`: another,
 * not by an import; `answer`: what follows it. Null: it lets in.
 */
export type EventLack = { what: 'event' | 'live' | 'answer' } | { what: 'passing'; says: string[] };

export function lackOfEvent({ latest, tests, holds }: EntryEvent): EventLack | null {
  if (holds === true) return null;
  if (!latest) return { what: 'event' };
  const failing = tests.filter((test) => test.holds !== true);
  if (failing.length > 0) return { what: 'passing', says: failing.map(({ says }) => says) };
  return { what: latest.historical ? 'live' : 'answer' };
}

/** Whether it fits, and lets nobody in for the way it came. */
export function cameByImport({ event }: Way): boolean {
  return event?.latest?.historical === true && event.tests.every(({ holds }) => holds === true);
}

function and(all: readonly (boolean | null)[]): boolean | null {
  if (all.includes(false)) return false;
  return all.includes(null) ? null : true;
}

/** That the latest such event fits, and was followed as it has to be. */
function followed({ names, where }: EventMatch, sequence: Sequence): Condition {
  const [window, quantity] = [{ kind: 'ever' }, { kind: 'once' }] as const;
  return { kind: 'event', names, occurrence: 'last', where, window, quantity, sequence };
}

async function findAnswer(
  sql: Queryable,
  asked: Asked,
  { by, same }: Sequence,
  latest: FoundEvent,
): Promise<Answer['came']> {
  const names = by.names.kind === 'any' ? null : by.names.names;
  const later = await listLaterEvents(sql, asked.profile.profileId, {
    names,
    after: latest.occurredAt,
    at: asked.at,
  });
  const testing = await testingBy(sql, asked, by);
  const key = (properties: unknown): string | undefined =>
    same ? JSON.stringify(valueAt(properties, same)) : '';
  const came = later.find(
    ({ properties }) =>
      key(properties) === key(latest.properties) &&
      by.where.every((test) => testProperty(properties, test, testing) === true),
  );
  return came ?? null;
}

/** When and where a match is tested, and what its values are compared with. */
async function testingBy(sql: Queryable, asked: Asked, match: EventMatch) {
  const lookedUp = await lookUp(sql, asked, takenByMatch(match));
  const look = (one: ValueOf): unknown => lookedUp.get(printValueOf(one));
  return { at: asked.at, zone: zoneOf(asked), look };
}

/** Traits of the profile as they were then, by how they are written. */
async function lookUp(
  sql: Queryable,
  asked: Asked,
  taken: readonly ValueOf[],
): Promise<Map<string, unknown>> {
  const found = new Map<string, unknown>();
  for (const one of taken) {
    const { path } = one;
    const { seen } = await askClauses(sql, asked, {
      kind: 'trait',
      path,
      tests: [{ op: 'exists', negated: false }],
    });
    found.set(printValueOf(one), seen?.kind === 'value' ? seen.value : null);
  }
  return found;
}
