/**
 * Stage 1, for ops: making and revoking API keys, each in one transaction with its row in the audit log. In: what key, and
 * who does it (`api:NAME`, `console:NAME`, `command`). Out: the key, shown this once; or whether there was one to revoke.
 */
import type { DataSource, EntityManager } from 'typeorm';
import { recordAction } from '../core/audit.js';
import type { Clock } from '../core/clock.js';
import type { Instant } from '../core/instant.js';
import type { Queryable } from '../core/queryable.js';
import type { Scope } from './api-key.entity.js';
import { createApiKey, revokeApiKey } from './api-keys.js';

export interface KeyKeeper {
  dataSource: DataSource;
  clock: Clock;
  by: string;
}

/** Makes a key and returns it. */
export async function makeKey(
  keeper: KeyKeeper,
  { name, scopes }: { name: string; scopes: readonly Scope[] },
): Promise<string> {
  return inKeeping(keeper, async (entities, sql, at) => {
    const key = await createApiKey(entities, { name, scopes, now: at });
    const action = { action: 'key.create', subject: `key/${key.split('_')[1]}` };
    await recordAction(sql, { at, actor: keeper.by, ...action, detail: { name, scopes } });
    return key;
  });
}

/** Revokes the live key of this prefix; false when there is none. Processes forget it within ten seconds. */
export async function revokeKey(keeper: KeyKeeper, prefix: string): Promise<boolean> {
  if (!/^[0-9a-f]{12}$/.test(prefix)) return false;
  return inKeeping(keeper, async (entities, sql, at) => {
    if (!(await revokeApiKey(entities, { prefix, now: at }))) return false;
    const action = { action: 'key.revoke', subject: `key/${prefix}` };
    await recordAction(sql, { at, actor: keeper.by, ...action });
    return true;
  });
}

function inKeeping<T>(
  { dataSource, clock }: KeyKeeper,
  work: (entities: EntityManager, sql: Queryable, at: Instant) => Promise<T>,
): Promise<T> {
  return dataSource.transaction(async (entities) => {
    const sql = (await entities.queryRunner!.connect()) as Queryable;
    return work(entities, sql, await clock.now(sql));
  });
}
