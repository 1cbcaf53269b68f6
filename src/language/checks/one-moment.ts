/**
 * One of a company by a date that is the company's: with everybody in their own zone the date's time comes at other moments for
 * members elsewhere, and the choice would be among those of one zone only (docs/adr/0170).
 */
import { companyPath } from '../company-path.js';
import type { CampaignDefinition } from '../definitions.js';
import type { Reading } from '../reading.js';

export function checkOneMoment(reading: Reading, { enter }: CampaignDefinition): void {
  if (enter.kind !== 'date' || !enter.onePerAccount) return;
  if (enter.zone !== 'profile' || companyPath(enter.path) === null) return;
  reading.error(
    'RK446',
    reading.placeOf(enter.onePerAccount),
    '`one_per_account:` chooses among those whose time it is, and with `zone: profile` that is another moment in every zone',
    'say `zone: project` in `enter:`, or a zone such as Europe/Berlin: the choice is among all members of the company then',
  );
}
