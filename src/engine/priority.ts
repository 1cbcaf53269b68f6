/** Who goes first where there is not room for all. */
import type { CampaignDefinition } from '../language/definitions.js';

/** As `messages.priority` keeps it: more is earlier. */
export function priorityOf({ priority }: Pick<CampaignDefinition, 'priority'>): number {
  return priority === undefined ? 0 : priority === 'high' ? 1 : -1;
}
