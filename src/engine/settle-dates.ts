/**
 * Entries by a date: for everybody who has one, the next time is kept as an awaited entry, and moves when the date, or the
 * zone, does. Told of facts, it ends what a date started that is no more, keeps the next time, and lets in at once where a
 * date is stated whose time has just passed. What comes due is settled with the other awaited entries.
 */
import {
  hasOccurrence,
  keyOf,
  lastOccurrence,
  nextOccurrence,
  type ByDate,
  type Occurrence,
} from '../campaigns/date-occurrences.js';
import { isDeepStrictEqual } from 'node:util';
import type { Instant } from '../core/instant.js';
import { valueAt } from '../core/value-at.js';
import { companyPath } from '../language/company-path.js';
import { campaignZone } from './ask.js';
import { companyChange, companyNews, companyTraitAt } from './company-past.js';
import type { CampaignVersion, EngineDefinitions } from './engine-definitions.js';
import { isEntryBuilt } from './entry-builds.sql.js';
import { refuse } from './refuse.js';
import { traitAt } from './trait-past.js';
import type { AwaitedEntry, Candidate, Fact, ProfileState, Turn, Window } from './window.js';
import { endEnrolment } from './happen.js';

type FactTurn = Turn & { fact: Fact };

/** A campaign by date, and what it reads of a profile at an instant. */
interface Dated {
  profile: ProfileState;
  version: CampaignVersion;
  enter: ByDate;
  at: Instant;
  value: unknown;
  zone: string;
}

export function hearOfDates(window: Window, turns: readonly FactTurn[]): void {
  for (const turn of turns) {
    endChanged(window.definitions, turn);
    for (const version of window.definitions.dated) {
      const { enter } = version.definition;
      if (enter.kind !== 'date' || !concernsDate(enter, turn.fact)) continue;
      if (isEntryBuilt(window.dates, turn.profile.shard, version))
        keep(window, turn, version, enter);
    }
  }
}

/** Of one profile that is looked at for the first time: the next time is awaited, what has passed starts nothing. */
export function awaitDate(
  definitions: EngineDefinitions,
  profile: ProfileState,
  version: CampaignVersion,
  at: Instant,
): void {
  const { enter } = version.definition;
  if (enter.kind !== 'date') return;
  const dated = read(definitions, { profile, at }, version, enter);
  const next = nextOccurrence(enter, dated.value, dated.zone, at);
  if (next) profile.awaited.push(toAwaited(dated, next, next.due));
}

/** What a due row asks for; the next of a date that recurs is awaited from then on. */
export function dateCandidate(
  { definitions }: Window,
  { profile, at }: Pick<Turn, 'profile' | 'at'>,
  awaited: AwaitedEntry,
): Candidate | null {
  const live = definitions.dated.find(({ id }) => id === awaited.version.id);
  const enter = live?.definition.enter;
  awaited.decided = true;
  if (!live || enter?.kind !== 'date') return null;
  if (enter.every !== null) {
    const dated = read(definitions, { profile, at }, live, enter);
    const next = nextOccurrence(enter, dated.value, dated.zone, at);
    if (next && !profile.awaited.some((one) => !one.decided && isOf(one, live, next)))
      profile.awaited.push(toAwaited(dated, next, next.due));
  }
  const version = definitions.campaigns.get(live.id);
  return version ? toCandidate({ profile, at }, version, enter, awaited) : null;
}

export function isByDate({ trigger }: Pick<AwaitedEntry, 'trigger'>): boolean {
  return trigger.startsWith('date:');
}

/** A date that has changed ends what it started, under the rule of the version that is under way. */
function endChanged(definitions: EngineDefinitions, { profile, at, fact }: FactTurn): void {
  for (const enrolment of profile.enrolments) {
    const { enter } = enrolment.version.definition;
    if (!enrolment.active || enter.kind !== 'date' || !isByDate(enrolment)) continue;
    if (!mayEnd(enter, { profile, at, fact })) continue;
    const { value, zone } = read(definitions, { profile, at }, enrolment.version, enter);
    if (!hasOccurrence(enter, value, zone, enrolment.trigger))
      endEnrolment(enrolment, at, 'exited', 'date_changed');
  }
}

/** Brings what is awaited in line with the date as it is now. */
function keep(window: Window, turn: FactTurn, version: CampaignVersion, enter: ByDate): void {
  const { profile, at, fact } = turn;
  const dated = read(window.definitions, turn, version, enter);
  const open = profile.awaited.filter(
    (one) => !one.decided && one.version.id === version.id && isByDate(one),
  );
  const last = lastOccurrence(enter, dated.value, dated.zone, at);
  const next = nextOccurrence(enter, dated.value, dated.zone, at);
  // Its time has passed because the date was stated now, or because the zone moved over it.
  const passed = last && (isStated(enter, turn) || open.some((one) => isOf(one, version, last)));
  const wanted = next ? [{ occurrence: next, due: next.due }] : [];
  if (passed && at - last.due <= enter.catchUpMs) wanted.push({ occurrence: last, due: at });
  else if (passed && enter.every === null) miss(window, dated, last, fact);
  for (const one of open) {
    const kept = wanted.find(({ occurrence }) => isOf(one, version, occurrence));
    one.changed = true;
    if (kept) one.dueAt = kept.due;
    else one.decided = true;
  }
  for (const { occurrence, due } of wanted)
    if (!open.some((one) => isOf(one, version, occurrence)))
      profile.awaited.push(toAwaited(dated, occurrence, due));
}

