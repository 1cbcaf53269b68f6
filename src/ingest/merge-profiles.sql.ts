/**
 * Stage 1: what a merge moves, table by table. In: a transaction that holds both profiles (merge-profiles.ts).
 * Nothing is lost: what cannot be the survivor's too (a second active enrolment) ends with a reason.
 */
import type { Instant } from '../core/instant.js';
import { instantToSql } from '../core/instant.js';
import { EVENTS_OF_ENROLMENTS } from '../core/own-events.js';
import type { Queryable } from '../core/queryable.js';
import { moveStripeObjects } from './billing/stripe-objects.sql.js';

export interface Move {
  loser: number;
  survivor: number;
  /** The loser's shard and the survivor's. */
  from: number;
  shard: number;
  at: Instant;
  /** The companies of both. */
  accounts: number[];
}

/**
 * Moves everything of the loser but its traits, leaves the tombstone and tells the engine. No statement needs the
 * answer of another, so they are sent at once, in this order.
 */
export async function moveLoser(sql: Queryable, move: Move): Promise<void> {
  const steps = [
    moveKeys,
    moveSubscriptions,
    movePause,
    (sql: Queryable, move: Move) => [moveStripeObjects(sql, move)],
    leaveSegments,
    endTwins,
    moveEnrolments,
    // Behind what ends enrolments, which is an event of the loser's too.
    moveEvents,
    tellEngine,
  ];
  await Promise.all(steps.flatMap((step) => step(sql, move)));
}

function moveKeys(sql: Queryable, { loser, survivor }: Move): Promise<unknown>[] {
  return [
    // A loser with user ids became the survivor by alias: it is no longer called so.
    sql.query(
      `update profile_keys set profile_id = $2, stated = case kind when 'user' then 0 else stated end
       where profile_id = $1`,
      [loser, survivor],
    ),
    sql.query('update profiles set merged_into = $2 where id = $1', [loser, survivor]),
  ];
}

/** Events of our own are called by their profile and their enrolment's trigger: as those are called from now on. */
function moveEvents(sql: Queryable, { loser, survivor }: Move): Promise<unknown>[] {
  return [
    sql.query(
      `update events e
     set message_id = e.name || ' ' || $2::bigint || substr(e.message_id, length(e.name || ' ' || $1::bigint) + 1) || case
       when exists (
         select from enrolments n where n.profile_id = $2 and 'campaign:' || n.campaign = e.source
           and n.trigger = substr(e.message_id, length(e.name || ' ' || $1::bigint || ' ') + 1) || '/merged:' || $1::bigint)
       then '/merged:' || $1::bigint else '' end
     where e.profile_id = $1 and e.name = any($3::text[]) and starts_with(e.message_id, e.name || ' ' || $1::bigint || ' ')`,
      [loser, survivor, EVENTS_OF_ENROLMENTS],
    ),
    sql.query('update events set profile_id = $2 where profile_id = $1', [loser, survivor]),
    sql.query(
      `with gone as (delete from profile_event_stats where profile_id = $1 returning *)
     insert into profile_event_stats as s (profile_id, name, count, first_at, last_at, judged_at)
     select $2, name, count, first_at, last_at, judged_at from gone order by name
     on conflict (profile_id, name) do update
       set count = s.count + excluded.count,
           first_at = least(s.first_at, excluded.first_at),
           last_at = greatest(s.last_at, excluded.last_at),
           judged_at = greatest(s.judged_at, excluded.judged_at)`,
      [loser, survivor],
    ),
  ];
}

/**
 * A no from either side stands; between two of the same, the later one. What the loser said over time about a topic goes
 * along where the survivor said nothing of it; otherwise it stays with the tombstone, and what the survivor takes over is
 * a change of `at`, as with traits.
 */
function moveSubscriptions(sql: Queryable, { loser, survivor, at }: Move): Promise<unknown>[] {
  return [
    sql.query(
      `with gone as (delete from subscriptions where profile_id = $1 returning *),
     stood as (select topic, subscribed from subscriptions where profile_id = $2),
     along as (
       update subscription_changes c set profile_id = $2
       where c.profile_id = $1 and not exists (select from stood where stood.topic = c.topic)
     ),
     kept as (
       insert into subscriptions as s (profile_id, topic, subscribed, changed_at, source)
       select $2, topic, subscribed, changed_at, source from gone order by topic
       on conflict (profile_id, topic) do update
         set subscribed = excluded.subscribed, changed_at = excluded.changed_at, source = excluded.source
         where (s.subscribed and not excluded.subscribed)
            or (s.subscribed = excluded.subscribed and excluded.changed_at > s.changed_at)
       returning topic, subscribed, source
     )
     insert into subscription_changes (profile_id, topic, before, after, changed_at, source)
     select $2, k.topic, stood.subscribed, k.subscribed, $3::timestamptz, k.source
     from kept k join stood on stood.topic = k.topic
     where stood.subscribed <> k.subscribed`,
      [loser, survivor, instantToSql(at)],
    ),
  ];
}

