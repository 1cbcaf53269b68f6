/** Steps that start their own campaign again: at best refused every time, at worst without an end. */
import type { CampaignDefinition, Step } from '../definitions.js';
import type { Reading } from '../reading.js';
import { allSteps } from '../steps.js';

export function checkOwnLoops(reading: Reading, campaign: CampaignDefinition): void {
  for (const step of allSteps(campaign.steps)) {
    if (!restarts(step, campaign)) continue;
    reading.error(
      'RK412',
      reading.placeOf(step),
      'this step starts its own campaign again',
      'repeat: does things again and again; another campaign may follow this one',
    );
  }
}

function restarts(step: Step, { id, enter }: CampaignDefinition): boolean {
  if (step.kind === 'enrol') return step.campaign === id;
  if (step.kind !== 'track' || enter.kind !== 'event') return false;
  const { names } = enter.match;
  return names.kind === 'any' || names.names.includes(step.event);
}
