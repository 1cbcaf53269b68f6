/**
 * Stage 1, CSV import: the statements of one chunk. In: rows in a temporary table. Out: profiles, keys, events,
 * statistics and traits, and one inbox row per profile that learnt something, so that its memberships become a
 * baseline; nothing else reaches the engine, so an import starts nothing. All of it set-based, in the caller's
 * transaction, under the shared definitions lock.
 */
import { pipeline } from 'node:stream/promises';
import { Readable } from 'node:stream';
import type { PoolClient } from 'pg';
import { from as copyFrom } from 'pg-copy-streams';
import { instantToSql, type Instant } from '../core/instant.js';
import type { Connection, Queryable } from '../core/queryable.js';
import { SHARD_COUNT } from '../core/shard.js';
import { TooManyNames } from './data-error.js';
import type { ImportRow } from './import-csv-row.js';
import { isKnownZone } from './known-zone.js';
import { claimStagedKeys, insertStagedEvents } from './staged-events.sql.js';
import { MAX_NAMES } from './trait-limits.js';

/** The staging table has the columns of staged-events.sql.ts, and what rows of profiles need besides. */
const STAGING = 'import_rows';

/** Must be there before `stageRows`; lives as long as the session, is emptied by every commit. */
export async function createStaging(sql: Queryable): Promise<void> {
  await sql.query(`
    create temporary table if not exists ${STAGING} (
      line bigint not null,
      user_id text not null,
      traits jsonb not null,
      start_at timestamptz(3),
      profile_id bigint,
      name text,
      occurred_at timestamptz(3),
      judged_at timestamptz(3) generated always as (occurred_at) stored,
      received_at timestamptz(3),
      stated_at timestamptz(3),
      properties jsonb,
      context jsonb,
      source text,
      message_id text,
      historical boolean not null default true
    ) on commit delete rows`);
}

/** Whose rows these are, and since when they are known: the start of the import, the same after a restart. */
export interface Stamp {
  source: string;
  importedAt: Instant;
}

/** A row to stage; `startAt` is what its traits say of the start of the profile's life. */
export type StagedRow = ImportRow & { startAt: Instant | null };

/** Copies rows into the staging table and finds, or makes, the profile of each. */
export async function stageRows(
  sql: Connection,
  rows: readonly StagedRow[],
  stamp: Stamp,
): Promise<void> {
  // A pool of pg lends pg's own clients; COPY needs the stream protocol that Queryable leaves out.
  const copy = (sql as unknown as PoolClient).query(
    copyFrom(
      `copy ${STAGING} (line, user_id, traits, start_at, name, occurred_at, message_id, properties) from stdin`,
    ),
  );
  await pipeline(Readable.from(copyLines(rows)), copy);
  await sql.query(`analyze ${STAGING}`);
  await makeProfiles(sql, stamp);
}

function* copyLines(rows: readonly StagedRow[]): Generator<string> {
  let text = '';
  for (const { line, userId, traits, startAt, event } of rows) {
    const cells = [
      line,
      userId,
      JSON.stringify(traits),
      startAt === null ? null : instantToSql(startAt),
      event && event.name,
      event && instantToSql(event.at),
      event && event.messageId,
      event && JSON.stringify(event.properties),
    ];
    text += `${cells.map(copyCell).join('\t')}\n`;
    if (text.length > 1 << 16) {
      yield text;
      text = '';
    }
  }
  yield text;
}

const ESCAPES: Record<string, string> = { '\\': '\\\\', '\t': '\\t', '\n': '\\n', '\r': '\\r' };

function copyCell(value: string | number | null): string {
  return value === null
    ? '\\N'
    : String(value).replace(/[\\\t\n\r]/g, (character) => ESCAPES[character]!);
}

