/**
 * Virtual time moves on: what live recorded between two instants enters the simulation's tables, as ingest
 * would have stored it, and the inbox hears of exactly what the definitions read.
 */
import { instantToSql, NEVER, type Instant } from '../core/instant.js';
import type { Queryable } from '../core/queryable.js';
import { isKnownZone } from '../ingest/known-zone.js';
import { addStatsSql } from '../ingest/staged-events.sql.js';
import type { Reads } from '../language/reads.js';
import { announceAccounts } from './recorded-accounts.sql.js';

/** Half-open: `from` belongs to it, `to` does not. */
export interface Span {
  from: Instant;
  to: Instant;
}

/** Everything before virtual time begins: state, of which the engine is told nothing. */
export async function loadHistory(sql: Queryable, before: Instant): Promise<void> {
  const at = [instantToSql(before)];
  await loadProfiles(sql, 'exists_at < $1::timestamptz', at);
  await loadEvents(sql, 'judged_at < $1::timestamptz', at);
  await sql.query('drop table window_events');
  await loadConsent(sql, before);
}

/** What happened within `span`: state, and the engine hears of it. */
export async function loadSpan(sql: Queryable, span: Span, reads: Reads): Promise<void> {
  const bounds = [instantToSql(span.from), instantToSql(span.to)];
  await loadProfiles(sql, 'exists_at >= $1::timestamptz and exists_at < $2::timestamptz', bounds);
  await announceProfiles(sql, bounds, reads);
  await announceAccounts(sql, bounds, reads);
  await loadTraitChanges(sql, bounds);
  await announceTraits(sql, bounds, reads);
  await loadEvents(sql, 'judged_at >= $1::timestamptz and judged_at < $2::timestamptz', bounds);
  await announceEvents(sql, reads);
  await sql.query('drop table window_events');
  await loadConsent(sql, span.from, reads.topics);
}

/** The next instant after `after` at which some consent starts to count: a window must not reach beyond it. */
export async function nextConsent(sql: Queryable, after: Instant): Promise<Instant> {
  const { rows } = await sql.query<{ at: Instant | null }>(
    `select least((select min(counts_from) from recorded_subscriptions where counts_from > $1::timestamptz),
                  (select min(counts_from) from recorded_suppressions where counts_from > $1::timestamptz)) as at`,
    [instantToSql(after)],
  );
  return rows[0]?.at ?? NEVER;
}

async function loadProfiles(sql: Queryable, when: string, values: string[]): Promise<void> {
  await sql.query(
    `insert into profiles (id, shard, traits, zone, born_at, account_id, created_at)
     select id, shard, traits, zone, born_at, account_id, exists_at from recorded_profiles where ${when}`,
    values,
  );
}

/** Leaves the events in the temporary table `window_events`, for `announceEvents`. */
async function loadEvents(sql: Queryable, when: string, values: string[]): Promise<void> {
  await sql.query(
    `create temporary table window_events as select * from recorded_events where ${when}`,
    values,
  );
  await sql.query(
    `insert into events (id, profile_id, name, occurred_at, judged_at, received_at, stated_at, properties, context,
       source, message_id, historical)
     select id, profile_id, name, occurred_at, judged_at, received_at, stated_at, properties, context,
       source, message_id, historical
     from window_events order by profile_id, occurred_at`,
  );
  await sql.query(addStatsSql('window_events'));
  await sql.query(
    `update profiles p set first_event_at = f.at, born_at = least(p.born_at, f.at)
     from (select profile_id, min(occurred_at) as at from window_events where name not like '$%' group by profile_id) f
     where p.id = f.profile_id and (p.first_event_at is null or f.at < p.first_event_at)`,
  );
}

async function announceEvents(sql: Queryable, reads: Reads): Promise<void> {
  await sql.query(
    `insert into inbox (shard, profile_id, kind, name, event_id, occurred_at, judged_at, historical, data)
     select p.shard, e.profile_id, 'event', e.name, e.id, e.occurred_at, e.judged_at, e.historical, e.properties
     from window_events e join profiles p on p.id = e.profile_id
     where e.name = any($1::text[]) or ($2 and e.name not like '$%')
     order by e.judged_at, e.id`,
    [reads.events, reads.anyEvent],
  );
}

/** A profile that appears is a fact, with those of its first traits that are read, which no change recorded. */
async function announceProfiles(sql: Queryable, bounds: string[], reads: Reads): Promise<void> {
  await sql.query(
    `insert into inbox (shard, profile_id, kind, occurred_at, judged_at, data)
     select p.shard, p.id, 'traits', p.exists_at, p.exists_at, t.data
     from recorded_profiles p cross join lateral (
       select coalesce(jsonb_object_agg(key, jsonb_build_object('after', value)), '{}') as data
       from jsonb_each(p.traits) where key = any($3::text[])
     ) t
     where p.exists_at >= $1::timestamptz and p.exists_at < $2::timestamptz`,
    [...bounds, reads.traits],
  );
}