function miss(window: Window, dated: Dated, last: Occurrence, { trace }: Fact): void {
  const version = window.definitions.campaigns.get(dated.version.id);
  if (!version || dated.profile.enrolments.some((one) => isOf(one, version, last))) return;
  const candidate = toCandidate(dated, version, dated.enter, {
    ...toAwaited(dated, last, 0),
    trace,
  });
  refuse(window, candidate, 'missed', { due_at: last.due });
}

function isOf(
  one: Pick<AwaitedEntry, 'version' | 'trigger'>,
  version: CampaignVersion,
  { trigger }: Occurrence,
): boolean {
  return one.version.id === version.id && one.trigger === trigger;
}

/** Whether the fact may move when it lets in. */
function concernsDate({ path }: ByDate, fact: Fact): boolean {
  if (fact.kind === 'import' || fact.kind === 'merge') return true;
  const news = companyNews(fact);
  if (news) {
    const ofCompany = companyPath(path);
    return ofCompany !== null && (news.moved || news.traits.includes(ofCompany[0]!));
  }
  return (
    fact.kind === 'traits' &&
    ['timezone', path[0]!].some((trait) => Object.hasOwn(fact.data, trait))
  );
}

/** Whether what a date started may be no more: it was stated, or the company is another one. */
function mayEnd(enter: ByDate, turn: FactTurn): boolean {
  const { kind } = turn.fact;
  if (kind === 'import' || kind === 'merge' || isStated(enter, turn)) return true;
  return companyPath(enter.path) !== null && (companyNews(turn.fact)?.moved ?? false);
}

/**
 * Whether the date was stated by this fact, and is not what it was. An import, or what is history, states nothing; nor does
 * whoever joins a company: its date was there before.
 */
function isStated({ path }: ByDate, { profile, at, fact }: FactTurn): boolean {
  if (fact.historical) return false;
  const ofCompany = companyPath(path);
  const [trait, ...rest] = ofCompany ?? path;
  const change = ofCompany
    ? companyChange(profile, { fact, at }, trait!)
    : traitChange(fact, trait!);
  return (
    change !== null && !isDeepStrictEqual(valueAt(change.before, rest), valueAt(change.after, rest))
  );
}

function traitChange(
  { kind, data }: Fact,
  trait: string,
): { before?: unknown; after?: unknown } | null {
  return kind === 'traits' && Object.hasOwn(data, trait) ? (data[trait] as object) : null;
}

function read(
  definitions: EngineDefinitions,
  { profile, at }: Pick<Turn, 'profile' | 'at'>,
  version: CampaignVersion,
  enter: ByDate,
): Dated {
  return {
    profile,
    version,
    enter,
    at,
    value: dateAt(profile, enter, at),
    zone: campaignZone(enter.zone, profile, definitions, at),
  };
}

function dateAt(profile: ProfileState, { path }: ByDate, at: Instant): unknown {
  const ofCompany = companyPath(path);
  const [trait, ...rest] = ofCompany ?? path;
  return valueAt((ofCompany ? companyTraitAt : traitAt)(profile, trait!, at), rest);
}

/** Whether the date lets a profile in at the same moment as another of its company, whom it let in by `trigger` at `at`. */
export function isLetInWith(
  { definitions }: Window,
  { version, at, trigger }: Pick<Candidate, 'version' | 'at' | 'trigger'>,
  [one, other]: readonly [ProfileState, ProfileState],
): boolean {
  const { enter } = version.definition;
  if (enter.kind !== 'date') return false;
  const [of, own] = [one, other].map((profile) => {
    const { value, zone } = read(definitions, { profile, at }, version, enter);
    return lastOccurrence(enter, value, zone, at);
  });
  if (!of || own?.trigger !== trigger || of.trigger !== trigger) return false;
  // What was stated late lets everybody in when it is.
  return own.due === of.due || Math.max(own.due, of.due) < at;
}

function toAwaited(
  { version, at }: Dated,
  { trigger, day }: Occurrence,
  dueAt: Instant,
): AwaitedEntry {
  return {
    version,
    trigger,
    causeAt: at,
    heardAt: at,
    entry: { date: day },
    trace: null,
    dueAt,
    stored: false,
    changed: true,
    decided: false,
  };
}

function toCandidate(
  { profile, at }: Pick<Turn, 'profile' | 'at'>,
  version: CampaignVersion,
  enter: ByDate,
  { trigger, entry, trace }: AwaitedEntry,
): Candidate {
  return {
    profile,
    version,
    at,
    trigger,
    occurrence: keyOf(enter, trigger),
    causeAt: at,
    entry,
    tooLate: null,
    entryEventId: null,
    requestId: null,
    trace,
  };
}