/** Keys are inserted in order, so that two imports cannot wait for each other. */
async function makeProfiles(sql: Queryable, { source, importedAt }: Stamp): Promise<void> {
  await sql.query(
    `with missing as materialized (
       select user_id, nextval(pg_get_serial_sequence('profiles', 'id')) as id
       from (select distinct user_id from ${STAGING}) r
       where not exists (select from profile_keys k where k.kind = 'user' and k.value = r.user_id)
     ), keys as (
       insert into profile_keys (kind, value, profile_id)
       select 'user', user_id, id from missing order by user_id
       on conflict do nothing returning profile_id
     )
     insert into profiles (id, shard, created_at) select profile_id, profile_id % $2, $1::timestamptz from keys`,
    [instantToSql(importedAt), SHARD_COUNT],
  );
  await sql.query(
    `with found as (
       select value, profile_id from profile_keys
       where kind = 'user' and value in (select user_id from ${STAGING}) order by value for share
     )
     update ${STAGING} r set profile_id = found.profile_id, source = $1, received_at = $2::timestamptz
     from found where found.value = r.user_id`,
    [source, instantToSql(importedAt)],
  );
}

/**
 * Sets the staged traits where the profile has none of that name and nobody removed it; what is there stays. On a profile
 * that this import made they are its first traits; on any other, a change at the time of the import.
 * Returns the profiles that gained something; throws `TooManyNames` when one of them has more than fit.
 */
export async function storeTraits(
  sql: Queryable,
  { source, importedAt }: Stamp,
): Promise<number[]> {
  const { rows } = await sql.query<{ id: number; names: number }>(
    `with pairs as (
       select distinct on (r.profile_id, t.key) r.profile_id, t.key, t.value, r.start_at
       from ${STAGING} r cross join lateral jsonb_each(r.traits) t
       order by r.profile_id, t.key, r.line
     ), gains as materialized (
       select pairs.*, p.created_at < $1::timestamptz as known from pairs join profiles p on p.id = pairs.profile_id
       where not p.traits ? pairs.key and not p.traits_occurred_at ? pairs.key
     ), history as (
       insert into trait_changes (profile_id, trait, before, after, changed_at, source)
       select profile_id, key, null, value, $1::timestamptz, $2 from gains where known order by profile_id, key
     ), gained as (
       select profile_id, jsonb_object_agg(key, value) as traits, bool_or(known) as known, min(start_at) as start_at
       from gains group by profile_id
     )
     update profiles p set
       traits = p.traits || gained.traits,
       traits_changed_at = case when gained.known then $1::timestamptz else p.traits_changed_at end,
       zone = case when gained.traits ->> 'timezone' = any($3::text[]) then gained.traits ->> 'timezone' else p.zone end,
       born_at = least(p.born_at, gained.start_at)
     from gained where p.id = gained.profile_id
     returning p.id, (select count(*)::integer from jsonb_object_keys(p.traits || p.traits_occurred_at)) as names`,
    [instantToSql(importedAt), source, await stagedZones(sql)],
  );
  if (rows.some(({ names }) => names > MAX_NAMES)) throw new TooManyNames();
  return rows.map(({ id }) => id);
}

/** The values of `timezone` among the staged traits that name a zone. */
async function stagedZones(sql: Queryable): Promise<string[]> {
  const { rows } = await sql.query<{ zone: string | null }>(
    `select distinct traits ->> 'timezone' as zone from ${STAGING} where traits ? 'timezone'`,
  );
  return rows.flatMap(({ zone }) => (zone !== null && isKnownZone(zone) ? [zone] : []));
}

/** Stores the staged events that were not stored before; what was is taken out of the staging. */
export async function storeEvents(
  sql: Queryable,
  { importedAt }: Stamp,
): Promise<{ stored: number; duplicate: number }> {
  const duplicate = await claimStagedKeys(sql, STAGING, { receivedAt: importedAt, kept: true });
  const stored = await insertStagedEvents(sql, STAGING);
  await sql.query(
    `update profiles p set first_event_at = f.at, born_at = least(p.born_at, f.at)
     from (select profile_id, min(occurred_at) as at from ${STAGING} group by profile_id) f
     where p.id = f.profile_id and (p.first_event_at is null or f.at < p.first_event_at)`,
  );
  return { stored, duplicate };
}

/** Asks the engine to look at every profile that learnt something, as a baseline. */
export async function announce(
  sql: Queryable,
  gained: number[],
  events: boolean,
  { importedAt }: Stamp,
): Promise<void> {
  await sql.query(
    `insert into inbox (shard, profile_id, kind, occurred_at, judged_at)
     select shard, id, 'import', $1::timestamptz, $1::timestamptz from profiles
     where id = any($2::bigint[]) or ($3 and id in (select profile_id from ${STAGING}))`,
    [instantToSql(importedAt), gained, events],
  );
}
