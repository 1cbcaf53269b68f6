/**
 * Stage 1: accounts, the companies that profiles belong to. In: group ids and traits in order; out: the
 * id of each. Traits are replaced whole one by one, null removes (as on profiles, without a history).
 */
import type { Instant } from '../core/instant.js';
import { instantToSql } from '../core/instant.js';
import type { Queryable } from '../core/queryable.js';
import type { JsonObject } from './item.js';

/** Makes and updates accounts by external id, in the order of their ids; returns id by external id. */
export async function storeAccounts(
  sql: Queryable,
  accounts: ReadonlyMap<string, JsonObject>,
  createdAt: Instant,
): Promise<Map<string, number>> {
  const names = [...accounts.keys()];
  await sql.query(
    `insert into accounts (external_id, created_at)
     select name, $2::timestamptz from unnest($1::text[]) as name
     where not exists (select from accounts a where a.external_id = name)
     order by name
     on conflict do nothing`,
    [names, instantToSql(createdAt)],
  );
  const changed = [...accounts].filter(([, traits]) => Object.keys(traits).length > 0);
  if (changed.length > 0) await updateTraits(sql, changed);
  const { rows } = await sql.query<{ id: number; external_id: string }>(
    'select id, external_id from accounts where external_id = any($1::text[])',
    [names],
  );
  return new Map(rows.map((row) => [row.external_id, row.id]));
}

async function updateTraits(sql: Queryable, changed: [string, JsonObject][]): Promise<void> {
  const names = changed.map(([name]) => name);
  await sql.query(
    'select from accounts where external_id = any($1::text[]) order by external_id for no key update',
    [names],
  );
  const records = changed.map(([name, traits]) => ({
    external_id: name,
    traits: Object.fromEntries(Object.entries(traits).filter(([, value]) => value !== null)),
    removed: Object.keys(traits).filter((trait) => traits[trait] === null),
  }));
  await sql.query(
    `update accounts a set traits = (a.traits - r.removed) || r.traits
     from jsonb_to_recordset($1::jsonb) as r (external_id text, traits jsonb, removed text[])
     where a.external_id = r.external_id`,
    [JSON.stringify(records)],
  );
}
