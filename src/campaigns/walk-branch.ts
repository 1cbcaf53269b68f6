/** Stage 3. A branch: the first arm whose condition is true; undecided is not true. Pure. */
import type { ProgramStep } from './program.js';
import type { Walk, WalkResult } from './walk.js';
import { keyFor, settle } from './walk.js';

/** Outcome `branch:ARM` with the arm's place; -1 = none fits, the branch is passed by. */
export function walkBranch({ next, arms }: ProgramStep, walk: Walk): WalkResult | null {
  for (const [index, arm] of arms.entries()) {
    if (arm.if !== null) {
      const key = keyFor(walk, String(index));
      const answer = walk.answers.get(key);
      if (!answer) return { kind: 'needs', key, condition: arm.if };
      if (answer.holds !== true) continue;
    }
    settle(walk, `branch:${index}`, arm.first);
    return null;
  }
  settle(walk, 'branch:-1', next);
  return null;
}
