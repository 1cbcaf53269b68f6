/**
 * The engine's working memory for one transaction: what is known of the profiles that have something to
 * settle, kept up to date while their instants are settled one after the other, written back in bulk at
 * the end. Plain data; loading is load-window.ts, writing flush-window.ts.
 */
import type { EngineEvent } from '../campaigns/decide-event.js';
import type { StepsBehind } from '../campaigns/steps-behind.js';
import type { Round, SettledStep } from '../campaigns/walk.js';
import type { Instant } from '../core/instant.js';
import { NEVER } from '../core/instant.js';
import type {
  EndReason,
  Purpose,
  RefusalReason,
  SkipReason,
  TransitionCause,
} from '../core/reasons.js';
import type { OwnEvent } from '../ingest/own-events.sql.js';
import type { CountedMail } from '../messages/caps.js';
import type { GatesSeen, HeldBy } from '../messages/gates.js';
import type { CampaignVersion, EngineDefinitions } from './engine-definitions.js';
import type { EntryBuilds } from './entry-builds.sql.js';
import type { Builds } from './segment-builds.js';
import type { BegunSurge } from './surge-guard.js';

export interface Window {
  definitions: EngineDefinitions;
  builds: Builds;
  /** Of campaigns by date. */
  dates: EntryBuilds;
  until: Instant;
  /** Of whom this window may take in more, and since when their traits are looked up; no shards: nobody. */
  here: { shards: readonly number[]; since: Instant };
  profiles: Map<number, ProfileState>;
  /** Enrolments begun. */
  entered: number;
  transitions: Transition[];
  refusals: Refusal[];
  /** Who was held back, and the campaigns that began to do so. */
  heldBack: Candidate[];
  surges: BegunSurge[];
  messages: MessageIntent[];
  /** Enrolments that went on in another version. */
  moves: Move[];
  /** Of other systems. */
  calls: CallIntent[];
  /** What counts against caps, by profile; only of those of whom it was asked. */
  reservations: Map<number, CountedMail[]>;
  outcomes: RequestOutcome[];
  broadcastCounts: BroadcastCount[];
}

/** A row of the inbox, with the instant at which it is judged in this window. */
export interface Fact {
  kind:
    | 'event'
    | 'traits'
    | 'import'
    | 'merge'
    | 'enrol'
    | 'topics'
    | 'account'
    | 'member'
    | 'membership'
    | 'migrate'
    | 'sample';
  at: Instant;
  /** From when on it is known; `at` is later where the shard was beyond that when it was picked up. */
  judgedAt: Instant;
  /** An event's or the campaign's name. */
  name: string | null;
  event: EngineEvent | null;
  /** Changes state, ends and converts, but starts nothing. */
  historical: boolean;
  data: Record<string, unknown>;
  /** Of the request that brought it. */
  trace: string | null;
  /** 0 for what came from outside; what the engine brought about is one deeper than its cause. */
  round: number;
}

export interface ProfileState {
  id: number;
  shard: number;
  traits: Record<string, unknown>;
  zone: string | null;
  accountId: number | null;
  /** All it belongs to, or belonged to while the window lasts: what any of them goes through may concern it. */
  companies: number[];
  /** Of its companies, what is read in code; null: nothing is. */
  company: CompanyPast | null;
  bornAt: Instant | null;
  /** Changes of traits that are read in code (address, zone, dates of waits), latest first: to see them as of an instant. */
  traitChanges: { trait: string; before: unknown; at: Instant }[];
  segments: Map<string, SegmentState>;
  /** `segments` are loaded, and kept up to date: they are those of the profile's present instant. */
  knowsSegments: boolean;
  enrolments: EnrolmentState[];
  awaited: AwaitedEntry[];
  facts: Fact[];
  /** Of the engine's own, of which colleagues have not been told. */
  untold: Fact[];
  /** How many of `facts` are settled. */
  done: number;
  /** Segments that facts of the present instant may have changed, with the cause. */
  touched: Map<string, Touch>;
  /** What has happened to its enrolments and is not stored yet. */
  happened: Happened[];
  /** The instant that is being settled, how deep its chain of causes is by now, and what they were. */
  instant: Instant;
  round: number;
  trail: string[];
  /** The present fact changes state and starts nothing. */
  historical: boolean;
}

