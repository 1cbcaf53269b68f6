/**
 * Stage 1: one attempt at one group: its transaction, under the definitions lock, in a fixed number of statements
 * and two round trips. Dedupe, identity, accounts, profiles (store-profiles.ts), events, stats and what the
 * engine must hear of (inbox), all or nothing. Invariants: what is written belongs to a living profile;
 * the inbox holds exactly the facts that the newest `reads` names.
 */
import { isOwnEvent } from '../core/own-events.js';
import type { Clock } from '../core/clock.js';
import type { Instant } from '../core/instant.js';
import type { Connection, ConnectionSource, Queryable } from '../core/queryable.js';
import { LOCK_SHARED } from '../definitions/definitions-lock.js';
import { storeAccounts, type AccountCall, type AccountChange } from './accounts.sql.js';
import type { Touch } from './decide-profile.js';
import type { Item, Outcome, Refusal } from './item.js';
import { monthOf, unknownMonths, type Month } from './partitions.js';
import { placeInTime, type Placed } from './place-in-time.js';
import { readsOf, type CurrentReads } from './reads-cache.js';
import { refusalOf, remarkedOf } from './refusal.js';
import {
  keyOf,
  keysOf,
  resolveIdentities,
  type AskedMerge,
  type Person,
} from './resolve-identities.js';
import * as rows from './store-items.sql.js';
import { storeProfiles, touchOf } from './store-profiles.js';

/** Older months come into partitions of their own by import only; until then the default one holds them. */
const MONTHS_BACK = 24;

/** An item in the group that is being stored. */
export interface Entry {
  item: Item;
  index: number;
  key: string;
}

/** By `keyOf`. */
type FoundKeys = ReadonlyMap<string, rows.FoundKey>;

/** Leaves the transaction so that it can be begun again, once this is done or left out. */
export class Redo extends Error {
  /** Asked for by `Entry.index`. */
  readonly merges: readonly AskedMerge[];
  readonly months: readonly Month[];
  /** Items whose traits do not fit, by `Entry.index`, and the limit. */
  readonly tooMuch: readonly { index: number; detail: string }[];

  constructor({ merges = [], months = [], tooMuch = [] }: Partial<Omit<Redo, keyof Error>> = {}) {
    super('the group must be stored again');
    this.merges = merges;
    this.months = months;
    this.tooMuch = tooMuch;
  }
}

export class StoreGroup {
  /** Whether rows went to the inbox. */
  told = false;
  receivedAt: Instant;
  private current: CurrentReads | null = null;

  constructor(
    private readonly source: ConnectionSource,
    private readonly sql: Connection,
    private readonly clock: Instant | Clock,
    private readonly outcomes: Outcome[],
  ) {
    this.receivedAt = typeof clock === 'number' ? clock : NaN;
  }

