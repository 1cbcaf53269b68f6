/**
 * Checked definitions: what the language hands to the rest of the engine. Plain JSON (they are stored
 * as `jsonb`, one immutable version each), no positions, every default filled in, every name resolved.
 * Segments' and campaigns' meaning is semantics.md; this file only fixes the shapes.
 */
import type { Duration } from '../core/duration.js';
import type { Instant } from '../core/instant.js';
import type { Schedule } from '../core/schedule.js';
import type { Billing } from './project/billing.js';
import type { Endpoint, Sender, Topic } from './project/project-shapes.js';
import type { TemplateDefinition } from './templates/template-definition.js';
import type { ActBody, ValueSource } from './campaigns/act-shapes.js';
import type { NotifyBody } from './campaigns/notify-shapes.js';
import type {
  ActiveCondition,
  SampleCondition,
  SegmentCondition,
  TopicCondition,
} from './conditions/choice-shapes.js';
import type {
  MembersRank,
  PercentileQuantity,
  TraitRankCondition,
  TrendQuantity,
} from './conditions/sampled-shapes.js';
import type { DateBound, LocalDate, TimeOfDay, Zone } from './scalars/time-shapes.js';
import type {
  ScoreByNumber,
  ScoreByRank,
  ScoreDefinitionOf,
  ScoreInBand,
} from './scores/points-shapes.js';
import type { ValueOfTest } from './conditions/value-of-shapes.js';
import type { CampaignGates, IfLate, ProjectGates } from './gates/gate-shapes.js';

/** A property path: `card.expires_on` is `['card', 'expires_on']`. */
export type Path = string[];

export type Scalar = string | number | boolean;

/**
 * One test on a value. `is_not`, `not_in`, `missing` and everything under `none:` are the positive word
 * with `negated: true`; a negated test flips true and false and leaves undecided alone (semantics.md,
 * Truth 1). `between` with dates is `before` and `after`, both negated. The `within_*` tests hold elapsed milliseconds (`ms`) and, when the unit was days or weeks, whole `days`, because a
 * value without time counts in days.
 */
export type ValueTest = { negated: boolean } & (
  | { op: 'is'; value: Scalar }
  | { op: 'in'; values: Scalar[] }
  | { op: 'more_than' | 'less_than' | 'at_least' | 'at_most'; value: number }
  | { op: 'between'; low: number; high: number }
  | { op: 'contains'; value: Scalar }
  | { op: 'contains_any'; values: Scalar[] }
  | { op: 'starts_with' | 'ends_with'; value: string }
  | { op: 'matches'; pattern: string }
  | { op: 'exists' }
  | ValueOfTest
  | { op: 'before' | 'after'; date: DateBound }
  | {
      op: 'within_last' | 'within_next' | 'anniversary_within_next';
      ms: number;
      days: number | null;
    }
);

/** Tests on one property; all must be true. */
export interface PropertyTest {
  path: Path;
  tests: ValueTest[];
}

/** Tests that can be about numbers (N): of events, of what their properties sum up to, of milliseconds. */
export type NumberTest = Extract<
  ValueTest,
  { op: 'is' | 'in' | 'more_than' | 'less_than' | 'at_least' | 'at_most' | 'between' }
>;

export type Quantity =
  | { kind: 'once' }
  | { kind: 'never' }
  | { kind: 'count'; tests: NumberTest[] }
  /** How many different texts, numbers and truth values the property has. */
  | { kind: 'distinct'; of: Path; tests: NumberTest[] }
  /** Of the property's numbers, anything else left out; a sum of none is 0, the others are undecided then. */
  | { kind: 'sum' | 'average' | 'min' | 'max'; of: Path; tests: NumberTest[] }
  /**
   * Time since the last matching event: at least `ms`, or whatever the tests say of it in milliseconds. False (not
   * undecided) for those who never did it, whatever the tests; `negated` is the contrary of all of that.
   */
  | { kind: 'quiet_for'; ms: number; negated: boolean }
  | { kind: 'quiet_for'; tests: NumberTest[]; negated: boolean }
  | TrendQuantity
  | PercentileQuantity;

export type Window =
  | { kind: 'ever' }
  | { kind: 'within_last'; ms: number }
  /** Both ends in. */
  | { kind: 'between'; from: DateBound; to: DateBound }
  /** From the profile's start, or from the latest event named `of`. */
  | { kind: 'within_first'; ms: number; of: string | null }
  /** `of: null` = since entry; else since the latest event of that name. */
  | { kind: 'since'; of: string | null }
  /** From the moment on at which the `wait_for` began whose condition it is part of. */
  | { kind: 'since_wait' };

/** Event names an `event:` key lists; `any` = every application event (never ours, `$...`). */
export type EventNames = { kind: 'any' } | { kind: 'list'; names: string[] };

/**
 * What came after each event, or did not: only events of which that is true match (semantics.md, Sequences). `by` is the
 * answer, `same` a property that both have with one value.
 */
