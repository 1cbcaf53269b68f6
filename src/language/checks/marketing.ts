/** What marketing mail needs of rekindle.yaml, and the sender of each purpose. */
import type { CampaignDefinition, ProjectDefinition } from '../definitions.js';
import type { Reading } from '../reading.js';
import { allSteps } from '../steps.js';
import { nearest } from '../words.js';

export function checkSenders(
  reading: Reading,
  campaign: CampaignDefinition,
  project: ProjectDefinition,
): void {
  const { purpose, from, steps } = campaign;
  const place = reading.placeOf(campaign);
  const needs = allSteps(steps).find(
    (step) => step.kind === 'notify' || (step.kind === 'send' && step.from === null),
  );
  if (from === null && needs && !Object.hasOwn(project.senders, purpose)) {
    const near = nearest(purpose, Object.keys(project.senders));
    reading.error(
      'RK504',
      reading.placeOf(needs),
      `there is no sender \`${purpose}\`, and neither this campaign nor this step names one`,
      near === null
        ? `add ${purpose}: to senders: in rekindle.yaml, or from: here`
        : `rekindle.yaml has ${near}: call it ${purpose}, or say from: ${near} here`,
    );
  }
  if (purpose === 'marketing' && project.postalAddress === null && !campaign.draft) {
    reading.warn(
      'RK409',
      place,
      'marketing mail must show a postal address',
      'add postal_address: to rekindle.yaml',
    );
  }
}
