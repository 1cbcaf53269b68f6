/**
 * Stage 3. Where an enrolment stands in another version of its campaign, by step id. In: where it stands now, both
 * versions, and which old step became which new one. Out: its place there, or why it stays where it is. Pure.
 */
import { addCalendar } from '../core/calendar.js';
import type { Instant } from '../core/instant.js';
import type { Step } from '../language/definitions.js';
import { dueAt } from './due-at.js';
import type { Program } from './program.js';
import { liesBehind, type StepsBehind } from './steps-behind.js';
import type { Round, Surroundings } from './walk.js';
import { isDated } from './walk-waits.js';

/** Old step ids to new ones; a step that is not named keeps its id. */
export type StepMap = Readonly<Record<string, string>>;

/**
 * Why it stays: its step is in the new version no more; it has left the step that it would stand at before, and nobody
 * goes through a step twice; or that step belongs to rounds in which it is not.
 */
export const STAYS = ['step_gone', 'step_behind', 'in_rounds'] as const;
export type StayReason = (typeof STAYS)[number];

export type Place =
  | { stays: StayReason }
  | {
      /** Null: before the first one. */
      step: string | null;
      round: Round | null;
      /** It comes to the step only now, so that its `if:` is asked; else it has stood there all the time. */
      arrives: boolean;
    };

export interface Standing {
  step: string | null;
  round: Round | null;
  behind: StepsBehind;
  /** Days and months of rounds count there. */
  zone: string;
}

export function placeIn(
  { from, to, map }: { from: Program; to: Program; map: StepMap },
  { step, round, behind, zone }: Standing,
): Place {
  if (step === null) return { step: null, round: null, arrives: true };
  const old = from.steps.get(step)!;
  const id = Object.hasOwn(map, step) ? map[step]! : step;
  const place = to.steps.get(id);
  if (!place) return { stays: 'step_gone' };
  const repeat = round && old.repeat;
  const kept = repeat !== null && place.repeat === (map[repeat] ?? repeat);
  const begins = place.step.kind === 'repeat';
  if (place.repeat !== null && !kept && !begins) return { stays: 'in_rounds' };
  const moved = kept
    ? rebase(round!, roundsOf(from, repeat), roundsOf(to, place.repeat!), zone)
    : null;
  const stands = kept && begins;
  if (!stands && liesBehind(behind, place.step, moved?.iteration ?? 0))
    return { stays: 'step_behind' };
  const waited =
    WAITS.has(place.step.kind) || (place.step.kind === 'send' && old.step.kind === 'send');
  return { step: id, round: moved, arrives: !stands && !waited };
}

/** Where one can stand without the step being begun anew. */
const WAITS: ReadonlySet<Step['kind']> = new Set<Step['kind']>(['wait', 'wait_until', 'wait_for']);

type Rounds = Extract<Step, { kind: 'repeat' }>;

function roundsOf({ steps }: Program, id: string): Rounds {
  return steps.get(id)!.step as Rounds;
}

/** With another interval the next round begins that much after the last one began, so that no rounds come at once. */
function rebase(round: Round, old: Rounds, rounds: Rounds, zone: string): Round {
  const { iteration, anchorAt } = round;
  const same = JSON.stringify([old.every, old.at]) === JSON.stringify([rounds.every, rounds.at]);
  if (same || iteration === 0) return round;
  const begun = addCalendar(anchorAt, times(old, iteration), zone, old.at);
  return { iteration, anchorAt: addCalendar(begun, times(rounds, -iteration), zone) };
}

function times({ every: { count, unit } }: Rounds, n: number): Rounds['every'] {
  return { count: count * n, unit };
}

/** Where it stands since `arrivedAt`, at the instant of the move. */
export interface Waiting {
  arrivedAt: Instant;
  at: Instant;
  zone: string;
  read: Surroundings['read'];
}

/**
 * When it goes on from the step at which it stands now. What waits for a time counts from when it began to wait; what
 * looks at something looks at once. `overdueSince`: when that was, where it has passed already.
 */
export function goesOnAt(
  step: Step,
  { arrivedAt, at, zone, read }: Waiting,
): { dueAt: Instant; overdueSince: Instant | null } {
  const due = waitsUntil(step, { at: arrivedAt, zone, read });
  const overdueSince = due !== null && due < at ? due : null;
  return { dueAt: step.kind === 'wait_for' || due === null ? at : Math.max(due, at), overdueSince };
}

/** The end of a wait that began at `at`, as far as it follows from that; null for everything else. */
export function waitsUntil(
  step: Step,
  begun: { at: Instant; zone: string; read: Surroundings['read'] },
): Instant | null {
  if (step.kind === 'wait_for') return begun.at + step.atMostMs;
  if (step.kind !== 'wait' && (step.kind !== 'wait_until' || isDated(step))) return null;
  return dueAt(step, begun);
}
