/**
 * Steps that hold steps: how whoever looks at all of a campaign's gets at them, and at the conditions that stand in
 * them. One place, so that a new kind of step is forgotten nowhere.
 */
import type { Condition, Path, Step } from './definitions.js';

/** The lists of steps inside a step, in the order in which they are written. */
export function listsIn(step: Step): Step[][] {
  switch (step.kind) {
    case 'branch':
      return step.arms.map(({ then }) => then);
    case 'send':
    case 'wait':
    case 'wait_until':
    case 'exit':
      return [];
  }
}

/** All steps of a list, those inside others too, in the order in which they are written. */
export function allSteps(steps: readonly Step[]): Step[] {
  return steps.flatMap((step) => [step, ...listsIn(step).flatMap(allSteps)]);
}

/** The conditions of one step alone: its `if`, then its own. */
export function conditionsOf(step: Step): Condition[] {
  const own = step.kind === 'branch' ? step.arms.map((arm) => arm.if) : [];
  return [step.if, ...own].filter((condition) => condition !== null);
}

/** The traits that a step itself reads, beside those of its conditions. */
export function traitsOf(step: Step): Path[] {
  if (step.kind !== 'wait_until' || step.until.kind !== 'date') return [];
  return step.until.from === 'trait' ? [step.until.path] : [];
}