async function loadTraitChanges(sql: Queryable, bounds: string[]): Promise<void> {
  const { rows } = await sql.query<{ zone: string | null }>(
    `select distinct after #>> '{}' as zone from recorded_trait_changes
     where trait = 'timezone' and changed_at >= $1::timestamptz and changed_at < $2::timestamptz`,
    bounds,
  );
  await sql.query(
    `insert into trait_changes (id, profile_id, trait, before, after, changed_at, source)
     select c.id, c.profile_id, c.trait,
            -- what it finds here: the steps of the simulated campaigns state anew what they stated in between
            case when row_number() over before = 1 then p.traits -> c.trait else lag(c.after) over before end,
            c.after, c.changed_at, c.source
     from recorded_trait_changes c join profiles p on p.id = c.profile_id
     where c.changed_at >= $1::timestamptz and c.changed_at < $2::timestamptz
     window before as (partition by c.profile_id, c.trait order by c.changed_at, c.id)`,
    bounds,
  );
  await sql.query(
    `with last as (
       select distinct on (profile_id, trait) profile_id, trait, after, changed_at from recorded_trait_changes
       where changed_at >= $1::timestamptz and changed_at < $2::timestamptz
       order by profile_id, trait, changed_at desc, id desc
     ), done as (
       select profile_id, array_agg(trait) as traits, max(changed_at) as changed_at,
              jsonb_object_agg(trait, after) filter (where after is not null) as after
       from last group by profile_id
     )
     update profiles p set
       traits = (p.traits - done.traits) || coalesce(done.after, '{}'),
       traits_changed_at = done.changed_at,
       zone = case when not 'timezone' = any(done.traits) then p.zone
                   when done.after ->> 'timezone' = any($3::text[]) then done.after ->> 'timezone' end
     from done where p.id = done.profile_id`,
    [...bounds, rows.flatMap(({ zone }) => (zone !== null && isKnownZone(zone) ? [zone] : []))],
  );
}

async function announceTraits(sql: Queryable, bounds: string[], reads: Reads): Promise<void> {
  await sql.query(
    `insert into inbox (shard, profile_id, kind, occurred_at, judged_at, data)
     select p.shard, p.id, 'traits', c.changed_at, c.changed_at,
            jsonb_object_agg(c.trait, jsonb_build_object('before', c.before, 'after', c.after) order by c.id)
     from trait_changes c join profiles p on p.id = c.profile_id
     where c.changed_at >= $1::timestamptz and c.changed_at < $2::timestamptz and c.trait = any($3::text[])
     group by p.shard, p.id, c.changed_at`,
    [...bounds, reads.traits],
  );
}

/** Consent that counts at `at`: live knows one word a topic, a campaign test may say several in the course of time. */
async function loadConsent(
  sql: Queryable,
  at: Instant,
  topics: readonly string[] = [],
): Promise<void> {
  const values = [instantToSql(at)];
  await sql.query(
    `with due as (delete from recorded_subscriptions where counts_from <= $1::timestamptz returning *),
     said as (
       select distinct on (profile_id, topic) profile_id, topic, subscribed, changed_at, source from due
       order by profile_id, topic, changed_at desc
     ), stood as (
       select s.profile_id, s.topic, s.subscribed from subscriptions s join said using (profile_id, topic)
     ), stored as (
       insert into subscriptions (profile_id, topic, subscribed, changed_at, source)
       select profile_id, topic, subscribed, changed_at, source from said
       on conflict (profile_id, topic) do update
         set subscribed = excluded.subscribed, changed_at = excluded.changed_at, source = excluded.source
     ), changed as (
       insert into subscription_changes (profile_id, topic, before, after, changed_at, source)
       select profile_id, topic, stood.subscribed, said.subscribed, $1::timestamptz, said.source
       from said left join stood using (profile_id, topic)
       where stood.subscribed is distinct from said.subscribed
       returning profile_id, topic, before, after
     )
     insert into inbox (shard, profile_id, kind, occurred_at, judged_at, data)
     select p.shard, p.id, 'topics', $1::timestamptz, $1::timestamptz,
            jsonb_object_agg(c.topic, jsonb_build_object('before', c.before, 'after', c.after))
     from changed c join profiles p on p.id = c.profile_id
     where c.topic = any($2::text[]) or (c.topic = '*' and cardinality($2::text[]) > 0)
     group by p.shard, p.id`,
    [...values, topics],
  );
  await sql.query(
    `with due as (delete from recorded_suppressions where counts_from <= $1::timestamptz returning *)
     insert into suppressions (address, reason, detail, source, since)
     select address, reason, detail, source, since from due order by since on conflict (address) do nothing`,
    values,
  );
}
