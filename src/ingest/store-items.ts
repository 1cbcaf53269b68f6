/**
 * Stage 1: items in, facts in the database. One transaction for any number of items (store-group.ts), begun again
 * when identities moved meanwhile, and without the items that turn out to be refused. Invariants: an item is
 * stored once however often it comes; nothing of a refused one is stored.
 */
import type { Clock } from '../core/clock.js';
import type { Instant } from '../core/instant.js';
import type { Connection, ConnectionSource, Queryable } from '../core/queryable.js';
import { LongWork } from './group-commit.js';
import type { Item, Outcome, Refusal } from './item.js';
import { mergeProfiles } from './merge-profiles.js';
import { ensureMonths } from './partitions.js';
import { connectPipelined } from './pipelined.js';
import { refusalOf } from './refusal.js';
import type { AskedMerge } from './resolve-identities.js';
import { eventKey } from './staged-events.sql.js';
import { Redo, StoreGroup, type Entry } from './store-group.js';

const ATTEMPTS = 20;

export interface StoreOptions {
  refusals?: readonly Refusal[];
  told?: () => void;
  /** Runs in the transaction that stores them, and not when there is nothing new to store. */
  also?: (sql: Queryable, receivedAt: Instant) => Promise<void>;
  /** With more profiles to merge it throws `LongWork` instead, having merged and stored nothing. */
  maxMerges?: number;
}

/**
 * Stores items and `refusals` (as rejects), durably before it returns; one outcome per item, in order.
 * `receivedAt` is business time, or the clock to ask for it in the transaction that stores them. Throws what
 * the database throws, having stored nothing. `told` is called after the commit when the engine has something
 * to do.
 */
export async function storeItems(
  source: ConnectionSource,
  items: readonly Item[],
  receivedAt: Instant | Clock,
  { refusals = [], told, also, maxMerges = Infinity }: StoreOptions = {},
): Promise<Outcome[]> {
  const outcomes: Outcome[] = [];
  let entries: readonly Entry[] = items.map(toEntry);
  for (let attempt = 1; ; attempt++) {
    const connection = await connectPipelined(source);
    const work = new StoreGroup(source, connection, receivedAt, outcomes);
    try {
      await work.run(entries, refusals, also);
      connection.release();
      if (work.told) told?.();
      return outcomes;
    } catch (error) {
      await leave(connection);
      if (attempt >= ATTEMPTS || !mayHelp(error)) throw error;
      if (!(error instanceof Redo)) continue;
      if (error.merges.length > maxMerges) throw new LongWork(`${error.merges.length} merges`);
      await ensureMonths(source, error.months);
      const merged = await mergeAll(source, error.merges, work.receivedAt);
      const refused = new Map([...error.tooMuch, ...merged].map((one) => [one.index, one.detail]));
      for (const [index, detail] of refused) {
        const refusal = refusalOf(items[index]!, 'traits_full', detail);
        outcomes[index] = { kind: 'refused', refusal };
      }
      entries = entries.filter(({ index }) => !refused.has(index));
    }
  }
}

function toEntry(item: Item, index: number): Entry {
  return { item, index, key: eventKey(item.source, item.messageId) };
}

/** Returns who asked for a merge that would not fit. One that lost a deadlock is asked for again by the next attempt. */
async function mergeAll(
  source: ConnectionSource,
  merges: readonly AskedMerge[],
  at: Instant,
): Promise<{ index: number; detail: string }[]> {
  const tooMuch: { index: number; detail: string }[] = [];
  try {
    for (const merge of merges) {
      const result = await mergeProfiles(source, merge, at);
      if (result !== 'merged' && result !== 'not_needed')
        tooMuch.push({ index: merge.by, detail: `merged, ${result.tooMuch}` });
    }
  } catch (error) {
    if (!mayHelp(error)) throw error;
  }
  return tooMuch;
}

/** Rolls back and returns the connection, or throws it away when it does not even do that. */
async function leave(connection: Connection): Promise<void> {
  await connection.query('rollback').then(
    () => connection.release(),
    () => connection.release(true),
  );
}

/** Identities that moved, deadlocks and serialization failures pass when the group is stored again. */
function mayHelp(error: unknown): boolean {
  return (
    error instanceof Redo || ['40001', '40P01'].includes((error as { code?: string }).code ?? '')
  );
}
