/**
 * Stage 3. `wait_for`: an event that comes while it waits, or a state that is true, at once or later; else, when the time
 * is over, the other way. A state that is true at the very last instant has been met. Pure.
 */
import { NEVER } from '../core/instant.js';
import type { Step } from '../language/definitions.js';
import type { ProgramStep } from './program.js';
import type { Walk, WalkResult } from './walk.js';
import { keyFor, settle } from './walk.js';

type WaitForStep = Extract<Step, { kind: 'wait_for' }>;

/** Outcome `met` or `timed_out`. */
export function walkWaitFor(
  { step, arms }: ProgramStep & { step: WaitForStep },
  walk: Walk,
): WalkResult | null {
  const met = isMet(step, walk);
  if (typeof met === 'object') return met;
  const until = walk.arrivedAt + step.atMostMs;
  if (met === true) settle(walk, 'met', arms[0]!.first);
  else if (walk.at >= until) settle(walk, 'timed_out', arms[1]!.first);
  else return { kind: 'waits', step: step.id, dueAt: until, watchAt: met };
  return null;
}

/** True, or when to look again (NEVER: only a fact can bring it), or what has to be asked first. */
function isMet({ rule }: WaitForStep, walk: Walk): true | number | WalkResult {
  if (walk.resuming && walk.met) return true;
  if (rule.kind === 'event') return NEVER;
  const key = keyFor(walk, 'met');
  const answer = walk.answers.get(key);
  if (!answer) return { kind: 'needs', key, condition: rule.condition };
  return answer.holds === true || answer.changesAt;
}
