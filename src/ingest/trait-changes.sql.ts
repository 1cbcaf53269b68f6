/** Stage 1, for those who look: when each trait of a profile became what it is, and by what. */
import type { Instant } from '../core/instant.js';
import { instantToSql } from '../core/instant.js';
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

/** The latest change of one trait that was known by an instant; null = none. */
export async function findLatestChange(
  sql: Queryable,
  profileId: number,
  { trait, at }: { trait: string; at: Instant },
): Promise<{ at: Instant; before: unknown; after: unknown } | null> {
  const { rows } = await sql.query<{ at: Instant; before: unknown; after: unknown }>(
    `select changed_at as at, before, after from trait_changes
     where profile_id = $1 and trait = $2 and changed_at <= $3::timestamptz(3)
     order by changed_at desc, id desc limit 1`,
    [profileId, trait, instantToSql(at)],
  );
  return rows[0] ?? null;
}

/** The same of a trait of the company to which the profile belonged then. */
export async function findLatestCompanyChange(
  sql: Queryable,
  profileId: number,
  { trait, at }: { trait: string; at: Instant },
): Promise<{ at: Instant; before: unknown; after: unknown } | null> {
  const { rows } = await sql.query<{ at: Instant; before: unknown; after: unknown }>(
    `select c.changed_at as at, c.before, c.after
     from profiles p
     left join lateral (select true as found, before from account_moves where profile_id = p.id and changed_at > $3::timestamptz(3)
                        order by changed_at, id limit 1) m on true
     join account_trait_changes c on c.account_id = case when m.found then m.before else p.account_id end
     where p.id = $1 and c.trait = $2 and c.changed_at <= $3::timestamptz(3)
     order by c.changed_at desc, c.id desc limit 1`,
    [profileId, trait, instantToSql(at)],
  );
  return rows[0] ?? null;
}
