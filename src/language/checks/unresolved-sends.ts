/**
 * A send behind a wait that may come to nothing. `if_past: skip` passes by the steps up to the next wait of the same list;
 * where that list ends first (an arm of a branch), what stands behind the branch goes out at once.
 */
import type { Step } from '../definitions.js';
import type { Reading } from '../reading.js';
import { listsIn } from '../steps.js';

const WAITS: ReadonlySet<Step['kind']> = new Set(['wait', 'wait_until', 'wait_for', 'repeat']);

const SENDS: ReadonlySet<Step['kind']> = new Set(['send', 'notify']);

export function checkUnresolvedSends(reading: Reading, steps: readonly Step[]): void {
  const reported = new Set<Step>();
  const look = (list: readonly Step[], behind: readonly Step[]): void => {
    const last = list.findLastIndex(({ kind }) => WAITS.has(kind));
    const wait = list[last];
    const next = behind.find(({ kind }) => SENDS.has(kind) || WAITS.has(kind));
    if (wait && skips(wait) && next && SENDS.has(next.kind) && !reported.has(next)) {
      reported.add(next);
      const { line } = reading.lines.position(reading.placeOf(wait).start);
      reading.warn(
        'RK421',
        reading.placeOf(next),
        `whoever has no such date, or a past one, at the wait on line ${line} is sent this at once`,
        'put it into the same list as the wait, which then passes it by, or end there with if_past: exit and if_missing: exit',
      );
    }
    list.forEach((step, index) => {
      // The rounds of a repeat are waits themselves.
      const after = step.kind === 'repeat' ? [] : [...list.slice(index + 1), ...behind];
      for (const inner of listsIn(step)) look(inner, after);
    });
  };
  look(steps, []);
}

/** Whether a wait may be passed by together with what follows it. */
function skips(step: Step): boolean {
  return step.kind === 'wait_until' && (step.ifPast === 'skip' || step.ifMissing === 'skip');
}
