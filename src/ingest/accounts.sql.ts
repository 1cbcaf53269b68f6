/**
 * Stage 1: accounts, the companies that profiles belong to. In: group ids and traits in order; out: the
 * id of each. Traits are replaced whole one by one, null removes (as on profiles, without a history).
 */
import type { Instant } from '../core/instant.js';
import { instantToSql } from '../core/instant.js';
import type { Queryable } from '../core/queryable.js';
import type { JsonObject } from './item.js';
import { TraitSize } from './trait-limits.js';
import { stateTraits, type KnownTraits } from './trait-statements.js';

/** What one call says of an account. */
export interface AccountCall {
  /** Which call of the group. */
  index: number;
  groupId: string;
  traits: JsonObject;
}

export interface StoredAccounts {
  /** By external id. */
  ids: Map<string, number>;
  /** Calls with more traits than fit, and the limit; what they say is not stored. */
  tooMuch: { index: number; detail: string }[];
}

/** Makes and updates accounts, in the order of their external ids. */
export async function storeAccounts(
  sql: Queryable,
  calls: readonly AccountCall[],
  createdAt: Instant,
): Promise<StoredAccounts> {
  const names = [...new Set(calls.map(({ groupId }) => groupId))];
  await sql.query(
    `insert into accounts (external_id, created_at)
     select name, $2::timestamptz from unnest($1::text[]) as name
     where not exists (select from accounts a where a.external_id = name)
     order by name
     on conflict do nothing`,
    [names, instantToSql(createdAt)],
  );
  const stating = calls.filter(({ traits }) => Object.keys(traits).length > 0);
  const tooMuch = stating.length > 0 ? await updateTraits(sql, stating) : [];
  const { rows } = await sql.query<{ id: number; external_id: string }>(
    'select id, external_id from accounts where external_id = any($1::text[])',
    [names],
  );
  return { ids: new Map(rows.map((row) => [row.external_id, row.id])), tooMuch };
}

async function updateTraits(
  sql: Queryable,
  calls: readonly AccountCall[],
): Promise<StoredAccounts['tooMuch']> {
  const { rows } = await sql.query<{ external_id: string; traits: JsonObject }>(
    `select external_id, traits from accounts where external_id = any($1::text[])
     order by external_id for no key update`,
    [[...new Set(calls.map(({ groupId }) => groupId))]],
  );
  const accounts = new Map(rows.map((row) => [row.external_id, known(row.traits)]));
  const sizes = new Map([...accounts].map(([name, account]) => [name, new TraitSize(account)]));
  const tooMuch: StoredAccounts['tooMuch'] = [];
  for (const { index, groupId, traits } of calls) {
    const before = accounts.get(groupId)!;
    const after = known(stateTraits(before, { traits, hints: {}, occurredAt: 0 }).traits);
    const detail = sizes.get(groupId)!.change(before, after, Object.keys(traits));
    if (detail === null) accounts.set(groupId, after);
    else tooMuch.push({ index, detail });
  }
  await sql.query(
    `update accounts a set traits = r.traits
     from jsonb_to_recordset($1::jsonb) as r (external_id text, traits jsonb)
     where a.external_id = r.external_id and a.traits <> r.traits`,
    [JSON.stringify([...accounts].map(([name, { traits }]) => ({ external_id: name, traits })))],
  );
  return tooMuch;
}

/** Accounts remember no times: the call received last stands. */
function known(traits: JsonObject): KnownTraits {
  return { traits, traitTimes: {} };
}