  /** Returns after the commit. Throws with the transaction open or rolled back. */
  async run(
    entries: readonly Entry[],
    refusals: readonly Refusal[],
    also?: (sql: Queryable, receivedAt: Instant) => Promise<void>,
  ): Promise<void> {
    const { fresh, found } = await this.begin(entries);
    const placed = this.place(fresh);
    const events = placed.length > 0 ? await this.storeFresh(placed, found) : [];
    const late = this.outcomes.flatMap((outcome) =>
      outcome.kind === 'refused' ? [outcome.refusal] : [],
    );
    const remarked = fresh.flatMap(({ item, index }) =>
      this.outcomes[index]!.kind === 'stored' ? remarkedOf(item) : [],
    );
    const rejects = [...refusals, ...late, ...remarked];
    const unclaimed = fresh.filter(({ index }) => this.outcomes[index]!.kind === 'refused');
    await Promise.all([
      events.length > 0 && rows.insertEvents(this.sql, events, this.receivedAt),
      rejects.length > 0 && rows.insertRejects(this.sql, rejects, this.receivedAt),
      unclaimed.length > 0 &&
        rows.unclaimKeys(
          this.sql,
          unclaimed.map(({ key }) => key),
        ),
      placed.length > 0 && also?.(this.sql, this.receivedAt),
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
    const claims = [...first.keys()];
    const [, , now, revision, claimed, found] = await Promise.all([
      this.sql.query('begin'),
      this.sql.query(LOCK_SHARED),
      typeof this.clock === 'number' ? this.clock : this.clock.now(this.sql),
      rows.newestRevision(this.sql),
      rows.claimKeys(this.sql, claims, typeof this.clock === 'number' ? this.clock : null),
      rows.lockKeys(this.sql, [...keys.values()]),
    ]);
    this.receivedAt = now;
    this.current = await readsOf(this.source, this.sql, revision);
    if (claimed === claims.length) return { fresh: [...first.values()], found };
    const unseen = await rows.claimedKeys(this.sql, claims);
    return { fresh: [...first.values()].filter(({ key }) => unseen.has(key)), found };
  }

  /** Finds the place in time of each; whose there is none is refused. */
  private place(fresh: readonly Entry[]): (Entry & Placed)[] {
    const placed: (Entry & Placed)[] = [];
    for (const entry of fresh) {
      const place = placeInTime(entry.item, this.receivedAt);
      if (!place) {
        this.refuse(entry, 'time_out_of_range', OUT_OF_RANGE);
        continue;
      }
      const { item, index, key } = entry;
      placed.push({ item, index, key, occurredAt: place.occurredAt, statedAt: place.statedAt });
    }
    const oldest = monthOf(this.receivedAt) - MONTHS_BACK;
    const months = placed.flatMap(({ item, occurredAt }) =>
      item.event === null ? [] : [monthOf(occurredAt)],
    );
    const missing = unknownMonths(
      this.source,
      months.filter((month) => month >= oldest),
    );
    if (missing.length > 0) throw new Redo({ months: missing });
    return placed;
  }

  private refuse({ item, index }: Entry, code: Refusal['code'], detail: string): void {
    this.outcomes[index] = { kind: 'refused', refusal: refusalOf(item, code, detail) };
  }

  /** Stores all but the events, and returns those. */
  private async storeFresh(
    fresh: readonly (Entry & Placed)[],
    found: FoundKeys,
  ): Promise<rows.EventRow[]> {
    const { persons, made, known } = await this.resolve(fresh, found);
    const accounts = await this.accounts(fresh);
    const touches = new Map<number, Touch[]>();
    const events: rows.EventRow[] = [];
    const isRead = eventsRead(this.current);
    fresh.forEach((entry, i) => {
      const { item, index, occurredAt, statedAt } = entry;
      const profileId = persons[i]?.id;
      if (profileId === null || profileId === undefined) {
        const detail = `previousId ${item.previousId} belongs to another person who has a userId`;
        this.refuse(entry, 'identity_conflict', detail);
        return;
      }
      this.outcomes[index] = { kind: 'stored', profileId };
      let list = touches.get(profileId);
      if (!list) touches.set(profileId, (list = []));
      list.push(touchOf(entry, occurredAt, accounts));
      if (item.event !== null)
        events.push({ item, profileId, occurredAt, statedAt, told: isRead(item.event) });
    });
    const { receivedAt, current } = this;
    const changed = await storeProfiles(this.sql, { touches, made, known, receivedAt, current });
    const tooMuch = [...accounts.tooMuch, ...changed.tooMuch];
    if (tooMuch.length > 0 || changed.lostKeys) throw new Redo({ tooMuch });
    this.told ||= changed.told || events.some(({ told }) => told);
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
    const { made, bound, persons, merges } = resolution;
    if (merges.length > 0)
      throw new Redo({ merges: merges.map((one) => ({ ...one, by: fresh[one.by]!.index })) });
    const claimed = idsOf(resolution.claimed);
    if (claimed.length > 0 && (await rows.lockClaims(this.sql, claimed)) > 0) throw new Redo();
    if (made.length > 0) {
      const ids = await rows.reserveProfileIds(this.sql, made.length);
      made.forEach((person, i) => (person.id = ids[i]!));
    }
    const known = new Map([...found.values(), ...byId.values()].map((row) => [row.profileId, row]));
    const keyRows = bound.map(({ kind, value, person, former }) => ({
      kind,
      value,
      profileId: person.id!,
      former,
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

  private async accounts(fresh: readonly Entry[]) {
    const calls = fresh.flatMap(({ item, index }): AccountCall[] =>
      item.groupId === null ? [] : [{ index, groupId: item.groupId, traits: item.accountTraits }],
    );
    return calls.length === 0
      ? { ids: new Map<string, number>(), changed: new Map<number, AccountChange>(), tooMuch: [] }
      : storeAccounts(this.sql, calls, this.receivedAt);
  }
}

const OUT_OF_RANGE = 'the time is before 2000 or more than 24 hours ahead';

function idsOf(persons: readonly Person[]): number[] {
  return persons.flatMap((person) => (person.id === null ? [] : [person.id]));
}

/** Which events the engine must hear of, by name. Before any apply: none. */
function eventsRead(current: CurrentReads | null): (name: string) => boolean {
  const { events = [], anyEvent = false } = current?.reads ?? {};
  const names = new Set(events);
  return (name) => names.has(name) || (anyEvent && !isOwnEvent(name));
}
