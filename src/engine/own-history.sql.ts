/**
 * Own events from before a definition read them. They are stored only while one does; what happened earlier is still known
 * from enrolments and messages, so a shard writes it down before it settles anything under definitions that are new to it.
 * Once a shard and name: `own_event_histories`; an apply that reads a name no more forgets that (apply-definitions.ts).
 */
import { EVENTS_OF_ENROLMENTS, EVENTS_OF_MESSAGES } from '../core/own-events.js';
import type { Queryable } from '../core/queryable.js';
import { addStatsSql } from '../ingest/staged-events.sql.js';
import type { EngineDefinitions } from './engine-definitions.js';

const NAMES = [...EVENTS_OF_ENROLMENTS, ...EVENTS_OF_MESSAGES];

/** Writes what these shards lack of the own events that are read now. */
export async function writeOwnHistory(
  sql: Queryable,
  shards: readonly number[],
  { reads }: EngineDefinitions,
): Promise<void> {
  const read = NAMES.filter((name) => reads.events.has(name));
  if (read.length === 0) return;
  const { rows } = await sql.query<{ shard: number; name: string }>({
    name: 'engine-owed-own-history',
    text: `insert into own_event_histories (shard, name)
           select shard, name from unnest($1::smallint[]) as shard, unnest($2::text[]) as name
           on conflict do nothing returning shard, name`,
    values: [shards, read],
  });
  for (const name of new Set(rows.map((row) => row.name))) {
    const owed = rows.filter((row) => row.name === name).map(({ shard }) => shard);
    const write = EVENTS_OF_MESSAGES.includes(name) ? WRITE_OF_MESSAGES : WRITE_OF_ENROLMENTS;
    await sql.query(write, [owed, name]);
  }
}

/** Not those that were stored as they happened, between the apply and now. */
function writeSql(of: 'enrolments' | 'messages', told: string): string {
  return `
  with staged as materialized (
    select r.profile_id, r.name, r.at as occurred_at, coalesce(r.judged_at, r.at) as judged_at, r.properties, r.source, r.message_id
    from profiles p join ${of} o on o.profile_id = p.id cross join lateral ${told}(o) f
    cross join lateral jsonb_to_record(f.fact) as r (profile_id bigint, name text, at timestamptz(3), judged_at timestamptz(3),
      properties jsonb, source text, message_id text)
    where p.shard = any($1::smallint[]) and r.name = $2 and not exists (
      select from events e where e.profile_id = r.profile_id and e.name = r.name and e.message_id = r.message_id)
  ), stored as (
    insert into events (profile_id, name, occurred_at, judged_at, received_at, properties, source, message_id)
    select profile_id, name, occurred_at, judged_at, judged_at, properties, source, message_id from staged
    order by profile_id, occurred_at
  )
  ${addStatsSql('staged')}`;
}

const WRITE_OF_ENROLMENTS = writeSql('enrolments', 'own_events_of_enrolment');
const WRITE_OF_MESSAGES = writeSql('messages', 'own_events_of_message');
