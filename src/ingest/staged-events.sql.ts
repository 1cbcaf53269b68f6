/**
 * Stage 1: resolved events go from a staging relation into the tables, set-based. In: the name of a
 * (temporary) table of the session with the columns below; out: the tables, in the transaction of `sql`.
 * Invariants: an event key is claimed once; `profile_event_stats` says exactly what `events` holds; rows
 * are touched in the order of their keys, so that concurrent writers cannot deadlock.
 *
 *   profile_id bigint, name text, occurred_at, judged_at, received_at timestamptz(3), stated_at
 *   timestamptz(3), properties jsonb, context jsonb, source text, message_id text, historical boolean
 */
import { hash } from 'node:crypto';
import type { Instant } from '../core/instant.js';
import { instantToSql } from '../core/instant.js';
import type { Queryable } from '../core/queryable.js';

/** How long a message is recognised as one that was stored; those of imports for ever. */
export const KEYS_KEPT_DAYS = 30;

/** The identity of a client message as `event_keys` holds it: md5 of source, line feed and message id. */
const EVENT_KEY_SQL = `md5(source || E'\\n' || message_id)::uuid`;

/** `EVENT_KEY_SQL` in code. A source never holds a line feed. */
export function eventKey(source: string, messageId: string): string {
  const hex = hash('md5', `${source}\n${messageId}`);
  return `${hex.slice(0, 8)}-${hex.slice(8, 12)}-${hex.slice(12, 16)}-${hex.slice(16, 20)}-${hex.slice(20)}`;
}

/**
 * Claims the keys of all staged rows and removes from the staging those seen before, in this staging or
 * ever. Returns how many were removed. `kept` keys (imports) are not pruned after 30 days.
 */
export async function claimStagedKeys(
  sql: Queryable,
  staging: string,
  { receivedAt, kept }: { receivedAt: Instant; kept: boolean },
): Promise<number> {
  const table = stagingName(staging);
  const { rowCount } = await sql.query(
    `with keyed as (
       select ctid as place, ${EVENT_KEY_SQL} as key,
              row_number() over (partition by source, message_id order by ctid) as nth
       from ${table}
     ), claimed as (
       insert into event_keys (key, received_at, kept)
       select key, $1::timestamptz, $2 from keyed where nth = 1 order by key
       on conflict do nothing
       returning key
     )
     delete from ${table} using keyed
     where ${table}.ctid = keyed.place
       and (keyed.nth > 1 or keyed.key not in (select key from claimed))`,
    [instantToSql(receivedAt), kept],
  );
  return rowCount ?? 0;
}

/** Inserts every staged row as an event and adds them to `profile_event_stats`. Returns how many. */
export async function insertStagedEvents(sql: Queryable, staging: string): Promise<number> {
  const table = stagingName(staging);
  const { rowCount } = await sql.query(
    `insert into events (profile_id, name, occurred_at, judged_at, received_at, stated_at,
                         properties, context, source, message_id, historical)
     select profile_id, name, occurred_at, judged_at, received_at, stated_at,
            properties, context, source, message_id, historical
     from ${table}
     order by profile_id, occurred_at`,
  );
  await sql.query(addStatsSql(table));
  return rowCount ?? 0;
}

/** Adds the events of a relation (profile_id, name, occurred_at, judged_at) to `profile_event_stats`. */
export function addStatsSql(relation: string): string {
  return `insert into profile_event_stats as s (profile_id, name, count, first_at, last_at, judged_at)
     select profile_id, name, count(*), min(occurred_at), max(occurred_at), max(judged_at)
     from ${relation}
     group by profile_id, name
     order by profile_id, name
     on conflict (profile_id, name) do update
       set count = s.count + excluded.count,
           first_at = least(s.first_at, excluded.first_at),
           last_at = greatest(s.last_at, excluded.last_at),
           judged_at = greatest(s.judged_at, excluded.judged_at)`;
}

/** Names cannot be bound; only a plain identifier passes. */
function stagingName(name: string): string {
  if (!/^[a-z_][a-z0-9_]{0,62}$/.test(name)) throw new Error(`not a staging table: ${name}`);
  return name;
}
