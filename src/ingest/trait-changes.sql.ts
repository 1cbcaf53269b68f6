/** Stage 1, for those who look: when each trait of a profile became what it is, and by what. */
import type { Instant } from '../core/instant.js';
import type { Queryable } from '../core/queryable.js';

export interface TraitChange {
  trait: string;
  /** Known since. */
  changedAt: Instant;
  /** When it became so by the statement, where that differs. */
  occurredAt: Instant | null;
  source: string;
}

/** The latest change of each trait, by its name; traits from before there was a history have none. */
export async function latestTraitChanges(
  sql: Queryable,
  profileId: number,
): Promise<ReadonlyMap<string, TraitChange>> {
  const { rows } = await sql.query<TraitChange>(
    `select distinct on (trait) trait, changed_at as "changedAt", occurred_at as "occurredAt", source
     from trait_changes where profile_id = $1 order by trait, changed_at desc, id desc`,
    [profileId],
  );
  return new Map(rows.map((row) => [row.trait, row]));
}
