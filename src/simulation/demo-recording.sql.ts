/**
 * The demo's people as a recording: the `recorded_*` tables that a backtest copies from live are filled with
 * them instead, so that the demo runs on the same rails. Their keys are real, so the API knows them afterwards.
 */
import { instantToSql } from '../core/instant.js';
import type { Connection } from '../core/queryable.js';
import { SHARD_COUNT } from '../core/shard.js';
import type { DemoPopulation } from './demo-population.js';

/** Fills the recording. The workspace must be empty. */
export async function recordPopulation(sql: Connection, population: DemoPopulation): Promise<void> {
  await sql.query('begin');
  await recordProfiles(sql, population);
  await recordEvents(sql, population);
  await recordTraitChanges(sql, population);
  await recordConsent(sql, population);
  await sql.query('commit');
  await sql.query('analyze recorded_events, recorded_profiles, recorded_trait_changes');
}

/** Removes the recording and lets new rows have the ids after it. */
export async function closeRecording(sql: Connection): Promise<void> {
  await sql.query(
    `insert into profile_keys (kind, value, profile_id) select 'user', user_id, id from recorded_profiles order by user_id`,
  );
  for (const table of ['profiles', 'trait_changes']) {
    await sql.query(
      `select setval(pg_get_serial_sequence('${table}', 'id'), (select coalesce(max(id), 1) from ${table}))`,
    );
  }
  await sql.query(`select setval('events_id_seq', (select coalesce(max(id), 1) from events))`);
  await sql.query(
    'drop table recorded_events, recorded_profiles, recorded_trait_changes, recorded_subscriptions, recorded_suppressions',
  );
}

async function recordProfiles(sql: Connection, { profiles }: DemoPopulation): Promise<void> {
  const rows = profiles.map(({ id, userId, traits, zone, joinedAt }) => ({
    id,
    user_id: userId,
    traits,
    zone,
    at: instantToSql(joinedAt),
  }));
  await sql.query(
    `create table recorded_profiles as
     select id, user_id, (id % $2)::smallint as shard, traits, zone, at as born_at, null::bigint as account_id, at as created_at, at as exists_at
     from jsonb_to_recordset($1::jsonb) as r (id bigint, user_id text, traits jsonb, zone text, at timestamptz(3))`,
    [JSON.stringify(rows), SHARD_COUNT],
  );
}

async function recordEvents(sql: Connection, { events }: DemoPopulation): Promise<void> {
  const rows = events.map(({ profileId, name, at, properties }, index) => ({
    id: index + 1,
    profile_id: profileId,
    name,
    at: instantToSql(at),
    properties,
  }));
  await sql.query(
    `create table recorded_events as
     select id, profile_id, name, at as occurred_at, at as judged_at, at as received_at, null::timestamptz(3) as stated_at,
            properties, null::jsonb as context, 'demo' as source, 'demo-' || id as message_id, false as historical
     from jsonb_to_recordset($1::jsonb) as r (id bigint, profile_id bigint, name text, at timestamptz(3), properties jsonb)`,
    [JSON.stringify(rows)],
  );
}

async function recordTraitChanges(
  sql: Connection,
  { traitChanges }: DemoPopulation,
): Promise<void> {
  const rows = traitChanges.map(({ profileId, trait, before, after, at }, index) => ({
    id: index + 1,
    profile_id: profileId,
    trait,
    before,
    after,
    at: instantToSql(at),
  }));
  await sql.query(
    `create table recorded_trait_changes as
     select id, profile_id, trait, before, after, at as changed_at, 'demo' as source
     from jsonb_to_recordset($1::jsonb) as r (id bigint, profile_id bigint, trait text, before jsonb, after jsonb, at timestamptz(3))`,
    [JSON.stringify(rows)],
  );
}

/** Counts from the next day on, as a backtest has it (recording.sql.ts). */
async function recordConsent(
  sql: Connection,
  { refusals, suppressions }: DemoPopulation,
): Promise<void> {
  await sql.query(
    `create table recorded_subscriptions as
     select profile_id, topic, false as subscribed, at as changed_at, 'unsubscribe page' as source,
            date_trunc('day', at) + interval '24 hours' as counts_from
     from jsonb_to_recordset($1::jsonb) as r (profile_id bigint, topic text, at timestamptz(3))`,
    [
      JSON.stringify(
        refusals.map(({ profileId, topic, at }) => ({
          profile_id: profileId,
          topic,
          at: instantToSql(at),
        })),
      ),
    ],
  );
  await sql.query(
    `create table recorded_suppressions as
     select address, 'hard_bounce' as reason, '550 5.1.1 no such mailbox' as detail, 'delivery' as source, at as since,
            date_trunc('day', at) + interval '24 hours' as counts_from
     from jsonb_to_recordset($1::jsonb) as r (address text, at timestamptz(3))`,
    [JSON.stringify(suppressions.map(({ address, at }) => ({ address, at: instantToSql(at) })))],
  );
}