export type Sequence = { by: EventMatch; same: Path | null } & (
  | {
      kind: 'followed_by';
      /** How long an answer counts; null = for ever. */
      withinMs: number | null;
      /** Of the milliseconds up to the answer, or up to now while none came. */
      took: NumberTest[] | null;
    }
  | { kind: 'not_followed_by'; withinMs: number }
);

export interface EventCondition {
  kind: 'event';
  names: EventNames;
  occurrence: 'first' | 'last' | null;
  where: PropertyTest[];
  window: Window;
  quantity: Quantity;
  sequence?: Sequence;
}

/**
 * The latest change of a trait led from a value that passes `from` to one that passes `to`; no tests = whatever. With a
 * window that begins, it came after that. False where nothing changed, and then true when negated.
 */
export interface ChangedCondition {
  kind: 'trait_changed';
  path: Path;
  from: ValueTest[];
  to: ValueTest[];
  window: Extract<Window, { kind: 'ever' | 'since' | 'since_wait' }>;
  negated: boolean;
}

/** Of the company that the profile belongs to, judged on its traits and on the events of all its members. */
export interface AccountCondition {
  kind: 'account';
  of: Condition;
}

/** Within `account`: how many of the company's members there are, or of how many `who` is true. */
export interface MembersCondition {
  kind: 'members';
  tests: NumberTest[];
  who: Condition | null;
}

export type MembersRankCondition = MembersRank<Condition>;

/**
 * Negation is gone (pushed to the leaves by the checker). `all: []` and `any: []` cannot occur.
 * `segment` refers to another segment by id; cycles cannot occur.
 */
export type Condition =
  | { kind: 'all'; of: Condition[] }
  | { kind: 'any'; of: Condition[] }
  | { kind: 'trait'; path: Path; tests: ValueTest[] }
  | { kind: 'entry'; path: Path; tests: ValueTest[] }
  | EventCondition
  | ChangedCondition
  | TraitRankCondition
  | TopicCondition
  | SampleCondition
  | ActiveCondition
  | AccountCondition
  | MembersCondition
  | MembersRankCondition
  | SegmentCondition
  | ScoreInBand<Condition, EventMatch>
  | ScoreByNumber<Condition, EventMatch, NumberTest>
  | ScoreByRank<Condition, EventMatch>;

export interface SegmentDefinition {
  kind: 'segment';
  id: string;
  description: string | null;
  /** The campaign whose `enter.who` this is; such a segment is called `<campaign>/who`. */
  implicitFor: string | null;
  who: Condition;
}

/** An event as entry, exit or goal: judged on the event itself, in code. */
export interface EventMatch {
  names: EventNames;
  where: PropertyTest[];
}

export type Again = { kind: 'never' } | { kind: 'always' } | { kind: 'after'; ms: number };

/** At most one of an account is under way: the first of whom the earliest of these is true, else as `otherwise` says. */
export interface OnePerAccount {
  prefer: Condition[];
  otherwise: 'skip' | 'most_active' | 'oldest';
}

export type Entry = {
  if: Condition | null;
  per: Path | null;
  needs: Path[];
  again: Again;
  /** What becomes of a passage under way when the same key enters. */
  ifActive: 'ignore' | 'refresh' | 'restart';
  zone: Zone;
  onePerAccount?: OnePerAccount;
} & (
  | { kind: 'segment'; segment: string; current: boolean; ifLeft: 'exit' | 'stay' }
  /** With a sequence, once for each event of which that becomes true, and then. */
  | { kind: 'event'; match: EventMatch; ignoreOlderThanMs: number; sequence?: Sequence }
  /**
   * Whenever a trait goes from a value that passes `from` to one that passes `to`; no tests = whatever. Here and in dates a
   * path that begins with `account` is a trait of the company (company-path.ts).
   */
  | ({ kind: 'trait'; path: Path; ignoreOlderThanMs: number } & Record<'from' | 'to', ValueTest[]>)
  /** At a time of a date's day, or of each anniversary; one that is stated too late lets in for `catchUpMs` yet. */
  | ({ kind: 'date'; at: TimeOfDay; every: 'month' | 'year' | null; catchUpMs: number } & Pick<
      DateOffset,
      'path' | 'shift'
    >)
  | { kind: 'api' }
  /** Whoever matches `who` when the schedule strikes where they are. */
  | { kind: 'schedule'; schedule: Schedule; who: Condition }
  /** Whoever matches `who` at the instant of a broadcast that somebody asks for; no membership is kept of it. */
  | { kind: 'broadcast'; who: Condition }
);

/**
 * What ends an enrolment or a `wait_for`: an event, judged on itself (since entry, or since the wait began), or a state.
 * `same` compares a property of the event with the same path of the entry data.
 */
export type ExitRule =
  | { kind: 'event'; match: EventMatch; same: Path | null; label: string }
  | { kind: 'state'; condition: Condition; label: string };

export interface Goal {
  match: EventMatch;
  same: Path | null;
  /** Counts in (entry, entry + withinMs]; null = for ever. */
  withinMs: number | null;
  value: Path | null;
  ends: boolean;
}

