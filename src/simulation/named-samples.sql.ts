/**
 * Samples in campaign tests: nobody is in one by lot, only whom the test names (semantics.md, Campaigns). In: the schema of
 * the simulation; out: its `condition_sample` asks a table instead of drawing.
 */
import type { Queryable } from '../core/queryable.js';

/** The first place is in every sample, one behind the last in none. */
export async function drawByName(sql: Queryable): Promise<void> {
  await sql.query(`create table named_samples (salt text not null, profile_id bigint not null)`);
  await sql.query(`create or replace function condition_sample(salt text, profile_id bigint) returns integer
    language sql stable strict parallel safe as $$
      select case when exists (select from named_samples n where n.salt = $1 and n.profile_id = $2) then 0 else 1000000 end
    $$`);
}

/** Who is in which sample of the test that comes next; the table is empty before. */
export async function nameSamples(
  sql: Queryable,
  samples: readonly { salt: string; profileId: number }[],
): Promise<void> {
  if (samples.length === 0) return;
  await sql.query(
    `insert into named_samples (salt, profile_id) select * from unnest($1::text[], $2::bigint[])`,
    [samples.map(({ salt }) => salt), samples.map(({ profileId }) => profileId)],
  );
}
