/** Stage 2, for those who look: the segments a profile is in, as the engine committed them. */
import type { Instant } from '../core/instant.js';
import type { Queryable } from '../core/queryable.js';

export interface Membership {
  segment: string;
  since: Instant;
}

/** By name; segments that are no longer live are left out. */
export async function listMemberships(sql: Queryable, profileId: number): Promise<Membership[]> {
  const { rows } = await sql.query<Membership>(
    `select s.segment, s.since from segment_states s
     join live_definitions d on d.kind = 'segment' and d.name = s.segment
     where s.profile_id = $1 and s.member order by s.segment`,
    [profileId],
  );
  return rows;
}
