/**
 * What the live workspace knows, copied once into the simulation's schema, so that the run reads one consistent
 * state and live goes on undisturbed. Events, profiles and trait changes wait in `recorded_*` tables until
 * virtual time reaches them (recorded-window.sql.ts). Live tables are read, never written.
 */
import { instantToSql, type Instant } from '../core/instant.js';
import type { Connection, ConnectionSource } from '../core/queryable.js';
import { campaignSource } from '../core/own-events.js';
import { isKnownZone } from '../ingest/known-zone.js';
import type { Reads } from '../language/reads.js';
import { recordAccounts } from './recorded-accounts.sql.js';
import { reserveIds } from './recorded-ids.sql.js';

export interface RecordingOptions {
  from: Instant;
  /** Exclusive. */
  to: Instant;
  /** Only what the simulated definitions read is copied. */
  reads: Reads;
  /** The simulated ones: what their steps did from `from` on is left out, because they do it again. */
  campaigns: readonly string[];
  /** Conditions ask for the profile's first event, whatever its name: copy events of every name. */
  allEvents: boolean;
  /** Names of events that are counted without being heard of. */
  counted: readonly string[];
}

/** Copies live into the schema of `simulation` (the connection's search_path). */
export async function record(
  live: ConnectionSource,
  simulation: Connection,
  o: RecordingOptions,
): Promise<void> {
  await simulation.query('begin isolation level repeatable read');
  await viewLive(live, simulation);
  const values = [instantToSql(o.from), instantToSql(o.to)];
  const own = o.campaigns.map(campaignSource);
  await simulation.query(
    `create table recorded_events as
     select id, profile_id, name, occurred_at, judged_at, received_at, stated_at, properties, context, source, message_id,
            -- an import starts nothing when it comes in, but what it recorded did happen: replayed, it is an event
            historical and source not like 'import:%' as historical
     from live_events where judged_at < $1::timestamptz and ($2 or name = any($3::text[]))
       and not (judged_at >= $4::timestamptz and source = any($5::text[]))
     order by judged_at, id`,
    [values[1], o.allEvents || o.reads.anyEvent, [...o.reads.events, ...o.counted], values[0], own],
  );
  await simulation.query(
    'create index on recorded_events using brin (judged_at) with (pages_per_range = 8)',
  );
  await simulation.query(
    `create table recorded_trait_changes as select * from live_trait_changes
     where changed_at >= $1::timestamptz and changed_at < $2::timestamptz and not source = any($3::text[])`,
    [...values, own],
  );
  await recordProfiles(simulation, o);
  await recordConsent(simulation, o, own);
  await reserveIds(simulation);
  await recordAccounts(simulation);
  await simulation.query(`drop view ${LIVE_TABLES.map((table) => `live_${table}`).join(', ')}`);
  await simulation.query('commit');
  await simulation.query('analyze recorded_events, recorded_profiles, recorded_trait_changes');
}

const LIVE_TABLES = [
  'events',
  'profiles',
  'trait_changes',
  'accounts',
  'account_moves',
  'account_trait_changes',
  'subscriptions',
  'suppressions',
];

/** The only place that names a schema: the live tables beside the simulation's own of the same names. */
export async function viewLive(
  live: ConnectionSource,
  simulation: Connection,
  tables: readonly string[] = LIVE_TABLES,
): Promise<void> {
  const { rows } = await live.query<{ schema: string }>(
    'select quote_ident(current_schema()) as schema',
  );
  for (const table of tables) {
    await simulation.query(
      `create temporary view live_${table} as select * from ${rows[0]!.schema}.${table}`,
    );
  }
}

/**
 * Profiles with the traits they had just before `from`: later changes are undone, and done again in their time.
 * `exists_at`: a profile is there from its first sign of life on, however late it was imported.
 */
async function recordProfiles(simulation: Connection, o: RecordingOptions): Promise<void> {
  const { rows } = await simulation.query<{ zone: string | null }>(
    `select distinct value #>> '{}' as zone
     from live_trait_changes cross join lateral (values (before), (after)) v (value)
     where trait = 'timezone' and changed_at >= $1::timestamptz`,
    [instantToSql(o.from)],
  );
  const zones = rows.flatMap(({ zone }) => (zone !== null && isKnownZone(zone) ? [zone] : []));
  await simulation.query(
    `create table recorded_profiles as
     with undone as (
       select profile_id, array_agg(trait) as traits, jsonb_object_agg(trait, before) filter (where before is not null) as before
       from (select distinct on (profile_id, trait) profile_id, trait, before from live_trait_changes
             where changed_at >= $1::timestamptz order by profile_id, trait, changed_at, id) first
       group by profile_id
     )
     select p.id, p.shard, as_of.traits,
            case when not 'timezone' = any(coalesce(u.traits, '{}')) then p.zone
                 when as_of.traits ->> 'timezone' = any($3::text[]) then as_of.traits ->> 'timezone' end as zone,
            -- events bring their own start with them; a start told by a trait is known from the beginning
            case when p.born_at is distinct from p.first_event_at then p.born_at end as born_at,
            p.account_id,
            least(p.created_at, p.born_at) as exists_at
     from live_profiles p left join undone u on u.profile_id = p.id
     cross join lateral (select (p.traits - coalesce(u.traits, '{}')) || coalesce(u.before, '{}') as traits) as_of
     where p.merged_into is null and least(p.created_at, p.born_at) < $2::timestamptz`,
    [instantToSql(o.from), instantToSql(o.to), zones],
  );
}

/** Consent is known by its last word only; each word counts from the end of its day (UTC) on. */
async function recordConsent(
  simulation: Connection,
  o: RecordingOptions,
  own: readonly string[],
): Promise<void> {
  const to = [instantToSql(o.to)];
  await simulation.query(
    `create table recorded_subscriptions as
     select *, date_trunc('day', changed_at) + interval '24 hours' as counts_from from live_subscriptions
     where changed_at < $1::timestamptz and not (changed_at >= $2::timestamptz and source = any($3::text[]))`,
    [...to, instantToSql(o.from), own],
  );
  await simulation.query(
    `create table recorded_suppressions as
     select *, date_trunc('day', since) + interval '24 hours' as counts_from from live_suppressions where since < $1::timestamptz`,
    to,
  );
}
