/**
 * Webhooks out: deliveries on their way. In: how many each endpoint may have at once. Out: those that are due, claimed; and
 * what came of them, written down. A claim moves a delivery's due time to the end of its lease: what a killed process had
 * in hand is due again by itself, and its attempt counts. Every settled row is fenced by its attempt, so a statement
 * that runs twice, because the answer to its COMMIT was cut off, changes nothing the second time.
 */
import { DAY_MS, instantToSql, type Instant } from '../core/instant.js';
import type { Queryable } from '../core/queryable.js';
import { storableJson } from '../delivery/storable-json.js';
import type { DisabledBecause, ToldType } from './event-types.js';
import { secretsAt } from './endpoints.sql.js';

/** An endpoint at which nothing has arrived for so long is disabled; longer than all retries of one delivery take. */
const FAILING_MS = 5 * DAY_MS;
/** So many due calls of an endpoint are looked at at once: those that do not go make room for those that do. */
const MOST_JUDGED = 500;
/** When a call of a campaign that is paused is looked at again. */
const PAUSED_MS = 60_000;
/** `last_delivered_at` is written this often at most. */
const NOTE_AFTER_MS = 60_000;

export interface ClaimedDelivery {
  id: number;
  endpointId: number;
  /** Of all that were made: names this one. */
  attempt: number;
  /** Since the delivery was made or put back by hand, this one included. */
  tries: number;
  url: string;
  /** The newest first. */
  secrets: string[];
  webhookId: string;
  type: ToldType;
  at: Instant;
  /** JSON. */
  data: string;
}

export interface Claim {
  now: Instant;
  leaseMs: number;
  /** Deliveries that one endpoint may have at once in this process; one while it fails. */
  most: number;
  /** How many it has in hand, by endpoint. */
  inHand: ReadonlyMap<number, number>;
  /** What signs for endpoints whose secret is named by a variable, by the variable; others of these wait. */
  secrets: Readonly<Record<string, readonly string[]>>;
}

interface Claimed {
  deliveries: ClaimedDelivery[];
  /** Calls that were due and do not go, or not yet: there may be room for others at once. */
  turnedAway: number;
}

const NOW = '$1::timestamptz(3)';
/*
 * Calls are looked at once more when they are due, like messages (delivery/second-look.ts): one whose enrolment an exit or a
 * conversion has ended is not sent, nor one that is late, unless somebody put it back by hand; those of a paused campaign
 * wait. What the application is told of otherwise has happened, and always goes.
 */
const VERDICT = `case
    when event.enrolment_id is null or d.insisted then null
    when e.end_reason in ('exited', 'converted') then 'ended'
    when event.late_at < ${NOW} then case event.if_late when 'ask' then 'held' else 'late' end end`;
const PAUSED = `exists (select from pauses p where p.until > ${NOW}
    and (p.scope = 'all' or p.scope = 'campaign' and p.name = event.campaign))`;

const CLAIM = `
with slot as materialized (
  select e.id as endpoint_id, e.name, e.url, e.secret_env, ${secretsAt('$1')} as secrets,
    greatest(0, case when e.failing_since is null then $3::int else 1 end - coalesce(busy.n, 0)) as free
  from webhook_endpoints e
  left join unnest($4::bigint[], $5::integer[]) as busy(endpoint_id, n) on busy.endpoint_id = e.id
  where e.disabled_at is null and (e.rests_until is null or e.rests_until <= ${NOW})
    and (e.secret_env is null or e.secret_env = any($6::text[]))
),
due as materialized (
  select slot.endpoint_id, slot.free, d.*
  from slot cross join lateral (
    select id, event_id, attempts, claimed_at, due_at, insisted from webhook_deliveries
    where endpoint_id = slot.endpoint_id and state = 'pending' and due_at <= ${NOW}
    order by due_at, id
    limit case when slot.name is null or slot.free = 0 then slot.free else ${MOST_JUDGED} end for update skip locked) d
),
judged as materialized (
  select d.*, coalesce(${VERDICT}, case when event.enrolment_id is not null and ${PAUSED} then 'paused' end) as verdict
  from due d join webhook_events event on event.id = d.event_id
  left join enrolments e on e.id = event.enrolment_id
),
chosen as materialized (
  select * from (
    select *, row_number() over (partition by endpoint_id order by due_at, id) as nth from judged where verdict is null) ranked
  where nth <= free
),
turned as (
  update webhook_deliveries d
  set claimed_at = null,
    state = case verdict when 'paused' then 'pending' when 'held' then 'held' else 'skipped' end,
    reason = case verdict when 'paused' then null when 'held' then 'late' else verdict end,
    due_at = case verdict when 'paused' then ${NOW} + ${PAUSED_MS} * interval '1 millisecond' else d.due_at end,
    settled_at = case when verdict in ('ended', 'late') then ${NOW} end
  from judged where d.id = judged.id and verdict is not null
  returning judged.id, judged.attempts, judged.claimed_at
),
lost as (
  insert into webhook_attempts (delivery_id, attempt, started_at, duration_ms, error)
  select id, attempts, claimed_at, 0, 'the process that made it was lost'
  from (select id, attempts, claimed_at from turned union all select id, attempts, claimed_at from chosen) taken
  where claimed_at is not null
  on conflict do nothing
),
claimed as (
  update webhook_deliveries d
  set attempts = d.attempts + 1, tries = d.tries + 1, claimed_at = ${NOW}, due_at = ${NOW} + $2 * interval '1 millisecond'
  from chosen where d.id = chosen.id
  returning d.id, d.endpoint_id, d.event_id, d.attempts, d.tries
)
select counted.n as "turnedAway", claimed.id, claimed.endpoint_id as "endpointId", claimed.attempts as attempt, claimed.tries,
  slot.url, slot.secrets, slot.secret_env as "secretEnv",
  event.webhook_id as "webhookId", event.type, event.at, event.data::text as data
from (select count(*) as n from turned) counted
left join (claimed join slot using (endpoint_id) join webhook_events event on event.id = claimed.event_id) on true`;

