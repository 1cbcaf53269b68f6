/**
 * Stage 3. Who is held out of a campaign: a lot that a profile draws once and for ever. A share that grows takes more in and
 * lets nobody go. The project's is one group, the same profiles in every campaign that names no share of its own, so that
 * it shows what all mail together does; a campaign's own is drawn for it alone. Pure.
 */
import type { CampaignDefinition, ProjectDefinition } from '../language/definitions.js';
import { lotOf } from './draw-lots.js';

/** No id of a step or a campaign is empty: no split falls together with it. */
const NO_STEP = '';
const NO_CAMPAIGN = '';

/** Transactional mail holds nobody out. */
export function isHeldOut(
  project: Pick<ProjectDefinition, 'holdout'>,
  { id, purpose, holdout: own }: Pick<CampaignDefinition, 'id' | 'purpose' | 'holdout'>,
  profileId: number,
): boolean {
  const share = own ?? project.holdout ?? 0;
  if (purpose === 'transactional' || share === 0) return false;
  const campaign = own === undefined ? NO_CAMPAIGN : id;
  return lotOf(campaign, NO_STEP, profileId) * 10_000 < share;
}
