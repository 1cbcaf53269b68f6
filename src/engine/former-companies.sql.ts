/**
 * The companies that profiles have left since the window began. Ingest writes a move when it comes; the engine may be behind it,
 * and then somebody is still, for the instants to settle, the colleague of those whom it has left meanwhile.
 */
import { instantToSql, type Instant } from '../core/instant.js';
import type { Queryable } from '../core/queryable.js';
import type { EngineDefinitions } from './engine-definitions.js';
import type { ProfileState } from './window.js';

/** Adds them to `companies`; asks nothing where no definition is about companies. */
export async function loadFormerCompanies(
  sql: Queryable,
  profiles: ReadonlyMap<number, ProfileState>,
  { definitions, since }: { definitions: EngineDefinitions; since: Instant },
): Promise<void> {
  if (profiles.size === 0 || !(definitions.reads.accounts || definitions.takesOnePerAccount))
    return;
  const { rows } = await sql.query<{ profileId: number; company: number }>(
    `select distinct profile_id as "profileId", before as company from account_moves
     where profile_id = any($1::bigint[]) and changed_at > $2::timestamptz and before is not null`,
    [[...profiles.keys()], instantToSql(since)],
  );
  for (const { profileId, company } of rows) profiles.get(profileId)!.companies.push(company);
}
