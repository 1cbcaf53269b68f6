/** The zones that profiles of some shards have: what a statement over all of them needs to know of local days. */
import type { Queryable } from '../core/queryable.js';

export async function zonesIn(sql: Queryable, shards: number[]): Promise<string[]> {
  const { rows } = await sql.query<{ zone: string }>(
    'select distinct zone from profiles where shard = any($1::smallint[]) and zone is not null',
    [shards],
  );
  return rows.map(({ zone }) => zone);
}
