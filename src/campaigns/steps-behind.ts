/**
 * Stage 3. The steps that an enrolment has left behind. Another version may have them ahead; nobody gets a mail twice for
 * that, so they are passed by. Pure.
 */
import type { Step } from '../language/definitions.js';

/** By step, the iterations under which it was left. */
export type StepsBehind = ReadonlyMap<string, ReadonlySet<number>>;

/** Whether it has gone through the step that it comes to; a repeat, once begun, is not begun again. */
export function liesBehind(behind: StepsBehind, { id, kind }: Step, iteration: number): boolean {
  const iterations = behind.get(id);
  return iterations !== undefined && (kind === 'repeat' || iterations.has(iteration));
}
