/** Stage 1, for those who look: what was refused and why (the first stop when nothing happens). */
import type { Instant } from '../core/instant.js';
import { instantToSql } from '../core/instant.js';
import type { Queryable } from '../core/queryable.js';

export interface StoredReject {
  id: number;
  receivedAt: Instant;
  source: string;
  /** identify, track ..., as the client called it. */
  call: string;
  code: string;
  detail: string;
  /** The item as it came, NUL and lone surrogates made visible. */
  item: string;
}

const COLUMNS = 'id, received_at as "receivedAt", source, call, code, detail, item';

/** Refused items, the latest first; `since` in business time, `before` an id. */
export async function listRejects(
  sql: Queryable,
  {
    since,
    code,
    before,
    limit,
  }: { since: Instant | null; code: string | null; before: number | null; limit: number },
): Promise<StoredReject[]> {
  const { rows } = await sql.query<StoredReject>(
    `select ${COLUMNS} from rejects
     where ($1::timestamptz(3) is null or received_at >= $1) and ($2::text is null or code = $2)
       and ($3::bigint is null or id < $3)
     order by id desc limit $4`,
    [since === null ? null : instantToSql(since), code, before, limit],
  );
  return rows;
}

/** Refused items are searched for a name from the newest down to this many. */
export const MOST_SEARCHED = 2_000;

/** Of the newest refused items those that quote one of `names` (quoted-names.ts), the latest first. */
export async function listRejectsNaming(
  sql: Queryable,
  names: readonly string[],
  limit: number,
): Promise<StoredReject[]> {
  const { rows } = await sql.query<StoredReject>(
    `select ${COLUMNS}
     from (select * from rejects order by id desc limit ${MOST_SEARCHED}) newest
     where exists (select from unnest($1::text[]) as n (name) where position(n.name in lower(item)) > 0)
     order by id desc limit $2`,
    [names, limit],
  );
  return rows;
}