/** Of companies what is read in code, to see it as of an instant (company-past.ts). */
export interface CompanyPast {
  /** Where the profile belonged until each of its moves, latest first. */
  moves: { before: number | null; at: Instant }[];
  /** Shared by those who belong, or belonged, to them. */
  companies: ReadonlyMap<number, KnownCompany>;
}

export interface KnownCompany {
  traits: Record<string, unknown>;
  /** Latest first. */
  changes: { trait: string; before: unknown; at: Instant }[];
}

/** An event of the engine's own, with the trace of the request that it goes back to. */
export type Happened = OwnEvent & { trace: string | null };

/** The fact that may have changed a segment. */
export interface Touch {
  cause: TransitionCause;
  eventId: number | null;
  trace: string | null;
}

export interface SegmentState {
  member: boolean;
  since: Instant;
  changesAt: Instant;
  changed: boolean;
}

export interface EnrolmentState {
  /** null until it is written. */
  id: number | null;
  profile: ProfileState;
  version: CampaignVersion;
  trigger: string;
  /** Of the request that it goes back to; known only while it is new. */
  trace: string | null;
  perKey: string;
  /** Where at most one of an account is under way: whose. */
  accountId: number | null;
  active: boolean;
  enteredAt: Instant;
  causeAt: Instant;
  entry: Record<string, unknown>;
  /** When the data of another entry took the place of its own, the last time. */
  refreshedAt: Instant | null;
  step: string | null;
  arrivedAt: Instant;
  dueAt: Instant;
  /** When what it hears of is to be asked again: each state exit (by its index), `while`, and `wait`, what its
   * step waits for; `ends_after` is when it ends. */
  watches: Map<string, Instant>;
  /** Where it is in a repeat, null outside. */
  round: Round | null;
  /** Gets no mail, so that it is seen what comes without. */
  heldOut: boolean;
  /** Why it stands at a send, null elsewhere. */
  held: Hold | null;
  /** When it was moved between versions the last time, and what it had left behind by then; null = never. */
  movedAt: Instant | null;
  behind: StepsBehind | null;
  /** Within an instant: it was moved to a step that it comes to now. */
  arrives: boolean;
  /** Within an instant: since when it would have gone on, had its version been the one to which it was moved. */
  overdueSince: Instant | null;
  /** Within an instant: the event that its step waits for has come. */
  met: boolean;
  endedAt: Instant | null;
  endReason: EndReason | null;
  endBecause: string | null;
  convertedAt: Instant | null;
  conversionValue: number | null;
  settled: SettledStep[];
  changed: boolean;
}

/** An entry that may come later: what asks for it has begun (settle-awaited.ts). */
export interface AwaitedEntry {
  /** Of the campaign, when it began. */
  version: CampaignVersion;
  trigger: string;
  causeAt: Instant;
  heardAt: Instant;
  entry: Record<string, unknown>;
  trace: string | null;
  dueAt: Instant;
  /** It has a row. */
  stored: boolean;
  changed: boolean;
  /** It entered, or never will. */
  decided: boolean;
}

/** A send that has to wait, and what the gates saw. */
export interface Hold {
  because: HeldBy;
  /** Since when it waits for room under a cap, also while a window is closed. */
  cappedSince: Instant | null;
  gates: GatesSeen;
}

export interface Transition {
  profileId: number;
  segment: string;
  versionId: number;
  entered: boolean;
  at: Instant;
  cause: TransitionCause;
  eventId: number | null;
  trace: string | null;
}

export interface Refusal {
  profileId: number;
  campaign: string;
  versionId: number;
  at: Instant;
  trigger: string;
  reason: RefusalReason;
  detail: Record<string, unknown>;
}

/** One decision about one send step; `skipped` ones are stored too, with reason and numbers. */
export interface MessageIntent {
  enrolment: EnrolmentState;
  step: string;
  iteration: number;
  template: string;
  templateVersionId: number;
  purpose: Purpose;
  topic: string | null;
  sender: string;
  address: string | null;
  skipped: SkipReason | null;
  detail: Record<string, unknown>;
  gates: GatesSeen;
  /** From when on it is late, and what then; null = never. */
  late: { at: Instant; then: 'skip' | 'ask' } | null;
  /** What the template reads as `with`. */
  values: Record<string, unknown>;
  at: Instant;
}