/** Of two pauses the one that ends later. */
function movePause(sql: Queryable, { loser, survivor }: Move): Promise<unknown>[] {
  return [
    sql.query(
      `with gone as (delete from profile_pauses where profile_id = $1 returning *)
     insert into profile_pauses as p (profile_id, since, until, set_by, why)
     select $2, since, until, set_by, why from gone
     on conflict (profile_id) do update
       set since = excluded.since, until = excluded.until, set_by = excluded.set_by, why = excluded.why
       where excluded.until > p.until`,
      [loser, survivor],
    ),
  ];
}

/** A tombstone is a member of nothing; the survivor's memberships are judged anew by the engine. */
function leaveSegments(sql: Queryable, { loser, at }: Move): Promise<unknown>[] {
  return [
    sql.query(
      `with gone as (delete from segment_states where profile_id = $1 returning segment, member)
     insert into transitions (profile_id, segment, version_id, entered, at, cause)
     select $1, gone.segment, live.version_id, false, $2::timestamptz, 'merge'
     from gone join live_definitions live on live.kind = 'segment' and live.name = gone.segment
     where gone.member`,
      [loser, instantToSql(at)],
    ),
  ];
}

/**
 * Both in the same campaign with the same `per`: the one that has come further stays (more steps behind
 * it, then the earlier entry, then the lower id), the other ends as `merged`.
 */
function endTwins(sql: Queryable, { loser, survivor, at }: Move): Promise<unknown>[] {
  return [
    sql.query(
      `with ranked as (
       select e.id, row_number() over (
                partition by e.campaign, e.per_key
                order by (select count(*) from enrolment_steps s
                          where s.profile_id = e.profile_id and s.enrolment_id = e.id) desc, e.entered_at, e.id
              ) as place
       from enrolments e where e.profile_id in ($1, $2) and e.state = 'active'
     )
     update enrolments e
     set state = 'ended', ended_at = $3::timestamptz, end_reason = 'exited', end_because = 'merged',
         due_at = 'infinity', watches = '{}', watch_at = 'infinity'
     from ranked where ranked.id = e.id and ranked.place > 1`,
      [loser, survivor, instantToSql(at)],
    ),
  ];
}

const OF_ENROLMENTS = [
  'messages',
  'enrolment_steps',
  'enrolment_moves',
  'entry_refusals',
  'held_entries',
  'enrolment_requests',
];

function moveEnrolments(sql: Queryable, { loser, survivor, shard }: Move): Promise<unknown>[] {
  return [
    // Two may have been started by the same instant; both have happened, so the loser's is renamed.
    sql.query(
      `update enrolments e
     set profile_id = $2, shard = $3,
         trigger = case when exists (select from enrolments o where o.profile_id = $2 and o.campaign = e.campaign
                                       and o.trigger = e.trigger)
                        then e.trigger || '/merged:' || $1::bigint else e.trigger end
     where e.profile_id = $1`,
      [loser, survivor, shard],
    ),
    sql.query(
      `update attempts a set profile_id = $2 from messages m where m.profile_id = $1 and a.message_id = m.id`,
      [loser, survivor],
    ),
    // The engine reads the dates of the survivor when it hears of the merge.
    sql.query(`delete from awaited_entries where profile_id = $1 and trigger like 'date:%'`, [
      loser,
    ]),
    sql.query(`update awaited_entries set profile_id = $2, shard = $3 where profile_id = $1`, [
      loser,
      survivor,
      shard,
    ]),
    ...OF_ENROLMENTS.map((table) =>
      sql.query(`update ${table} set profile_id = $2 where profile_id = $1`, [loser, survivor]),
    ),
    sql.query(
      `with gone as (delete from migrating_profiles where profile_id = $1 returning migration_id)
       insert into migrating_profiles (shard, migration_id, profile_id) select $3, migration_id, $2 from gone
       on conflict do nothing`,
      [loser, survivor, shard],
    ),
  ];
}

function tellEngine(
  sql: Queryable,
  { loser, survivor, from, shard, at, accounts }: Move,
): Promise<unknown>[] {
  return [
    sql.query('update inbox set profile_id = $2, shard = $3 where shard = $4 and profile_id = $1', [
      loser,
      survivor,
      shard,
      from,
    ]),
    sql.query(
      `insert into inbox (shard, profile_id, kind, occurred_at, judged_at, data)
       values ($1, $2, 'merge', $3::timestamptz, $3::timestamptz, $4::jsonb)`,
      [shard, survivor, instantToSql(at), { accounts }],
    ),
    // A broadcast on its way that has passed the survivor and would have come to the loser: it looks once more.
    sql.query(
      `insert into inbox (shard, profile_id, kind, name, occurred_at, judged_at, data)
       select $4::smallint, $2::bigint, 'enrol', b.campaign, b.at, b.at, jsonb_build_object('broadcast', b.id::text)
       from broadcast_shards ahead
       join broadcasts b on b.id = ahead.broadcast_id and b.cancelled_at is null
       join broadcast_shards behind on behind.broadcast_id = b.id and behind.shard = $4
       join profiles p on p.id = $1 and p.created_at <= b.at
       where ahead.shard = $3 and ahead.done_at is null and ahead.after_profile < $1
         and (behind.done_at is not null or behind.after_profile >= $2)`,
      [loser, survivor, from, shard],
    ),
  ];
}
