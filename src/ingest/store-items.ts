/**
 * Stage 1: items in, facts in the database. One transaction for any number of items: dedupe, identity,
 * traits, events, stats and what the engine must hear of (inbox), all or nothing, in a fixed number of
 * statements. Invariants: an item is stored once however often it comes; what is written belongs to a
 * living profile; the inbox holds exactly the facts that the newest `reads` names.
 */
import type { Instant } from '../core/instant.js';
import type { Connection, ConnectionSource } from '../core/queryable.js';
import { shardOf } from '../core/shard.js';
import { LOCK_SHARED_SQL } from '../definitions/definitions-lock.js';
import { storeAccounts } from './accounts.sql.js';
import {
  decideProfile,
  earlier,
  type Decided,
  type ProfileState,
  type Touch,
} from './decide-profile.js';
import { LongWork } from './group-commit.js';
import type { Item, JsonObject, Outcome, Refusal } from './item.js';
import { mergeProfiles } from './merge-profiles.js';
import { ensureMonths, monthOf } from './partitions.js';
import { connectPipelined } from './pipelined.js';
import { placeInTime, type Placed } from './place-in-time.js';
import { readsOf, type CurrentReads } from './reads-cache.js';
import { refusalOf } from './refusal.js';
import { keyOf, keysOf, resolveIdentities, type Merge, type Person } from './resolve-identities.js';
import { eventKey } from './staged-events.sql.js';
import * as rows from './store-items.sql.js';
import { insertTraitHistory } from './trait-history.sql.js';

/** Older months come into partitions of their own by import only; until then the default one holds them. */
const MONTHS_BACK = 24;
const ATTEMPTS = 20;

/** An item with its place in time, in the group that is being stored. */
interface Entry extends Placed {
  item: Item;
  index: number;
  key: string;
}

/** By `keyOf`. */
type FoundKeys = ReadonlyMap<string, rows.FoundKey>;

/** Leaves the transaction so that it can be begun again, after these merges. */
class Redo extends Error {
  constructor(readonly merges: Merge[]) {
    super('identities changed meanwhile');
  }
}

export interface StoreOptions {
  refusals?: readonly Refusal[];
  told?: () => void;
  /** With more profiles to merge it throws `LongWork` instead, having merged and stored nothing. */
  maxMerges?: number;
}

/**
 * Stores items and `refusals` (as rejects), durably before it returns; one outcome per item, in order.
 * `receivedAt` is business time (ms). Throws what the database throws, having stored nothing. `told` is
 * called after the commit when the engine has something to do.
 */
export async function storeItems(
  source: ConnectionSource,
  items: readonly Item[],
  receivedAt: Instant,
  { refusals = [], told, maxMerges = Infinity }: StoreOptions = {},
): Promise<Outcome[]> {
  const outcomes: Outcome[] = [];
  const entries = placeItems(items, receivedAt, outcomes);
  await ensureMonths(source, monthsOf(entries, receivedAt));
  for (let attempt = 1; ; attempt++) {
    const connection = await connectPipelined(source);
    const work = new StoreGroup(source, connection, receivedAt, outcomes);
    try {
      await work.run(entries, refusals);
      connection.release();
      if (work.told) told?.();
      return outcomes;
    } catch (error) {
      await leave(connection);
      if (attempt >= ATTEMPTS || !mayHelp(error)) throw error;
      if (error instanceof Redo) {
        if (error.merges.length > maxMerges) throw new LongWork(`${error.merges.length} merges`);
        await mergeAll(source, error.merges, receivedAt);
      }
    }
  }
}

