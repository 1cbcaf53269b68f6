/** Where notices go, against `notify_only:` of rekindle.yaml: what an author wrote is known here, what a trait says is not. */
import type { CampaignDefinition, ProjectDefinition } from '../definitions.js';
import { mayBeNotified } from '../project/notify-only.js';
import type { Reading } from '../reading.js';
import { allSteps } from '../steps.js';

export function checkNotifiedAddresses(
  reading: Reading,
  { steps }: CampaignDefinition,
  { notifyOnly }: ProjectDefinition,
): void {
  for (const step of allSteps(steps)) {
    if (step.kind !== 'notify') continue;
    const { to } = step;
    const written = to.kind === 'address' ? to.address : to.otherwise;
    if (written !== null && !mayBeNotified(written, notifyOnly))
      reading.error(
        'RK424',
        reading.placeOf(step),
        `this notice may not go to ${written}: \`notify_only:\` of rekindle.yaml does not name it`,
        `it names ${notifyOnly!.join(', ')}; add ${written.slice(written.lastIndexOf('@') + 1)} there, or write to another address`,
      );
    else if (to.kind === 'trait' && !notifyOnly)
      reading.warn(
        'RK424',
        reading.placeOf(step),
        'this notice goes to whatever address the trait holds, whoever stated it',
        'say in rekindle.yaml where notices may go: notify_only: [acme.com]',
      );
  }
}
