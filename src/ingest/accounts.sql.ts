/**
 * Stage 1: accounts, the companies that profiles belong to. In: group ids and traits in order; out: the
 * id of each. Traits are replaced whole one by one, null removes; what they were is kept, as with profiles.
 */
import type { Instant } from '../core/instant.js';
import { instantToSql } from '../core/instant.js';
import type { Queryable } from '../core/queryable.js';
import type { JsonObject } from './item.js';
import { TraitSize } from './trait-limits.js';
import { stateTraits, type KnownTraits, type TraitChange } from './trait-statements.js';

/** What one call says of an account. */
export interface AccountCall {
  /** Which call of the group. */
  index: number;
  groupId: string;
  traits: JsonObject;
}

export interface AccountChange {
  account: number;
  changes: TraitChange[];
  at: Instant;
}

export interface StoredAccounts {
  /** By external id. */
  ids: Map<string, number>;
  /** By call: the traits that it changed, and since when that is known. */
  changed: Map<number, AccountChange>;
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
  const { tooMuch, changed } =
    stating.length > 0
      ? await updateTraits(sql, stating, createdAt)
      : { tooMuch: [], changed: new Map<number, AccountChange>() };
  const { rows } = await sql.query<{ id: number; external_id: string }>(
    'select id, external_id from accounts where external_id = any($1::text[])',
    [names],
  );
  return { ids: new Map(rows.map((row) => [row.external_id, row.id])), changed, tooMuch };
}

async function updateTraits(
  sql: Queryable,
  calls: readonly AccountCall[],
  receivedAt: Instant,
): Promise<Pick<StoredAccounts, 'tooMuch' | 'changed'>> {
  const { rows } = await sql.query<{
    id: number;
    external_id: string;
    traits: JsonObject;
    traits_changed_at: Instant | null;
  }>(
    `select id, external_id, traits, traits_changed_at from accounts where external_id = any($1::text[])
     order by external_id for no key update`,
    [[...new Set(calls.map(({ groupId }) => groupId))]],
  );
  const accounts = new Map(rows.map((row) => [row.external_id, known(row.traits)]));
  const sizes = new Map([...accounts].map(([name, account]) => [name, new TraitSize(account)]));
  const found = new Map(rows.map((row) => [row.external_id, row]));
  const tooMuch: StoredAccounts['tooMuch'] = [];
  const changed = new Map<number, AccountChange>();
  const history: object[] = [];
  for (const { index, groupId, traits } of calls) {
    const before = accounts.get(groupId)!;
    const stated = stateTraits(before, { traits, hints: {}, occurredAt: 0 });
    const after = known(stated.traits);
    const detail = sizes.get(groupId)!.change(before, after, Object.keys(traits));
    if (detail !== null) {
      tooMuch.push({ index, detail });
      continue;
    }
    accounts.set(groupId, after);
    if (stated.changes.length === 0) continue;
    const { id, traits_changed_at: last } = found.get(groupId)!;
    const at = Math.max(receivedAt, last ?? receivedAt);
    changed.set(index, { account: id, changes: stated.changes, at });
    const when = instantToSql(at);
    history.push(...stated.changes.map((change) => ({ id, at: when, ...change })));
  }
  if (history.length > 0) await storeTraits(sql, accounts, history);
  return { tooMuch, changed };
}

/** `history`: id, at, trait, before, after of every change, in order. */
async function storeTraits(
  sql: Queryable,
  accounts: ReadonlyMap<string, KnownTraits>,
  history: readonly object[],
): Promise<void> {
  await sql.query(
    `with happened as (
       select * from jsonb_to_recordset($2::jsonb) as h (id bigint, at timestamptz(3), trait text, before jsonb, after jsonb)
     ), kept as (
       insert into account_trait_changes (account_id, trait, before, after, changed_at)
       select id, trait, before, after, at from happened
     )
     update accounts a set traits = r.traits, traits_changed_at = (select max(h.at) from happened h where h.id = a.id)
     from jsonb_to_recordset($1::jsonb) as r (external_id text, traits jsonb)
     where a.external_id = r.external_id and a.id in (select id from happened)`,
    [
      JSON.stringify([...accounts].map(([name, { traits }]) => ({ external_id: name, traits }))),
      JSON.stringify(history),
    ],
  );
}

/** Accounts remember no times: the call received last stands. */
function known(traits: JsonObject): KnownTraits {
  return { traits, traitTimes: {} };
}