/** One enrolment goes on in another version: one migration of it. */
export interface Move {
  profileId: number;
  enrolmentId: number;
  migrationId: string;
  at: Instant;
  fromVersion: number;
  fromStep: string | null;
  toStep: string | null;
}

/** What one step tells an endpoint. */
interface CallIntent {
  enrolment: EnrolmentState;
  step: string;
  iteration: number;
  endpoint: string;
  values: Record<string, unknown>;
  late: MessageIntent['late'];
  at: Instant;
}

export interface RequestOutcome {
  requestId: string;
  outcome:
    | { entered: true; enrolment: EnrolmentState; refreshed?: true }
    | { entered: false; because: string; detail: Record<string, unknown> };
}

/** A broadcast as the engine needs it. */
export interface RunningBroadcast {
  id: string;
  campaign: string;
  versionId: number;
  entry: Record<string, unknown>;
  /** Everybody is judged as of then. */
  at: Instant;
  /** The wall time that a schedule meant; null = somebody asked for it. */
  occurrence: string | null;
}

/** How many profiles of a shard came to one end in a broadcast. */
export interface BroadcastCount {
  broadcast: string;
  shard: number;
  outcome: 'judged' | 'matched' | 'entered' | RefusalReason;
  n: number;
}

/** A profile that asks to enter a campaign. */
export interface Candidate {
  profile: ProfileState;
  version: CampaignVersion;
  at: Instant;
  trigger: string;
  /** What makes a passage of its own where there is no `per`: the id of a broadcast. */
  occurrence: string | null;
  /** The broadcast that takes it in. */
  broadcast?: string;
  /** What `since: entry` counts from. */
  causeAt: Instant;
  entry: Record<string, unknown>;
  /** The entry event came too long after it occurred; the numbers behind that. */
  tooLate: Record<string, unknown> | null;
  entryEventId: number | null;
  /** The API request that waits for an answer. */
  requestId: string | null;
  /** Of the request that it goes back to. */
  trace: string | null;
  /** It was held back and let in by hand (surge-guard.ts). */
  admitted?: true;
}

/** One profile's next step through time: its next fact, or the timers of an instant. */
export interface Turn {
  profile: ProfileState;
  at: Instant;
  fact: Fact | null;
}

/** No further fact at this instant, by now: memberships, timers and steps are to be settled. */
export function isClosing({ profile, at }: Turn): boolean {
  return profile.facts[profile.done]?.at !== at;
}

/** The next instant at which something is to be settled for this profile; NEVER = nothing. */
export function nextInstant(profile: ProfileState): Instant {
  let next = profile.facts[profile.done]?.at ?? NEVER;
  for (const state of profile.segments.values()) next = Math.min(next, state.changesAt);
  for (const awaited of profile.awaited) if (!awaited.decided) next = Math.min(next, awaited.dueAt);
  for (const enrolment of profile.enrolments) {
    if (!enrolment.active) continue;
    next = Math.min(next, enrolment.dueAt, watchAt(enrolment));
  }
  return next;
}

/** The earliest instant at which a state exit of this enrolment, or what it waits for, may become true by itself. */
export function watchAt(enrolment: EnrolmentState): Instant {
  let next = NEVER;
  for (const at of enrolment.watches.values()) next = Math.min(next, at);
  return next;
}

/** A profile comes to an instant: nothing has followed from anything there yet. */
export function beginInstant(profile: ProfileState, at: Instant): void {
  if (profile.instant === at) return;
  profile.instant = at;
  profile.round = 0;
  profile.trail = [];
}

/** Takes the profile's next turn in the window, or null when it is settled up to `until`. */
export function takeTurn(profile: ProfileState, until: Instant): Turn | null {
  const at = nextInstant(profile);
  if (at > until) return null;
  const candidate = profile.facts[profile.done];
  const fact = candidate && candidate.at === at ? candidate : null;
  if (fact) profile.done++;
  beginInstant(profile, at);
  profile.round = Math.max(profile.round, fact?.round ?? 0);
  profile.historical = fact?.historical ?? false;
  return { profile, at, fact };
}
