/** Campaigns that an apply would take away, so that a renamed or misplaced file does not end one unasked. */
import type { EntityManager } from 'typeorm';
import { LiveDefinition } from './definition-version.entity.js';
import type { Definitions } from '../language/definitions.js';

export interface RemovedCampaign {
  name: string;
  /** Enrolments that are under way. */
  active: number;
}

/** The live campaigns that `definitions` lack, by name; to be asked under the definitions lock. */
export async function removedCampaigns(
  entities: EntityManager,
  { campaigns }: Definitions,
): Promise<RemovedCampaign[]> {
  const kept = new Set(campaigns.map(({ id }) => id));
  const live = await entities.find(LiveDefinition, {
    select: { name: true },
    where: { kind: 'campaign' },
    order: { name: 'ASC' },
  });
  const names = live.map(({ name }) => name).filter((name) => !kept.has(name));
  if (names.length === 0) return [];
  const counts = await entities.query<{ campaign: string; active: number }[]>(
    `select campaign, count(*)::int as active from enrolments
     where state = 'active' and campaign = any($1) group by campaign`,
    [names],
  );
  const active = new Map(counts.map((row) => [row.campaign, row.active]));
  return names.map((name) => ({ name, active: active.get(name) ?? 0 }));
}
