/**
 * Invented people as a recording: the `recorded_*` tables that a backtest copies from live are filled with them instead,
 * so that the demo and campaign tests run on the same rails.
 */
import { instantToSql } from '../core/instant.js';
import type { Connection } from '../core/queryable.js';
import { SHARD_COUNT } from '../core/shard.js';
import type { Population } from './population.js';
import { reserveIds } from './recorded-ids.sql.js';

/** Fills the recording. The workspace must be empty. */
export async function recordPopulation(sql: Connection, population: Population): Promise<void> {
  await sql.query('begin');
  await recordAccounts(sql, population);
  await recordProfiles(sql, population);
  await recordEvents(sql, population);
  await recordTraitChanges(sql, population);
  await recordConsent(sql, population);
  await reserveIds(sql);
  await sql.query('commit');
  await sql.query('analyze recorded_events, recorded_profiles, recorded_trait_changes');
}

/** Removes the recording and lets new profiles have the ids after it; their keys are real, so the API knows them afterwards. */
export async function closeRecording(sql: Connection): Promise<void> {
  await sql.query(
    `insert into profile_keys (kind, value, profile_id) select 'user', user_id, id from recorded_profiles order by user_id`,
  );
  await sql.query(
    `select setval(pg_get_serial_sequence('profiles', 'id'), (select coalesce(max(id), 1) from profiles))`,
  );
  await dropRecording(sql);
}

/** Removes what is left of the recording. */
export async function dropRecording(sql: Connection): Promise<void> {
  await sql.query(
    'drop table recorded_events, recorded_profiles, recorded_trait_changes, recorded_subscriptions, recorded_suppressions',
  );
}

async function recordAccounts(
  sql: Connection,
  { accounts, accountChanges }: Population,
): Promise<void> {
  if (accounts.length === 0) return;
  // Each is taken over when its time comes (recorded-accounts.sql.ts).
  await sql.query(
    `insert into account_trait_changes (account_id, trait, before, after, changed_at)
     select "accountId", trait, before, after, at
     from jsonb_to_recordset($1::jsonb) as r ("accountId" bigint, trait text, before jsonb, after jsonb, at timestamptz(3))`,
    [JSON.stringify(accountChanges.map((one) => ({ ...one, at: instantToSql(one.at) })))],
  );
  // As with companies of live, judgements look back up to their last change, also from within a window that it lies in.
  await sql.query(
    `insert into accounts (id, external_id, traits, created_at, traits_changed_at)
     select id, "externalId", traits, to_timestamp(0), (select max(changed_at) from account_trait_changes c where c.account_id = r.id)
     from jsonb_to_recordset($1::jsonb) as r (id bigint, "externalId" text, traits jsonb)`,
    [JSON.stringify(accounts)],
  );
}

async function recordProfiles(sql: Connection, { profiles }: Population): Promise<void> {
  const rows = profiles.map(({ id, userId, traits, zone, accountId, joinedAt }) => ({
    id,
    user_id: userId,
    traits,
    zone,
    account_id: accountId,
    at: instantToSql(joinedAt),
  }));
  await sql.query(
    `create table recorded_profiles as
     select id, user_id, (id % $2)::smallint as shard, traits, zone, at as born_at, account_id, at as exists_at
     from jsonb_to_recordset($1::jsonb) as r (id bigint, user_id text, traits jsonb, zone text, account_id bigint, at timestamptz(3))`,
    [JSON.stringify(rows), SHARD_COUNT],
  );
}

async function recordEvents(sql: Connection, { events }: Population): Promise<void> {
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

async function recordTraitChanges(sql: Connection, { traitChanges }: Population): Promise<void> {
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

async function recordConsent(
  sql: Connection,
  { consents, suppressions }: Population,
): Promise<void> {
  await sql.query(
    `create table recorded_subscriptions as
     select profile_id, topic, subscribed, at as changed_at, source, counts_from
     from jsonb_to_recordset($1::jsonb)
       as r (profile_id bigint, topic text, subscribed boolean, at timestamptz(3), source text, counts_from timestamptz)`,
    [
      JSON.stringify(
        consents.map(({ profileId, at, countsFrom, ...said }) => ({
          ...said,
          profile_id: profileId,
          at: instantToSql(at),
          counts_from: instantToSql(countsFrom),
        })),
      ),
    ],
  );
  await sql.query(
    `create table recorded_suppressions as
     select address, 'hard_bounce' as reason, '550 5.1.1 no such mailbox' as detail, 'delivery' as source, at as since, counts_from
     from jsonb_to_recordset($1::jsonb) as r (address text, at timestamptz(3), counts_from timestamptz)`,
    [
      JSON.stringify(
        suppressions.map(({ address, at, countsFrom }) => ({
          address,
          at: instantToSql(at),
          counts_from: instantToSql(countsFrom),
        })),
      ),
    ],
  );
}
