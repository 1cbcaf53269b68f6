/** What marketing mail needs of rekindle.yaml, and the sender of each purpose. */
import type { CampaignDefinition, ProjectDefinition } from '../definitions.js';
import type { Reading } from '../reading.js';
import { allSteps } from '../steps.js';

export function checkSenders(
  reading: Reading,
  campaign: CampaignDefinition,
  project: ProjectDefinition,
): void {
  const { purpose, from, steps } = campaign;
  const place = reading.placeOf(campaign);
  const needsDefault =
    from === null && allSteps(steps).some((step) => step.kind === 'send' && step.from === null);
  if (needsDefault && !Object.hasOwn(project.senders, purpose)) {
    reading.error(
      'RK504',
      place,
      `there is no sender \`${purpose}\`, and this campaign names none`,
      `add ${purpose}: to senders: in rekindle.yaml, or from: here`,
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
