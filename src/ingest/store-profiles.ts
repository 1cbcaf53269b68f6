/**
 * Stage 1: what the calls of a group make of profiles. In: a transaction, the calls by profile, who is new; out: rows
 * of profiles, their keys, the history of traits, and the facts that the engine must hear of. Invariant: when
 * something does not fit, nothing is written.
 */
import { isOwnEvent } from '../core/own-events.js';
import type { Instant } from '../core/instant.js';
import type { Queryable } from '../core/queryable.js';
import { shardOf } from '../core/shard.js';
import { accountFact, insertMoves, type Move } from './account-moves.sql.js';
import type { StoredAccounts } from './accounts.sql.js';
import {
  loadStripeObjects,
  storeStripeObjects,
  type StripeObjects,
} from './billing/stripe-objects.sql.js';
import {
  decideProfile,
  earlier,
  type Decided,
  type ProfileState,
  type Touch,
} from './decide-profile.js';
import type { Item, JsonObject } from './item.js';
import type { CurrentReads } from './reads-cache.js';
import * as rows from './store-items.sql.js';
import { insertTraitHistory } from './trait-history.sql.js';

export interface ProfileCalls {
  /** By profile, in order. */
  touches: ReadonlyMap<number, Touch[]>;
  /** Profiles that do not exist yet, and keys that are to lead to these or others. */
  made: { ids: readonly number[]; keys: rows.NewKey[] };
  /** What is known of those that exist. */
  known: ReadonlyMap<number, rows.FoundKey>;
  receivedAt: Instant;
  current: CurrentReads | null;
}

export interface StoredProfiles {
  /** Whether rows went to the inbox. */
  told: boolean;
  /** Calls with more traits than fit, and the limit: nothing was written. */
  tooMuch: { index: number; detail: string }[];
  /** Whether another writer bound a key first: begin again. */
  lostKeys: boolean;
}

/** Profiles and keys that are new, changes to those that are not, and the history of traits. */
export async function storeProfiles(
  sql: Queryable,
  { touches, made, known, receivedAt, current }: ProfileCalls,
): Promise<StoredProfiles> {
  const moved = [...touches].filter(
    ([id, list]) => known.has(id) && concerns(known.get(id)!, list),
  );
  const ids = moved.map(([id]) => id);
  const states =
    ids.length > 0 ? await rows.lockProfiles(sql, ids) : new Map<number, ProfileState>();
  for (const id of made.ids) states.set(id, unborn(id));
  const billed = ids.filter((id) => touches.get(id)!.some(({ stripe }) => stripe?.length));
  const objects =
    billed.length > 0 ? await loadStripeObjects(sql, billed) : new Map<number, StripeObjects>();
  const context = { receivedAt, project: current?.project ?? null };
  const decided = [...states.values()].map((state) =>
    decideProfile(state, touches.get(state.id) ?? [], {
      ...context,
      objects: objects.get(state.id),
    }),
  );
  const tooMuch = decided.flatMap((one) => one.tooMuch);
  if (tooMuch.length > 0) return { told: false, tooMuch, lostKeys: false };
  const fresh = new Set(made.ids);
  const inserted = decided.filter(({ state }) => fresh.has(state.id)).map(({ state }) => state);
  const updated = decided.filter(({ state }) => !fresh.has(state.id)).map(({ state }) => state);
  const moves = decided.map(({ state, changedAt }): Move => ({
    profileId: state.id,
    before: states.get(state.id)!.accountId,
    after: state.accountId,
    at: changedAt,
  }));
  const moving = moves.filter(({ before, after }) => before !== after);
  const facts = [
    ...factsFor(current, decided, fresh),
    ...(current
      ? moves.flatMap(
          (one) => accountFact(current.reads, one, touches.get(one.profileId) ?? []) ?? [],
        )
      : []),
  ];
  const learnt = decided
    .filter((one) => one.learnt.length > 0)
    .map((one) => ({ profileId: one.state.id, statements: one.learnt }));
  const [, bound] = await Promise.all([
    inserted.length > 0 && rows.insertProfiles(sql, inserted, { createdAt: receivedAt, shardOf }),
    made.keys.length > 0 ? rows.insertKeys(sql, made.keys) : 0,
    updated.length > 0 && rows.updateProfiles(sql, updated),
    moving.length > 0 && insertMoves(sql, moving),
    insertTraitHistory(sql, decided, receivedAt),
    learnt.length > 0 && storeStripeObjects(sql, learnt),
    facts.length > 0 && rows.insertInbox(sql, facts),
  ]);
  return { told: facts.length > 0, tooMuch, lostKeys: bound < made.keys.length };
}

function unborn(id: number): ProfileState {
  return {
    id,
    traits: {},
    traitTimes: {},
    zone: null,
    bornAt: null,
    firstEventAt: null,
    traitsChangedAt: null,
    accountId: null,
  };
}

/** What a call does to its profile. */
export function touchOf(
  { item, index }: { item: Item; index: number },
  occurredAt: Instant,
  accounts: Pick<StoredAccounts, 'ids' | 'changed'>,
): Touch {
  return {
    index,
    traits: item.traits,
    hints: item.hints,
    occurredAt,
    // Our own events do not begin a profile's life.
    eventAt: item.event === null || isOwnEvent(item.event) ? null : occurredAt,
    accountId: item.groupId === null ? null : accounts.ids.get(item.groupId)!,
    accountChange: accounts.changed.get(index),
    historical: item.historical,
    source: item.source,
    stripe: item.stripe,
    trace: item.trace ?? null,
  };
}

/** Whether the calls can change the row of a profile at all: most events cannot. */
function concerns(known: rows.FoundKey, touches: readonly Touch[]): boolean {
  let first: Instant | null = null;
  for (const { traits, hints, eventAt, accountId, accountChange, stripe } of touches) {
    for (const _ in traits) return true;
    // Only billing systems hint at an address, and their webhooks are rare.
    if (stripe?.length || 'email' in hints) return true;
    if ('timezone' in hints && !known.hasZone) return true;
    if ('locale' in hints && !known.hasLocale) return true;
    if (accountId !== null && accountId !== known.accountId) return true;
    if (accountChange) return true;
    first = earlier(first, eventAt);
  }
  return first !== null && (known.firstEventAt === null || first < known.firstEventAt);
}

/** New and newly born profiles, and changes of traits that a definition reads. */
function factsFor(
  current: CurrentReads | null,
  decided: readonly Decided[],
  fresh: ReadonlySet<number>,
): rows.InboxRow[] {
  if (!current) return [];
  const read = new Set(current.reads.traits);
  return decided.flatMap((one) => factsOf(one, read, fresh.has(one.state.id)));
}

/**
 * One fact per call that changed a trait which is read, and one without traits for a new or reborn profile:
 * that one may change any condition (`never: true` holds from birth on).
 */
function factsOf(one: Decided, read: ReadonlySet<string>, fresh: boolean): rows.InboxRow[] {
  const fact = (
    data: JsonObject,
    { historical, trace }: { historical: boolean; trace: string | null },
  ): rows.InboxRow => ({
    profileId: one.state.id,
    kind: 'traits',
    name: null,
    at: one.changedAt,
    historical,
    data,
    trace,
  });
  const facts = one.changes.flatMap((call) => {
    const { changes } = call;
    const told = changes.filter(({ trait }) => read.has(trait));
    if (told.length === 0) return [];
    return [
      fact(
        Object.fromEntries(told.map(({ trait, before, after }) => [trait, { before, after }])),
        call,
      ),
    ];
  });
  return fresh || one.reborn ? [fact({}, one), ...facts] : facts;
}
