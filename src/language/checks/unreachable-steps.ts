/** Steps that nobody comes to: behind an exit that everybody takes, or after the campaign has ended. */
import { formatElapsed } from '../../core/duration.js';
import type { CampaignDefinition, Step } from '../definitions.js';
import { leastTime } from '../least-time.js';
import type { Reading } from '../reading.js';
import { listsIn } from '../steps.js';

export function checkUnreachableSteps(reading: Reading, campaign: CampaignDefinition): void {
  behindExits(reading, campaign.steps);
  const { endsAfterMs, steps } = campaign;
  if (endsAfterMs === undefined) return;
  const late = firstAfter(steps, endsAfterMs);
  if (late)
    reading.error(
      'RK404',
      reading.placeOf(late),
      `this step is never reached: \`ends_after:\` ends it ${formatElapsed(endsAfterMs)} after entry`,
      'make ends_after: longer, or the waits before this step shorter',
    );
}

/** One of each list: what follows is not reached for the same reason. */
function behindExits(reading: Reading, steps: readonly Step[]): void {
  const end = steps.findIndex(endsForAll);
  const unreached = end < 0 ? undefined : steps[end + 1];
  if (unreached)
    reading.error(
      'RK404',
      reading.placeOf(unreached),
      `this step is never reached: the one before it, \`${steps[end]!.id}\`, ends the campaign for everybody`,
      'remove it, or give the exit an if:',
    );
  for (const list of steps.flatMap(listsIn)) behindExits(reading, list);
}

/** Whether everybody who comes to a step ends in it. */
function endsForAll(step: Step): boolean {
  if (step.if !== null) return false;
  if (step.kind === 'exit') return true;
  if (step.kind === 'branch' && !step.arms.some((arm) => arm.if === null)) return false;
  const lists = listsIn(step);
  return lists.length > 0 && lists.every((list) => list.some(endsForAll));
}

/** The first step of a list, or inside one of it, that begins later than `most` after the list did. */
function firstAfter(steps: readonly Step[], most: number, passed = 0): Step | undefined {
  let at = passed;
  for (const step of steps) {
    if (at > most) return step;
    for (const list of listsIn(step)) {
      const inside = firstAfter(list, most, at);
      if (inside) return inside;
    }
    at += leastTime(step);
  }
  return undefined;
}
