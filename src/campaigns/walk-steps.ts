/**
 * Stage 3. Walks one enrolment through its steps at one instant, until it waits, ends, or needs to
 * know a condition. Pure: conditions are answered by the caller (in bulk, for many enrolments at once)
 * and the walk goes on where it stood.
 */
import type { Instant } from '../core/instant.js';
import type { SkipReason } from '../core/reasons.js';
import type { Condition, Step } from '../language/definitions.js';
import { dueAt } from './due-at.js';
import type { Program } from './program.js';

export type SendStep = Extract<Step, { kind: 'send' }>;

/** What the walk left behind: one line of `enrolment_steps`. */
export interface SettledStep {
  step: string;
  arrivedAt: Instant;
  settledAt: Instant;
  outcome: string;
}

/** The walk of one enrolment at one instant. `answers` grows while it is under way. */
export interface Walk {
  at: Instant;
  zone: string;
  /** Where it stands; null = behind the last step. */
  cursor: string | null;
  arrivedAt: Instant;
  /** The step at the cursor is a wait that is over now. */
  resuming: boolean;
  answers: Map<string, boolean | null>;
  settled: SettledStep[];
}

export type WalkResult =
  | { kind: 'needs'; key: string; condition: Condition }
  | { kind: 'waits'; step: string; dueAt: Instant }
  | { kind: 'ended'; reason: 'completed'; because: null }
  | { kind: 'ended'; reason: 'exited'; because: string };

/** A walk that begins at the first step. */
export function startWalk(program: Program, at: Instant, zone: string): Walk {
  return {
    at,
    zone,
    cursor: program.first,
    arrivedAt: at,
    resuming: false,
    answers: new Map(),
    settled: [],
  };
}

/** A walk that goes on at a wait which is over. */
export function resumeWalk(step: string, arrivedAt: Instant, at: Instant, zone: string): Walk {
  return { at, zone, cursor: step, arrivedAt, resuming: true, answers: new Map(), settled: [] };
}

/**
 * Goes on until the walk waits, ends or needs an answer under `key` in `walk.answers`.
 * `send` decides one message and says why it was refused, or null when it goes out; either way the
 * step is settled and the walk goes on (semantics.md: a wait starts when the step before is settled).
 */
export function walkSteps(
  program: Program,
  walk: Walk,
  send: (step: SendStep) => SkipReason | null,
): WalkResult {
  while (walk.cursor !== null) {
    const place = program.steps.get(walk.cursor);
    if (!place)
      throw new Error(`step ${walk.cursor} is not part of the campaign version it is pinned to`);
    const { step } = place;

    if (step.if && !walk.resuming) {
      const holds = walk.answers.get(`${step.id}#if`);
      if (holds === undefined) return { kind: 'needs', key: `${step.id}#if`, condition: step.if };
      if (holds !== true) {
        settle(walk, 'skipped:if', place.next);
        continue;
      }
    }

    switch (step.kind) {
      case 'send': {
        const refused = send(step);
        settle(walk, refused === null ? 'sent' : `skipped:${refused}`, place.next);
        break;
      }
      case 'wait':
      case 'wait_until': {
        const due = walk.resuming ? walk.at : dueAt(step, walk.at, walk.zone);
        if (due > walk.at) return { kind: 'waits', step: step.id, dueAt: due };
        settle(walk, 'waited', place.next);
        break;
      }
      case 'branch': {
        const chosen = chooseArm(place, walk);
        if ('kind' in chosen) return chosen;
        settle(walk, `branch:${chosen.arm}`, chosen.to);
        break;
      }
      case 'exit':
        settle(walk, 'exited', null);
        return { kind: 'ended', reason: 'exited', because: `exit: ${step.reason}` };
    }
  }
  return { kind: 'ended', reason: 'completed', because: null };
}

/** The first arm whose condition is true; an arm index of -1 = none fits, the branch is passed by. */
function chooseArm(
  place: {
    step: Step;
    next: string | null;
    arms: { if: Condition | null; first: string | null }[];
  },
  walk: Walk,
): { arm: number; to: string | null } | Extract<WalkResult, { kind: 'needs' }> {
  for (const [index, arm] of place.arms.entries()) {
    if (arm.if === null) return { arm: index, to: arm.first };
    const key = `${place.step.id}#${index}`;
    const holds = walk.answers.get(key);
    if (holds === undefined) return { kind: 'needs', key, condition: arm.if };
    if (holds === true) return { arm: index, to: arm.first };
  }
  return { arm: -1, to: place.next };
}

function settle(walk: Walk, outcome: string, next: string | null): void {
  walk.settled.push({ step: walk.cursor!, arrivedAt: walk.arrivedAt, settledAt: walk.at, outcome });
  walk.cursor = next;
  walk.arrivedAt = walk.at;
  walk.resuming = false;
}