export type Step = { id: string; if: Condition | null } & (
  | {
      kind: 'send';
      template: string;
      from: string | null;
      topic: string | null;
      /** What the template reads as `with`. */
      with?: Record<string, StepValue>;
      ifLate?: IfLate;
    }
  | { kind: 'wait'; duration: Duration; at: TimeOfDay | null }
  | {
      kind: 'wait_until';
      until: WaitUntil;
      /** What happens when the time has passed on arrival; absent (versions from before) = continue. */
      ifPast?: Unresolved;
      /** What happens when there is no such date; absent = continue. */
      ifMissing?: Unresolved;
    }
  | { kind: 'wait_for'; rule: ExitRule; atMostMs: number; then: Step[]; else: Step[] }
  | { kind: 'branch'; arms: Arm[] }
  | { kind: 'split'; arms: SplitArm[] }
  | { kind: 'repeat'; times: number; every: Duration; at: TimeOfDay | null; steps: Step[] }
  | NotifyBody<StepValue>
  | ActBody<StepValue>
  | { kind: 'exit'; reason: string }
);

/** `skip`: the steps up to the next wait of the same list are passed by. */
export type Unresolved = 'skip' | 'continue' | 'exit';

/**
 * An instant that follows a date of the profile or the entry. With `at` it is that time of the date's day, moved by
 * days or longer; without, the date's own instant, moved by hours or less (a day without a time has none).
 */
export interface DateOffset {
  from: 'trait' | 'entry';
  path: Path;
  shift: (Duration & { direction: 'before' | 'after' }) | null;
  at: TimeOfDay | null;
}

/** `days`: 1 = Monday .. 7 = Sunday, null = any day. */
export type WaitUntil =
  | { kind: 'time'; at: TimeOfDay; days: number[] | null }
  | { kind: 'instant'; at: Instant }
  | { kind: 'local'; date: LocalDate; at: TimeOfDay }
  | ({ kind: 'date' } & DateOffset);

/** `if: null` is the else arm, always last. */
export interface Arm {
  if: Condition | null;
  then: Step[];
}

/** A value that a step states or sends along, as it is at the instant of the step. */
export type StepValue =
  | { kind: 'literal'; value: unknown }
  | { kind: 'value_of'; from: ValueSource; path: Path }
  | Measure
  /** The first whose condition is true, `if: null` always is; none: the step is skipped. */
  | { kind: 'choose'; arms: { if: Condition | null; use: StepValue }[] };

/** What events come to. `of`: the property that is summed up, null for `count`. */
export interface Measure {
  kind: 'measure';
  names: EventNames;
  where: PropertyTest[];
  window: Window;
  show: 'count' | 'distinct' | 'sum' | 'average' | 'min' | 'max';
  of: Path | null;
}

/** `share` in hundredths of a percent; those of a split come to 10,000. */
export interface SplitArm {
  name: string;
  share: number;
  then: Step[];
}

export interface CampaignDefinition extends CampaignGates {
  kind: 'campaign';
  id: string;
  description: string | null;
  purpose: 'marketing' | 'transactional';
  topic: string | null;
  from: string | null;
  draft: boolean;
  enter: Entry;
  exit: ExitRule[];
  /** It ends unless this is known to be true. */
  while?: Condition;
  /** It ends so long after entry, in elapsed ms. */
  endsAfterMs?: number;
  goal: Goal | null;
  steps: Step[];
}

/** How many may enter a campaign within an hour before ops are asked; `share` of all profiles, in hundredths of a percent. */
export type Surge = { count: number } | { share: number };

export interface ProjectDefinition extends ProjectGates {
  /** Absent = the larger of 1,000 and a tenth of all profiles. */
  surge?: Surge;
  /** When samples are taken, in the project's zone; absent = 03:00. */
  dailyAt?: TimeOfDay;
  kind: 'project';
  id: 'rekindle';
  project: string;
  zone: string;
  locale: string;
  /** The trait at which a profile's life starts. */
  profileStart: Path;
  senders: Record<string, Sender>;
  postalAddress: string | null;
  mailDomain: string | null;
  /** Base URL of links in mails (unsubscribe page); null = the server's own address. */
  links: string | null;
  topics: Record<string, Topic>;
  billing?: Billing;
  /** Domains and addresses, in lower case, that alone get notices; absent = nothing is said about it. */
  notifyOnly?: string[];
  /** Other systems, as steps call them. */
  endpoints?: Record<string, Endpoint>;
}

export type Definition =
  | ProjectDefinition
  | ScoreDefinitionOf<Condition, EventMatch>
  | SegmentDefinition
  | CampaignDefinition
  | TemplateDefinition;

/** A whole checked configuration: what `validate` accepts and `apply` stores. */
export interface Definitions {
  project: ProjectDefinition;
  segments: SegmentDefinition[];
  /** Absent: none. */
  scores?: ScoreDefinitionOf<Condition, EventMatch>[];
  campaigns: CampaignDefinition[];
  templates: TemplateDefinition[];
}
