/**
 * Webhooks out: deliveries on their way. In: how many each endpoint may have at once. Out: those that are due, claimed; and
 * what came of them, written down. A claim moves a delivery's due time to the end of its lease: what a killed process had
 * in hand is due again by itself, and its attempt counts. Every settled row is fenced by its attempt, so a statement
 * that runs twice, because the answer to its COMMIT was cut off, changes nothing the second time.
 */
import { DAY_MS, instantToSql, type Instant } from '../core/instant.js';
import type { Queryable } from '../core/queryable.js';
import { storableJson } from '../delivery/storable-json.js';
import type { DisabledBecause, WebhookType } from './event-types.js';
import { secretsAt } from './endpoints.sql.js';

/** An endpoint at which nothing has arrived for so long is disabled; longer than all retries of one delivery take. */
const FAILING_MS = 5 * DAY_MS;
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
  type: WebhookType;
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
}

const NOW = '$1::timestamptz(3)';
const CLAIM = `
with slot as materialized (
  select e.id as endpoint_id, e.url, ${secretsAt('$1')} as secrets,
    greatest(0, case when e.failing_since is null then $3::int else 1 end - coalesce(busy.n, 0)) as free
  from webhook_endpoints e
  left join unnest($4::bigint[], $5::integer[]) as busy(endpoint_id, n) on busy.endpoint_id = e.id
  where e.disabled_at is null and (e.rests_until is null or e.rests_until <= ${NOW})
),
due as materialized (
  select slot.endpoint_id, slot.url, slot.secrets, d.*
  from slot cross join lateral (
    select id, attempts, claimed_at from webhook_deliveries
    where endpoint_id = slot.endpoint_id and state = 'pending' and due_at <= ${NOW}
    order by due_at, id limit slot.free for update skip locked) d
),
lost as (
  insert into webhook_attempts (delivery_id, attempt, started_at, duration_ms, error)
  select id, attempts, claimed_at, 0, 'the process that made it was lost' from due where claimed_at is not null
  on conflict do nothing
)
update webhook_deliveries d
set attempts = d.attempts + 1, tries = d.tries + 1, claimed_at = ${NOW}, due_at = ${NOW} + $2 * interval '1 millisecond'
from due, webhook_events event
where d.id = due.id and event.id = d.event_id
returning d.id, due.endpoint_id as "endpointId", d.attempts as attempt, d.tries, due.url, due.secrets,
  event.webhook_id as "webhookId", event.type, event.at, event.data::text as data`;

/** Claims what is due at every endpoint that may be told something. */
export async function claimDeliveries(
  sql: Queryable,
  { now, leaseMs, most, inHand }: Claim,
): Promise<ClaimedDelivery[]> {
  const { rows } = await sql.query<ClaimedDelivery>({
    name: 'webhooks_claim',
    text: CLAIM,
    values: [instantToSql(now), leaseMs, most, [...inHand.keys()], [...inHand.values()]],
  });
  return rows;
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
