/**
 * Stage 1: the statements of one stored group, each for all of its rows at once. Rows travel as one JSON
 * text (`jsonb_to_recordset`); instants in it are ISO texts. Invariant: rows are locked in the order of
 * their keys - event_keys, profile_keys, profiles, profile_event_stats - by everyone who locks several.
 */
import type { Instant } from '../core/instant.js';
import { instantToSql } from '../core/instant.js';
import type { Queryable } from '../core/queryable.js';
import type { ProfileState } from './decide-profile.js';
import type { Item, JsonObject, Refusal } from './item.js';
import { keyOf, type KeyKind, type KnownKey } from './resolve-identities.js';
import { addStatsSql } from './staged-events.sql.js';
import type { TraitTimes } from './trait-statements.js';

/** The newest revision as of now, null before any apply. The definitions lock must be held already. */
export async function newestRevision(sql: Queryable): Promise<number | null> {
  const { rows } = await sql.query<{ revision: number | null }>({
    name: 'ingest-revision',
    text: 'select max(id) as revision from revisions',
  });
  return rows[0]!.revision;
}

/** Claims event keys; returns how many were new: nearly always all of them, so none travels back. */
export async function claimKeys(
  sql: Queryable,
  keys: string[],
  receivedAt: Instant | null,
): Promise<number> {
  const { rowCount } = await sql.query({
    name: 'ingest-claim-keys',
    text: `insert into event_keys (key, received_at)
           select key, coalesce($2::timestamptz, current_timestamp) from unnest($1::uuid[]) as key order by key
           on conflict do nothing`,
    values: [keys, iso(receivedAt)],
  });
  return rowCount ?? 0;
}

/** Which of these keys `claimKeys` found new in this transaction. */
export async function claimedKeys(sql: Queryable, keys: string[]): Promise<Set<string>> {
  const { rows } = await sql.query<{ key: string }>(
    `select key::text from event_keys
     where key = any($1::uuid[]) and xmin = pg_current_xact_id()::xid`,
    [keys],
  );
  return new Set(rows.map(({ key }) => key));
}

/** Gives keys of this transaction back: what is refused may come again. */
export async function unclaimKeys(sql: Queryable, keys: string[]): Promise<void> {
  await sql.query('delete from event_keys where key = any($1::uuid[])', [keys]);
}

/** A key as found, with what the group may need of its profile. */
export interface FoundKey extends KnownKey {
  firstEventAt: Instant | null;
  accountId: number | null;
  hasZone: boolean;
  hasLocale: boolean;
}

interface FoundRow {
  profile_id: number;
  identified: boolean;
  first_event_at: Instant | null;
  account_id: number | null;
  has_zone: boolean;
  has_locale: boolean;
}

/**
 * Looks keys up, by `keyOf`, and keeps them from moving (FOR SHARE) until the transaction ends. The lists are
 * wrapped so that their lengths are no part of the plan, or Postgres would plan it anew for every small group.
 */
export async function lockKeys(
  sql: Queryable,
  keys: readonly { kind: KeyKind; value: string }[],
): Promise<Map<string, FoundKey>> {
  const { rows } = await sql.query<FoundRow & { place: number }>({
    name: 'ingest-lock-keys',
    text: `select w.place::integer, k.profile_id, p.first_event_at, p.account_id,
                  p.traits ? 'timezone' as has_zone, p.traits ? 'locale' as has_locale,
                  k.kind = 'user' or exists (
                    select from profile_keys u where u.profile_id = k.profile_id and u.kind = 'user'
                  ) as identified
           from unnest((select $1::text[]), (select $2::text[])) with ordinality as w (kind, value, place)
           join profile_keys k on k.kind = w.kind and k.value = w.value
           join profiles p on p.id = k.profile_id
           order by k.kind, k.value
           for share of k`,
    values: [keys.map((key) => key.kind), keys.map((key) => key.value)],
  });
  return new Map(
    rows.map((row) => {
      const { kind, value } = keys[row.place - 1]!;
      return [keyOf(kind, value), toFound(row)];
    }),
  );
}

/** Profiles named by id (internal facts), followed to their survivors; they cannot be merged meanwhile. */
export async function lockProfilesById(
  sql: Queryable,
  ids: readonly number[],
): Promise<Map<number, FoundKey>> {
  const found = new Map<number, FoundKey>();
  let asked = new Map(ids.map((id) => [id, [id]]));
  while (asked.size > 0) {
    const { rows } = await sql.query<FoundRow & { merged_into: number | null }>(
      `select id as profile_id, merged_into, true as identified, first_event_at, account_id,
              traits ? 'timezone' as has_zone, traits ? 'locale' as has_locale
       from profiles where id = any($1::bigint[]) order by id for share`,
      [[...asked.keys()]],
    );
    const next = new Map<number, number[]>();
    for (const row of rows) {
      const meant = asked.get(row.profile_id)!;
      if (row.merged_into === null) for (const id of meant) found.set(id, toFound(row));
      else next.set(row.merged_into, [...(next.get(row.merged_into) ?? []), ...meant]);
    }
    asked = next;
  }
  return found;
}

