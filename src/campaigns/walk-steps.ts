/**
 * Stage 3. Walks one enrolment through its steps at one instant, until it waits, ends, needs to know a condition, or has
 * something done. Pure: conditions are answered and acts done by the caller (in bulk, for many enrolments at once) and
 * the walk goes on where it stood.
 */
import type { Instant } from '../core/instant.js';
import type { Step } from '../language/definitions.js';
import type { Program, ProgramStep } from './program.js';
import { liesBehind, type StepsBehind } from './steps-behind.js';
import { walkAct } from './walk-act.js';
import { walkBranch } from './walk-branch.js';
import { walkRepeat } from './walk-repeat.js';
import { walkSend } from './walk-send.js';
import { walkWaitFor } from './walk-wait-for.js';
import { walkWait } from './walk-waits.js';
import type { Round, Surroundings, Walk, WalkResult } from './walk.js';
import { iterationOf, keyFor, settle } from './walk.js';

export interface Begin {
  at: Instant;
  zone: string;
  around: Surroundings;
  /** Of one that was moved between versions. */
  behind?: StepsBehind | null;
}

/** A walk that begins at the first step. */
export function startWalk(program: Program, begin: Begin): Walk {
  return { ...fresh(begin), cursor: program.first, arrivedAt: begin.at };
}

/**
 * A walk that goes on at the wait where it stands since `arrivedAt`; `met`: what that waits for has come; `round`: of the
 * repeat around it; `arrives`: it was put before this step, whatever it is, by hand.
 */
export function resumeWalk(
  place: {
    step: string;
    arrivedAt: Instant;
    met?: boolean;
    round?: Round | null;
    arrives?: boolean;
  },
  begin: Begin,
): Walk {
  const { step, arrivedAt, met = false, round = null, arrives = false } = place;
  return { ...fresh(begin), cursor: step, arrivedAt, resuming: !arrives, met, round };
}

function fresh({ at, zone, around, behind = null }: Begin): Omit<Walk, 'cursor' | 'arrivedAt'> {
  return {
    ...around,
    at,
    zone,
    resuming: false,
    met: false,
    round: null,
    answers: new Map(),
    outcomes: new Map(),
    measured: new Map(),
    settled: [],
    behind,
  };
}

/**
 * Goes on until the walk waits, ends, or needs something under `key`: an answer in `walk.answers`, a number in
 * `walk.measured`, an outcome in `walk.outcomes`. A refused send is settled like one that goes out (semantics.md: a wait starts when the step before is settled).
 */
export function walkSteps(program: Program, walk: Walk): WalkResult {
  while (walk.cursor !== null) {
    const place = program.steps.get(walk.cursor);
    if (!place)
      throw new Error(`step ${walk.cursor} is not part of the campaign version it is pinned to`);
    const { step } = place;
    if (walk.behind && !walk.resuming && isBehind(walk, walk.behind, step)) {
      walk.cursor = place.next;
      continue;
    }
    // A repeat that its own steps lead back to was let in before.
    if (step.if && !walk.resuming && !(step.kind === 'repeat' && walk.round)) {
      const key = keyFor(walk, 'if');
      const answer = walk.answers.get(key);
      if (!answer) return { kind: 'needs', key, condition: step.if };
      if (answer.holds !== true) {
        settle(walk, 'skipped:if', place.next);
        continue;
      }
    }
    const stands = walkStep(program, place, walk);
    if (stands) return stands;
  }
  return { kind: 'ended', reason: 'completed', because: null };
}

/** A repeat that its own steps lead back to goes on. */
function isBehind(walk: Walk, behind: StepsBehind, step: Step): boolean {
  const goesOn = step.kind === 'repeat' && walk.round !== null;
  return !goesOn && liesBehind(behind, step, iterationOf(walk));
}

/** What the step at the cursor does; null: it is settled and the walk goes on. */
function walkStep(program: Program, place: ProgramStep, walk: Walk): WalkResult | null {
  const { step, next, arms } = place;
  switch (step.kind) {
    case 'send':
    case 'notify':
      return walkSend({ ...place, step }, walk);
    case 'wait':
    case 'wait_until':
      return walkWait(program, { step, next }, walk);
    case 'wait_for':
      return walkWaitFor({ ...place, step }, walk);
    case 'branch':
      return walkBranch(place, walk);
    case 'split': {
      const name = walk.armOf(step);
      settle(walk, `split:${name}`, arms[step.arms.findIndex((arm) => arm.name === name)]!.first);
      return null;
    }
    case 'repeat':
      return walkRepeat({ ...place, step }, walk);
    case 'set':
    case 'unset':
    case 'subscribe':
    case 'unsubscribe':
    case 'track':
    case 'enrol':
    case 'webhook':
      return walkAct({ ...place, step }, walk);
    case 'exit':
      settle(walk, 'exited', null);
      return { kind: 'ended', reason: 'exited', because: `exit: ${step.reason}` };
  }
}
