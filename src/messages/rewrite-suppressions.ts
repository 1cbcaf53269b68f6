/**
 * Messages, stage 4: suppressions from before there was one form of an address. In: rows that break the constraint
 * `suppressions_one_form` - a Unicode domain, capital letters. Out: the same suppressions under `suppressionKey`, by
 * which they are looked up. The earliest reason of two rows that become one stands. Harmless when repeated.
 */
import type { Queryable } from '../core/queryable.js';
import { suppressionKey } from '../core/parse-address.js';

const AT_ONCE = 1_000;

/** How many rows were rewritten, and how many are no address that we could ever send to and stay as they are. */
export interface Rewritten {
  rewritten: number;
  left: number;
}

/** Brings every suppression into the one form, then has the database vouch for it; after that a look costs nothing. */
export async function rewriteSuppressions(sql: Queryable): Promise<Rewritten> {
  const { rows } = await sql.query<{ open: boolean }>(
    `select not convalidated as open from pg_constraint
     where conname = 'suppressions_one_form' and conrelid = 'suppressions'::regclass`,
  );
  if (!rows[0]?.open) return { rewritten: 0, left: 0 };
  let rewritten = 0;
  let left = 0;
  for (let after = ''; ;) {
    const odd = await oddAddresses(sql, after);
    if (odd.length === 0) break;
    after = odd.at(-1)!;
    const pairs = odd.flatMap((address) => {
      const key = suppressionKey(address);
      return key === null ? [] : [{ address, key }];
    });
    left += odd.length - pairs.length;
    rewritten += pairs.length;
    await rewrite(sql, pairs);
  }
  if (left === 0)
    await sql.query('alter table suppressions validate constraint suppressions_one_form');
  return { rewritten, left };
}

async function oddAddresses(sql: Queryable, after: string): Promise<string[]> {
  const { rows } = await sql.query<{ address: string }>(
    `select address from suppressions
     where not (address ~ '^[!-~]+$' and address = lower(address collate "C"))
       and address collate "C" > $1
     order by address collate "C" limit $2`,
    [after, AT_ONCE],
  );
  return rows.map(({ address }) => address);
}

async function rewrite(sql: Queryable, pairs: { address: string; key: string }[]): Promise<void> {
  await sql.query(
    `with pair as (select * from unnest($1::text[], $2::text[]) as p(address, key)),
     gone as (
       delete from suppressions s using pair where s.address = pair.address
       returning pair.key, s.reason, s.detail, s.source, s.since
     )
     insert into suppressions (address, reason, detail, source, since)
     select distinct on (key) key, reason, detail, source, since from gone order by key, since
     on conflict (address) do update
     set reason = excluded.reason, detail = excluded.detail, source = excluded.source, since = excluded.since
     where excluded.since < suppressions.since`,
    [pairs.map(({ address }) => address), pairs.map(({ key }) => key)],
  );
}
