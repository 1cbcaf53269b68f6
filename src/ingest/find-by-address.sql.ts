/** Stage 1, for those who look: profiles by mail address, as people write it. */
import type { Queryable } from '../core/queryable.js';

/** The newest `limit` profiles whose trait `email` is `address`, any case. */
export async function findByAddress(
  sql: Queryable,
  { address, limit }: { address: string; limit: number },
): Promise<{ id: number; address: string }[]> {
  const { rows } = await sql.query<{ id: number; address: string }>(
    `select id, traits ->> 'email' as address from profiles
     where lower(left(traits ->> 'email', 254)) = lower($1) and jsonb_typeof(traits -> 'email') = 'string'
       and merged_into is null
     order by id desc limit $2`,
    [address, limit],
  );
  return rows;
}