type ClaimRow = { turnedAway: number; secretEnv: string | null } & (ClaimedDelivery | { id: null });

/** Claims what is due at every endpoint that may be told something. */
export async function claimDeliveries(
  sql: Queryable,
  { now, leaseMs, most, inHand, secrets }: Claim,
): Promise<Claimed> {
  const { rows } = await sql.query<ClaimRow>({
    name: 'webhooks_claim',
    text: CLAIM,
    values: [
      instantToSql(now),
      leaseMs,
      most,
      [...inHand.keys()],
      [...inHand.values()],
      Object.keys(secrets),
    ],
  });
  const deliveries = rows.flatMap((row): ClaimedDelivery[] => {
    if (row.id === null) return [];
    const { secretEnv } = row;
    return [secretEnv === null ? row : { ...row, secrets: [...secrets[secretEnv]!] }];
  });
  return { deliveries, turnedAway: rows[0]!.turnedAway };
}

/** What came of one claimed delivery, in the words of the table. */
export interface SettledDelivery {
  id: number;
  endpoint_id: number;
  attempt: number;
  state: 'pending' | 'delivered' | 'failed';
  wait_ms: number | null;
  started_at: string;
  duration_ms: number;
  status: number | null;
  error: string | null;
  response: string | null;
  gone: boolean;
  rest_ms: number | null;
  /** We broke it off ourselves: no failure of the endpoint, and the try is given back. */
  broken_off: boolean;
}

/*
 * Of an endpoint `e` and what was seen of it, `s`: computed from the row as it is when it is written, so that nobody's
 * disabling is lost.
 */
const NOTED_LONG_AGO = `(s.arrived and coalesce(e.last_delivered_at <= ${NOW} - $4 * interval '1 millisecond', true))`;
const BECAUSE = `case when s.gone then 'gone'
    when not s.arrived and e.failing_since <= ${NOW} - $3 * interval '1 millisecond' then 'failing' end`;

const SETTLE = `
with r as materialized (
  select * from jsonb_to_recordset($2::jsonb) as r(
    id bigint, endpoint_id bigint, attempt integer, state text, wait_ms bigint, started_at timestamptz(3),
    duration_ms integer, status smallint, error text, response text, gone boolean, rest_ms bigint, broken_off boolean)
),
settled as (
  update webhook_deliveries d
  set state = r.state, claimed_at = null, settled_at = case when r.state <> 'pending' then ${NOW} end,
    due_at = case when r.state = 'pending' then ${NOW} + r.wait_ms * interval '1 millisecond' else d.due_at end,
    tries = d.tries - case when r.broken_off then 1 else 0 end
  from r
  where d.id = r.id and d.attempts = r.attempt and d.state = 'pending' and d.claimed_at is not null
  returning r.*
),
noted as (
  insert into webhook_attempts (delivery_id, attempt, started_at, duration_ms, status, error, response)
  select id, attempt, started_at, duration_ms, status, error, response from settled
  on conflict do nothing
),
seen as (
  select endpoint_id, bool_or(error is null) as arrived, bool_or(gone) as gone, max(rest_ms) as rest_ms
  from settled where not broken_off group by endpoint_id
)
update webhook_endpoints e
set failing_since = case when not s.arrived then coalesce(e.failing_since, ${NOW}) end,
  rests_until = greatest(e.rests_until, ${NOW} + s.rest_ms * interval '1 millisecond'),
  last_delivered_at = case when ${NOTED_LONG_AGO} then ${NOW} else e.last_delivered_at end,
  disabled_because = coalesce(e.disabled_because, ${BECAUSE}),
  disabled_at = coalesce(e.disabled_at, case when ${BECAUSE} is not null then ${NOW} end)
from seen s
where e.id = s.endpoint_id and (s.arrived <> (e.failing_since is null) or s.rest_ms is not null
  or ${NOTED_LONG_AGO} or ${BECAUSE} is not null)
returning e.id, case when e.disabled_at = ${NOW} then e.disabled_because end as "disabledBecause"`;

/** Writes down what came of deliveries; resolves with the endpoints that are disabled because of it. */
export async function settleDeliveries(
  sql: Queryable,
  rows: SettledDelivery[],
  now: Instant,
): Promise<{ id: number; disabledBecause: DisabledBecause }[]> {
  const { rows: changed } = await sql.query<{
    id: number;
    disabledBecause: DisabledBecause | null;
  }>({
    name: 'webhooks_settle',
    text: SETTLE,
    values: [instantToSql(now), storableJson(rows), FAILING_MS, NOTE_AFTER_MS],
  });
  return changed.flatMap(({ id, disabledBecause }) =>
    disabledBecause === null ? [] : [{ id, disabledBecause }],
  );
}

/** What happened before `before` goes, with its deliveries and attempts, `chunk` events a statement; how many events. */
export async function pruneEvents(sql: Queryable, before: Instant, chunk = 5_000): Promise<number> {
  for (let pruned = 0; ;) {
    const { rowCount } = await sql.query(
      `delete from webhook_events where id in (
         select id from webhook_events where at < $1::timestamptz(3) order by at limit $2 for update skip locked)`,
      [instantToSql(before), chunk],
    );
    pruned += rowCount ?? 0;
    if ((rowCount ?? 0) < chunk) return pruned;
  }
}