/** A merge that lost a deadlock is asked for again by the next attempt. */
async function mergeAll(
  source: ConnectionSource,
  merges: readonly Merge[],
  at: Instant,
): Promise<void> {
  try {
    for (const merge of merges) await mergeProfiles(source, merge, at);
  } catch (error) {
    if (!mayHelp(error)) throw error;
  }
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

function placeItems(items: readonly Item[], receivedAt: Instant, outcomes: Outcome[]): Entry[] {
  const entries: Entry[] = [];
  items.forEach((item, index) => {
    const placed = placeInTime(item, receivedAt);
    if (placed)
      entries.push({
        item,
        index,
        key: eventKey(item.source, item.messageId),
        occurredAt: placed.occurredAt,
        statedAt: placed.statedAt,
      });
    else {
      outcomes[index] = refuse(
        item,
        'time_out_of_range',
        'the time is before 2000 or more than 24 hours ahead',
      );
    }
  });
  return entries;
}

function refuse(item: Item, code: Refusal['code'], detail: string): Outcome {
  return { kind: 'refused', refusal: refusalOf(item, code, detail) };
}

function* monthsOf(entries: readonly Entry[], receivedAt: Instant): Iterable<number> {
  const oldest = monthOf(receivedAt) - MONTHS_BACK;
  for (const { item, occurredAt } of entries) {
    const month = item.event === null ? oldest - 1 : monthOf(occurredAt);
    if (month >= oldest) yield month;
  }
}

/** One attempt at one group: its transaction, under the definitions lock. */
class StoreGroup {
  /** Whether rows went to the inbox. */
  told = false;
  private current: CurrentReads | null = null;

  constructor(
    private readonly source: ConnectionSource,
    private readonly sql: Connection,
    private readonly receivedAt: Instant,
    private readonly outcomes: Outcome[],
  ) {}

  /** Returns after the commit. Throws with the transaction open or rolled back. */
  async run(entries: readonly Entry[], refusals: readonly Refusal[]): Promise<void> {
    const { fresh, found } = await this.begin(entries);
    const events = fresh.length > 0 ? await this.storeFresh(fresh, found) : [];
    const late = this.outcomes.flatMap((outcome) =>
      outcome.kind === 'refused' ? [outcome.refusal] : [],
    );
    const rejects = [...refusals, ...late];
    await Promise.all([
      events.length > 0 && rows.insertEvents(this.sql, events, this.receivedAt),
      rejects.length > 0 && rows.insertRejects(this.sql, rejects, this.receivedAt),
      this.sql.query('commit'),
    ]);
  }

  /** Keeps what was never seen (of twins within the group, the first) and holds the keys they name. */
  private async begin(entries: readonly Entry[]) {
    const first = new Map<string, Entry>();
    for (const entry of entries) {
      if (!first.has(entry.key)) first.set(entry.key, entry);
      this.outcomes[entry.index] = { kind: 'duplicate', profileId: null };
    }
    const items = [...first.values()].map((entry) => entry.item);
    const keys = new Map(items.flatMap(keysOf).map((key) => [keyOf(key.kind, key.value), key]));
    const [, { unseen, revision }, found] = await Promise.all([
      this.sql.query(`begin; ${LOCK_SHARED_SQL}`),
      rows.claimKeys(this.sql, [...first.keys()], this.receivedAt),
      rows.lockKeys(this.sql, [...keys.values()]),
    ]);
    this.current = await readsOf(this.source, this.sql, revision);
    return { fresh: [...first.values()].filter((entry) => unseen.has(entry.key)), found };
  }

  /** Stores all but the events, and returns those. */
  private async storeFresh(fresh: Entry[], found: FoundKeys): Promise<rows.EventRow[]> {
    const { persons, made, known } = await this.resolve(fresh, found);
    const accounts = await this.accounts(fresh);
    const touches = new Map<number, Touch[]>();
    const events: rows.EventRow[] = [];
    const isRead = eventsRead(this.current);
    fresh.forEach(({ item, index, occurredAt, statedAt }, i) => {
      const profileId = persons[i]?.id;
      if (profileId === null || profileId === undefined) {
        const detail = `previousId ${item.previousId} belongs to another person who has a userId`;
        this.outcomes[index] = refuse(item, 'identity_conflict', detail);
        return;
      }
      this.outcomes[index] = { kind: 'stored', profileId };
      let list = touches.get(profileId);
      if (!list) touches.set(profileId, (list = []));
      list.push(touchOf(item, occurredAt, accounts));
      if (item.event !== null)
        events.push({ item, profileId, occurredAt, statedAt, told: isRead(item.event) });
    });
    await this.storeProfiles(touches, made, known);
    this.told ||= events.some(({ told }) => told);
    return events;
  }

  /** Finds or makes everyone the items speak of. New persons have ids afterwards, and their keys wait in `made`. */
  private async resolve(fresh: readonly Entry[], found: FoundKeys) {
    const items = fresh.map((entry) => entry.item);
    const byId = await this.internal(items);
    const resolution = resolveIdentities(
      items.map((item) =>
        item.profileId === null
          ? item
          : { ...item, profileId: byId.get(item.profileId)!.profileId },
      ),
      found,
    );
    if (resolution.merges.length > 0) throw new Redo(resolution.merges);
    const claimed = idsOf(resolution.claimed);
    if (claimed.length > 0 && (await rows.lockClaims(this.sql, claimed)) > 0) throw new Redo([]);
    const { made, bound, persons } = resolution;
    if (made.length > 0) {
      const ids = await rows.reserveProfileIds(this.sql, made.length);
      made.forEach((person, i) => (person.id = ids[i]!));
    }
    const known = new Map([...found.values(), ...byId.values()].map((row) => [row.profileId, row]));
    const keyRows = bound.map(({ kind, value, person }) => ({
      kind,
      value,
      profileId: person.id!,
    }));
    return { persons, made: { ids: idsOf(made), keys: keyRows }, known };
  }

  private async internal(items: readonly Item[]): Promise<Map<number, rows.FoundKey>> {
    const ids = new Set(items.flatMap((item) => (item.profileId === null ? [] : [item.profileId])));
    if (ids.size === 0) return new Map();
    const found = await rows.lockProfilesById(this.sql, [...ids]);
    for (const id of ids) if (!found.has(id)) throw new Error(`profile ${id} does not exist`);
    return found;
  }

  private async accounts(fresh: readonly Entry[]): Promise<Map<string, number>> {
    const wanted = new Map<string, JsonObject>();
    for (const { item } of fresh) {
      if (item.groupId !== null) {
        wanted.set(item.groupId, { ...wanted.get(item.groupId), ...item.accountTraits });
      }
    }
    return wanted.size === 0 ? new Map() : storeAccounts(this.sql, wanted, this.receivedAt);
  }

  /** Profiles and keys that are new, changes to those that are not, and the history of traits. */
  private async storeProfiles(
    touches: ReadonlyMap<number, Touch[]>,
    made: { ids: number[]; keys: Parameters<typeof rows.insertKeys>[1] },
    known: ReadonlyMap<number, rows.FoundKey>,
  ): Promise<void> {
    const moved = [...touches].filter(
      ([id, list]) => known.has(id) && concerns(known.get(id)!, list),
    );
    const ids = moved.map(([id]) => id);
    const states =
      ids.length > 0 ? await rows.lockProfiles(this.sql, ids) : new Map<number, ProfileState>();
    for (const id of made.ids) states.set(id, unborn(id));
    const context = { receivedAt: this.receivedAt, project: this.current?.project ?? null };
    const decided = [...states.values()].map((state) =>
      decideProfile(state, touches.get(state.id) ?? [], context),
    );
    const fresh = new Set(made.ids);
    const inserted = decided.filter(({ state }) => fresh.has(state.id)).map(({ state }) => state);
    const updated = decided.filter(({ state }) => !fresh.has(state.id)).map(({ state }) => state);
    if (inserted.length > 0) {
      await rows.insertProfiles(this.sql, inserted, { createdAt: this.receivedAt, shardOf });
    }
    if (made.keys.length > 0 && (await rows.insertKeys(this.sql, made.keys)) < made.keys.length)
      throw new Redo([]);
    if (updated.length > 0) await rows.updateProfiles(this.sql, updated);
    await insertTraitHistory(this.sql, decided, this.receivedAt);
    await this.tellOfProfiles(decided, fresh);
  }

  /** New and newly born profiles, and changes of traits that a definition reads. */
  private async tellOfProfiles(
    decided: readonly Decided[],
    fresh: ReadonlySet<number>,
  ): Promise<void> {
    if (!this.current) return;
    const read = new Set(this.current.reads.traits);
    const facts = decided.flatMap((one) => factsOf(one, read, fresh.has(one.state.id)));
    if (facts.length === 0) return;
    await rows.insertInbox(this.sql, facts);
    this.told = true;
  }
}

function idsOf(persons: readonly Person[]): number[] {
  return persons.flatMap((person) => (person.id === null ? [] : [person.id]));
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

function touchOf(item: Item, occurredAt: Instant, accounts: ReadonlyMap<string, number>): Touch {
  return {
    traits: item.traits,
    hints: item.hints,
    occurredAt,
    // Our own events do not begin a profile's life.
    eventAt: item.event === null || item.event.startsWith('$') ? null : occurredAt,
    accountId: item.groupId === null ? null : accounts.get(item.groupId)!,
    historical: item.historical,
    source: item.source,
  };
}

/** Whether the calls can change the row of a profile at all: most events cannot. */
function concerns(known: rows.FoundKey, touches: readonly Touch[]): boolean {
  let first: Instant | null = null;
  for (const { traits, hints, eventAt, accountId } of touches) {
    for (const _ in traits) return true;
    if ('timezone' in hints && !known.hasZone) return true;
    if ('locale' in hints && !known.hasLocale) return true;
    if (accountId !== null && accountId !== known.accountId) return true;
    first = earlier(first, eventAt);
  }
  return first !== null && (known.firstEventAt === null || first < known.firstEventAt);
}

/** Which events the engine must hear of, by name. Before any apply: none. */
function eventsRead(current: CurrentReads | null): (name: string) => boolean {
  const { events = [], anyEvent = false } = current?.reads ?? {};
  const names = new Set(events);
  return (name) => names.has(name) || (anyEvent && !name.startsWith('$'));
}

/**
 * One fact per call that changed a trait which is read, and one without traits for a new or reborn profile:
 * that one may change any condition (`never: true` holds from birth on).
 */
function factsOf(one: Decided, read: ReadonlySet<string>, fresh: boolean): rows.InboxRow[] {
  const fact = (data: JsonObject, historical: boolean): rows.InboxRow => ({
    profileId: one.state.id,
    kind: 'traits',
    name: null,
    at: one.changedAt,
    historical,
    data,
  });
  const facts = one.changes.flatMap(({ changes, historical }) => {
    const told = changes.filter(({ trait }) => read.has(trait));
    if (told.length === 0) return [];
    return [
      fact(
        Object.fromEntries(told.map(({ trait, before, after }) => [trait, { before, after }])),
        historical,
      ),
    ];
  });
  return fresh || one.reborn ? [fact({}, one.historical), ...facts] : facts;
}
