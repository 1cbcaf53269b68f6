/**
 * Stage 3. The walk of one enrolment at one instant: where it stands, what it has been told, what it leaves behind. Plain
 * data and the one way to leave a step; what each kind of step does is in the files beside. Pure.
 */
import type { Instant } from '../core/instant.js';
import type { SkipReason } from '../core/reasons.js';
import type { Condition, Measure, Path, Step } from '../language/definitions.js';
import type { StepsBehind } from './steps-behind.js';

export type SendStep = Extract<Step, { kind: 'send' }>;
/** A step that a mail comes of: to the profile, or about it to a colleague. */
export type MailStep = Extract<Step, { kind: 'send' | 'notify' }>;
export type NotifyStep = Extract<Step, { kind: 'notify' }>;
export type ActStep = Extract<
  Step,
  { kind: 'set' | 'unset' | 'subscribe' | 'unsubscribe' | 'track' | 'enrol' | 'webhook' }
>;
export type SplitStep = Extract<Step, { kind: 'split' }>;

/** Where it is in a repeat: the round that has begun, 0 before the first, and the moment from which they count. */
export interface Round {
  iteration: number;
  anchorAt: Instant;
}

/** What the walk left behind: one line of `enrolment_steps`. */
export interface SettledStep {
  step: string;
  /** The round of the repeat that it belongs to, 0 outside. */
  iteration: number;
  arrivedAt: Instant;
  settledAt: Instant;
  outcome: string;
}

/** The step as the walk comes to it. */
export interface SendAt {
  iteration: number;
  skipped: SkipReason | null;
  /** What such a refusal rests on, kept with it. */
  because?: 'date_past' | 'date_missing';
  /** What the template reads as `with`. */
  values: Record<string, unknown>;
}

/** It cannot be decided yet: the walk stands there until `until`; null = until those before it have been walked. */
export interface NotYet {
  until: Instant | null;
}

/** What a walk asks of its surroundings. */
export interface Surroundings {
  /** The value of a trait, or of a field of the entry, as it is at the instant of the walk. */
  read(from: 'profile' | 'account' | 'entry', path: Path): unknown;
  /**
   * Decides one message and says why it was refused, or null when it goes out. `skipped`: it is not asked for, and is
   * written down as refused with that reason.
   */
  send(step: MailStep, at: SendAt): SkipReason | null | NotYet;
  /** The name of the arm that this profile goes. */
  armOf(step: SplitStep): string;
}

/** The truth of a condition, and when it may change by time alone. */
export interface Answer {
  holds: boolean | null;
  changesAt: Instant;
}

/** The walk of one enrolment at one instant. `answers` grows while it is under way. */
export interface Walk extends Surroundings {
  at: Instant;
  zone: string;
  /** Where it stands; null = behind the last step. */
  cursor: string | null;
  arrivedAt: Instant;
  /** It has stood at the step at the cursor before: a wait that may be over now. */
  resuming: boolean;
  /** Null outside a repeat. */
  round: Round | null;
  /** The event that the step at the cursor waits for has come. */
  met: boolean;
  answers: Map<string, Answer>;
  /** What came of steps that act. */
  outcomes: Map<string, string>;
  /** What events came to; null = there is nothing to count. */
  measured: Map<string, number | null>;
  settled: SettledStep[];
  /** What lies behind an enrolment that was moved here from another version: it goes through no step twice. */
  behind: StepsBehind | null;
}

export type WalkResult =
  | { kind: 'needs'; key: string; condition: Condition }
  /** What events come to, which belongs under `key` in `measured`. */
  | { kind: 'measures'; key: string; measure: Measure }
  /** Something is to be done now; what came of it belongs under `key` in `outcomes`. */
  | { kind: 'acts'; key: string; step: ActStep; values: Record<string, unknown> }
  /** Until `dueAt`; at `watchAt` what it waits for is to be asked again. */
  | { kind: 'waits'; step: string; dueAt: Instant; watchAt: Instant }
  /** Others of the same instant go first; nothing has changed. */
  | { kind: 'yields' }
  | { kind: 'ended'; reason: 'completed'; because: null }
  | { kind: 'ended'; reason: 'exited'; because: string };

/** Leaves the step at the cursor with an outcome and stands at `next`. */
export function settle(walk: Walk, outcome: string, next: string | null): void {
  const { cursor, arrivedAt, at: settledAt } = walk;
  const iteration = iterationOf(walk);
  walk.settled.push({ step: cursor!, iteration, arrivedAt, settledAt, outcome });
  walk.cursor = next;
  walk.arrivedAt = walk.at;
  walk.resuming = false;
  walk.met = false;
}

export function iterationOf({ round }: Pick<Walk, 'round'>): number {
  return round?.iteration ?? 0;
}

/** The name under which a walk asks something for its step; a round that follows at the same instant asks anew. */
export function keyFor(walk: Pick<Walk, 'cursor' | 'round'>, what: string): string {
  return `${walk.cursor}/${iterationOf(walk)}#${what}`;
}