function toFound(row: FoundRow): FoundKey {
  return {
    profileId: row.profile_id,
    identified: row.identified,
    firstEventAt: row.first_event_at,
    accountId: row.account_id,
    hasZone: row.has_zone,
    hasLocale: row.has_locale,
  };
}

/** Of these anonymous profiles, those that have a user id after all; the others are held until the end. */
export async function lockClaims(sql: Queryable, ids: readonly number[]): Promise<number> {
  await sql.query(
    `select from profiles where id = any($1::bigint[]) order by id for no key update`,
    [ids],
  );
  const { rowCount } = await sql.query(
    `select from profile_keys where profile_id = any($1::bigint[]) and kind = 'user'`,
    [ids],
  );
  return rowCount ?? 0;
}

/** Ids for profiles to be made. */
export async function reserveProfileIds(sql: Queryable, count: number): Promise<number[]> {
  const { rows } = await sql.query<{ id: number }>({
    name: 'ingest-reserve-ids',
    text: `select nextval('profiles_id_seq') as id from generate_series(1, $1::integer)`,
    values: [count],
  });
  return rows.map((row) => row.id);
}

/** A key to be bound; those of a group in the order they were stated. */
export interface NewKey {
  kind: KeyKind;
  value: string;
  profileId: number;
  former: boolean;
}

/** Binds keys; returns how many were free. */
export async function insertKeys(sql: Queryable, keys: readonly NewKey[]): Promise<number> {
  const { rowCount } = await sql.query({
    name: 'ingest-insert-keys',
    text: `with first as materialized (select nextval('profile_keys_stated') as stated)
           insert into profile_keys (kind, value, profile_id, stated)
           select kind, value, profile_id, case when former then 0 else first.stated + place end
           from first, unnest($1::text[], $2::text[], $3::bigint[], $4::boolean[])
             with ordinality as k (kind, value, profile_id, former, place)
           order by kind, value
           on conflict do nothing`,
    values: [
      keys.map((key) => key.kind),
      keys.map((key) => key.value),
      keys.map((key) => key.profileId),
      keys.map((key) => key.former),
    ],
  });
  return rowCount ?? 0;
}

/** Existing profiles, held for a change. */
export async function lockProfiles(
  sql: Queryable,
  ids: readonly number[],
): Promise<Map<number, ProfileState>> {
  const { rows } = await sql.query<{
    id: number;
    traits: JsonObject;
    traits_occurred_at: TraitTimes;
    zone: string | null;
    born_at: Instant | null;
    first_event_at: Instant | null;
    traits_changed_at: Instant | null;
    account_id: number | null;
  }>({
    name: 'ingest-lock-profiles',
    text: `select id, traits, traits_occurred_at, zone, born_at, first_event_at, traits_changed_at, account_id
           from profiles where id = any($1::bigint[]) order by id for no key update`,
    values: [ids],
  });
  return new Map(
    rows.map((row) => [
      row.id,
      {
        id: row.id,
        traits: row.traits,
        traitTimes: row.traits_occurred_at,
        zone: row.zone,
        bornAt: row.born_at,
        firstEventAt: row.first_event_at,
        traitsChangedAt: row.traits_changed_at,
        accountId: row.account_id,
      },
    ]),
  );
}

const PROFILE_RECORD = `jsonb_to_recordset($1::jsonb) as r (id bigint, shard smallint, traits jsonb, traits_occurred_at jsonb,
  zone text, born_at timestamptz(3), first_event_at timestamptz(3), traits_changed_at timestamptz(3), account_id bigint)`;

function profileRecords(states: readonly ProfileState[], shardOf: (id: number) => number): string {
  return JSON.stringify(
    states.map((state) => ({
      id: state.id,
      shard: shardOf(state.id),
      traits: state.traits,
      traits_occurred_at: state.traitTimes,
      zone: state.zone,
      born_at: iso(state.bornAt),
      first_event_at: iso(state.firstEventAt),
      traits_changed_at: iso(state.traitsChangedAt),
      account_id: state.accountId,
    })),
  );
}

/** Makes profiles whose ids were reserved. */
export async function insertProfiles(
  sql: Queryable,
  states: readonly ProfileState[],
  { createdAt, shardOf }: { createdAt: Instant; shardOf: (id: number) => number },
): Promise<void> {
  await sql.query({
    name: 'ingest-insert-profiles',
    text: `insert into profiles (id, shard, traits, traits_occurred_at, zone, born_at, first_event_at, traits_changed_at,
                                 account_id, created_at)
           select id, shard, traits, traits_occurred_at, zone, born_at, first_event_at, traits_changed_at,
                  account_id, $2::timestamptz
           from ${PROFILE_RECORD}`,
    values: [profileRecords(states, shardOf), instantToSql(createdAt)],
  });
}

