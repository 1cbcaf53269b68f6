/**
 * Stage 3. Waits for the clock. One for a date may find that it has passed or is not there: then the steps up to the next
 * wait of the same list are passed by, each visibly, or the campaign goes on or ends, as its author chose. Pure.
 */
import { NEVER } from '../core/instant.js';
import type { Step, Unresolved } from '../language/definitions.js';
import { dueAt } from './due-at.js';
import type { Program } from './program.js';
import { liesBehind } from './steps-behind.js';
import type { Walk, WalkResult } from './walk.js';
import { iterationOf, settle } from './walk.js';

type WaitStep = Extract<Step, { kind: 'wait' | 'wait_until' }>;
type WaitPlace = { step: WaitStep; next: string | null };

/** Outcome `waited`, or `unresolved:past` and `unresolved:missing`. */
export function walkWait(
  program: Program,
  { step, next }: WaitPlace,
  walk: Walk,
): WalkResult | null {
  const due = isDated(step) || !walk.resuming ? dueAt(step, walk) : walk.at;
  if (due === null) return unresolved(program, { step, next }, walk, 'missing');
  if (due > walk.at) return { kind: 'waits', step: step.id, dueAt: due, watchAt: NEVER };
  if (due < walk.at && isDated(step)) return unresolved(program, { step, next }, walk, 'past');
  settle(walk, 'waited', next);
  return null;
}

/** Whether it waits for a moment that is written or looked up, which can have passed; such a one is looked up anew. */
export function isDated(step: Step): step is Extract<Step, { kind: 'wait_until' }> {
  return step.kind === 'wait_until' && step.until.kind !== 'time';
}

function unresolved(
  program: Program,
  { step, next }: WaitPlace,
  walk: Walk,
  why: 'past' | 'missing',
): WalkResult | null {
  settle(walk, `unresolved:${why}`, next);
  switch (policyOf(step, why)) {
    case 'continue':
      return null;
    case 'exit':
      return { kind: 'ended', reason: 'exited', because: `exit: date_${why}` };
    case 'skip':
      passBy(program, step.id, walk, `date_${why}`);
      return null;
  }
}

function policyOf(step: WaitStep, why: 'past' | 'missing'): Unresolved {
  if (step.kind === 'wait') return 'continue';
  return (why === 'past' ? step.ifPast : step.ifMissing) ?? 'continue';
}

/** Settles what stands between `wait` and the next wait of its list, or the end of the list, as skipped. */
function passBy(
  program: Program,
  wait: string,
  walk: Walk,
  because: 'date_past' | 'date_missing',
): void {
  for (const id of program.steps.get(wait)!.siblings) {
    const { step, next } = program.steps.get(id)!;
    if (WAITS.has(step.kind)) return;
    if (walk.behind && liesBehind(walk.behind, step, iterationOf(walk))) {
      walk.cursor = next;
      continue;
    }
    if (step.kind === 'send' || step.kind === 'notify')
      walk.send(step, {
        iteration: iterationOf(walk),
        skipped: 'unresolved_wait',
        because,
        values: {},
      });
    settle(walk, 'skipped:unresolved_wait', next);
  }
}

const WAITS: ReadonlySet<Step['kind']> = new Set<Step['kind']>(['wait', 'wait_until', 'wait_for']);
