/** Campaigns that an apply would take away, so that a renamed or misplaced file does not end one unasked. */
import type { EntityManager } from 'typeorm';
import { LiveDefinition } from './definition-version.entity.js';
import type { Definitions } from '../language/definitions.js';

export interface RemovedCampaign {
  name: string;
  /** Enrolments that are under way. */
  active: number;
  /** Who would have entered by itself: at its date, after its event, let in after a surge. */
  waiting: number;
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
  return entities.query<RemovedCampaign[]>(
    `select name,
       (select count(*)::int from enrolments where state = 'active' and campaign = name) as active,
       (select count(*)::int from awaited_entries where campaign = name and (due_at < 'infinity' or trigger not like 'date:%'))
         + (select count(*)::int from held_entries where campaign = name) as waiting
     from unnest($1::text[]) as name order by name`,
    [names],
  );
}