/** Writes profiles that `lockProfiles` holds. */
export async function updateProfiles(
  sql: Queryable,
  states: readonly ProfileState[],
): Promise<void> {
  await sql.query({
    name: 'ingest-update-profiles',
    text: `update profiles p
           set traits = r.traits, traits_occurred_at = r.traits_occurred_at, zone = r.zone, born_at = r.born_at,
               first_event_at = r.first_event_at, traits_changed_at = r.traits_changed_at, account_id = r.account_id
           from ${PROFILE_RECORD} where p.id = r.id`,
    values: [profileRecords(states, () => 0)],
  });
}

export interface InboxRow {
  profileId: number;
  kind: 'traits' | 'merge' | 'enrol' | 'topics' | 'account';
  name: string | null;
  at: Instant;
  historical: boolean;
  data: JsonObject | null;
  /** Of the request that brought it. */
  trace?: string | null;
}

/** Tells the engine of facts that are not events. */
export async function insertInbox(sql: Queryable, facts: readonly InboxRow[]): Promise<void> {
  const records = facts.map((fact) => ({
    profile_id: fact.profileId,
    kind: fact.kind,
    name: fact.name,
    at: instantToSql(fact.at),
    historical: fact.historical,
    data: fact.data,
    trace: fact.trace,
  }));
  await sql.query({
    name: 'ingest-insert-inbox',
    text: `insert into inbox (shard, profile_id, kind, name, occurred_at, judged_at, historical, data, trace_id)
           select p.shard, r.profile_id, r.kind, r.name, r.at, r.at, r.historical, r.data, r.trace
           from jsonb_to_recordset($1::jsonb)
             as r (profile_id bigint, kind text, name text, at timestamptz(3), historical boolean, data jsonb, trace uuid)
           join profiles p on p.id = r.profile_id`,
    values: [JSON.stringify(records)],
  });
}

export interface EventRow {
  /** One that has an event. */
  item: Item;
  profileId: number;
  occurredAt: Instant;
  statedAt: Instant | null;
  /** A definition reads it. */
  told: boolean;
}

/**
 * An event travels as a list, not as an object: half the bytes, and Postgres takes 3 us for it instead of 6
 * (`jsonb_to_recordset`) or 4 (`unnest` of ten lists, which cost more in code besides). Ids are drawn
 * before the insert, because RETURNING would keep a copy of every row for the few that the inbox takes.
 * Nothing here depends on a parameter's value, or Postgres would plan it anew for every group (0.5 ms).
 */
const STORE_EVENTS = `
  with staged as materialized (
    select nextval('events_id_seq') as id, (e ->> 0)::bigint as profile_id, e ->> 1 as name,
           to_timestamp((e ->> 2)::float8 / 1000)::timestamptz(3) as occurred_at, $2::timestamptz(3) as judged_at,
           to_timestamp((e ->> 3)::float8 / 1000)::timestamptz(3) as stated_at, e -> 4 as properties,
           nullif(e -> 5, 'null') as context, e ->> 6 as source, e ->> 7 as message_id,
           (e -> 8)::boolean as historical, e ->> 9 as told
    from jsonb_array_elements($1::jsonb) as e
  ), stored as (
    insert into events (id, profile_id, name, occurred_at, judged_at, received_at, stated_at, properties, context,
                        source, message_id, historical)
    select id, profile_id, name, occurred_at, judged_at, judged_at, stated_at, properties, context,
           source, message_id, historical
    from staged
  ), told as (
    insert into inbox (shard, profile_id, kind, name, event_id, occurred_at, judged_at, historical, data, trace_id)
    select p.shard, s.profile_id, 'event', s.name, s.id, s.occurred_at, s.judged_at, s.historical, s.properties,
           nullif(s.told, '')::uuid
    from staged s join profiles p on p.id = s.profile_id
    where s.told is not null
  ), counted as (
    ${addStatsSql('staged')}
  )
  select`;

/** Inserts events, adds them to the stats and those that are `told` to the inbox. */
export async function insertEvents(
  sql: Queryable,
  events: readonly EventRow[],
  receivedAt: Instant,
): Promise<void> {
  const lists = events.map(({ item, profileId, occurredAt, statedAt, told }) => [
    profileId,
    item.event,
    occurredAt,
    statedAt,
    item.properties,
    item.context,
    item.source,
    item.messageId,
    item.historical,
    // Only what the engine is told of needs its trace.
    told ? (item.trace ?? '') : null,
  ]);
  await sql.query({
    name: 'ingest-insert-events',
    text: STORE_EVENTS,
    values: [JSON.stringify(lists), instantToSql(receivedAt)],
  });
}

/** Writes down what was refused, for `rejects`. */
export async function insertRejects(
  sql: Queryable,
  refusals: readonly Refusal[],
  receivedAt: Instant,
): Promise<void> {
  await sql.query(
    `insert into rejects (received_at, source, call, code, detail, item)
     select $2::timestamptz, source, call, code, detail, item
     from jsonb_to_recordset($1::jsonb) as r (source text, call text, code text, detail text, item text)`,
    [JSON.stringify(refusals), instantToSql(receivedAt)],
  );
}

function iso(at: Instant | null): string | null {
  return at === null ? null : instantToSql(at);
}
