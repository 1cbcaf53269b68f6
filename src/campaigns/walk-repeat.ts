/**
 * Stage 3. A repeat: round n begins at the moment it was reached plus n intervals (semantics.md, Clock), or, when the round
 * before is still running then, as soon as that is over. Its steps lead back to it. Pure.
 */
import { addCalendar } from '../core/calendar.js';
import { NEVER } from '../core/instant.js';
import type { Step } from '../language/definitions.js';
import type { ProgramStep } from './program.js';
import type { Walk, WalkResult } from './walk.js';
import { settle } from './walk.js';

type RepeatStep = Extract<Step, { kind: 'repeat' }>;

/** Outcomes `round`, one with each iteration, and in the end `completed`. */
export function walkRepeat(
  { step, next, arms }: ProgramStep & { step: RepeatStep },
  walk: Walk,
): WalkResult | null {
  walk.round ??= { iteration: 0, anchorAt: walk.at };
  const { iteration, anchorAt } = walk.round;
  // Another version may have fewer than have begun.
  if (iteration >= step.times) {
    walk.round = null;
    settle(walk, 'completed', next);
    return null;
  }
  const { count, unit } = step.every;
  const ahead = { count: count * (iteration + 1), unit };
  const due = addCalendar(anchorAt, ahead, walk.zone, step.at);
  if (due > walk.at) return { kind: 'waits', step: step.id, dueAt: due, watchAt: NEVER };
  walk.round = { iteration: iteration + 1, anchorAt };
  settle(walk, 'round', arms[0]!.first);
  return null;
}
