/**
 * Delivery (stage 5): what a worker writes about the messages it holds, always a batch, always one
 * statement. Every row is fenced by (id, worker, epoch, state): a statement that runs twice, because the
 * answer to its COMMIT was cut off, changes nothing the second time.
 */
import type { Instant } from '../core/instant.js';
import { instantToSql } from '../core/instant.js';
import type { Queryable } from '../core/queryable.js';
import type { SkipReason } from '../core/reasons.js';
import type { HandoverGates, PreparedMessage } from './claimed-message.js';
import { halveRates } from './domain-rate.sql.js';
import type { Settlement } from './settlement.js';
import { storableJson } from './storable-json.js';

/** Who writes: this worker, over this provider, with the key of these credentials. */
export interface Sender {
  worker: string;
  provider: string;
  credentials: string;
}

/** In SQL: the gates of row `m` with `seen` as its latest look. */
export function withGates(seen: string): string {
  return `coalesce(m.gates, '{}') || jsonb_build_object('handover', ${seen})`;
}

/**
 * In SQL: when the attempt of row `m` began that nobody wrote down, by what is known: the first when it was put on the wire,
 * a later one when its gates were judged for it, at most seconds before.
 */
export const BEGAN = `coalesce(case when m.attempts = 1 then m.first_attempt_at end,
  to_timestamp((m.gates #>> '{handover,at}')::float8 / 1000), m.first_attempt_at)`;

/*
 * `state = 'transmitting'` passes too: a repeated write must find its own work done. Nobody else can have
 * put it there, the epoch is ours alone. A worker without lease hands over nothing: a sweeper may have
 * decided already what to do about its messages.
 */
const TRANSMIT = `
update messages m
set state = 'transmitting', provider = $2, first_attempt_at = coalesce(m.first_attempt_at, $3::timestamptz(3)),
  address = b.address, subject = b.subject, locale = b.locale, variables = b.variables, gates = ${withGates('b.gates')}
from jsonb_to_recordset($4::jsonb) as b(
  id bigint, epoch integer, address text, subject text, locale text, variables jsonb, gates jsonb)
where m.id = b.id and m.worker = $1 and m.epoch = b.epoch and m.state in ('claimed', 'transmitting')
  and exists (select from workers where id = $1 and lease_until > clock_timestamp())
returning m.id`;

/** `claimed -> transmitting`; resolves with the ids whose fence held. Those, and only those, may send bytes. */
export async function markTransmitting(
  sql: Queryable,
  worker: string,
  provider: string,
  messages: PreparedMessage[],
): Promise<Set<number>> {
  const batch = messages.map(({ id, epoch, mail, gates }) => ({
    id,
    epoch,
    address: mail.to,
    subject: mail.subject,
    locale: mail.locale,
    variables: mail.variables,
    gates,
  }));
  const { rows } = await sql.query<{ id: number }>({
    name: 'delivery_transmit',
    text: TRANSMIT,
    values: [worker, provider, instantToSql(messages[0]!.claimedAt), storableJson(batch)],
  });
  return new Set(rows.map((row) => row.id));
}

const NOW = '$2::timestamptz(3)';

/*
 * A pause that has ended, or was about other credentials, begins anew. One that stands is only ever extended, and
 * keeps its author: a person's pause never becomes one that changed credentials would lift.
 */
const ENDED = `(pauses.until <= ${NOW} or pauses.credentials <> excluded.credentials)`;
const anew = (column: string) =>
  `${column} = case when ${ENDED} then excluded.${column} else pauses.${column} end`;
const PAUSE_AGAIN = `${['since', 'set_by', 'why', 'credentials'].map(anew).join(', ')},
  until = case when ${ENDED} then excluded.until else greatest(pauses.until, excluded.until) end`;

/*
 * The owner may settle what it holds, what a sweeper has called ambiguous meanwhile (same worker, same
 * epoch), and a transactional message put back to be sent again that nobody has claimed since.
 * Everything that follows from a reply - attempt, suppression, pause, slower rate - happens only for rows
 * whose fence held, so a repeated statement has no second effect.
 */
const SETTLE = `
with b as materialized (
  select * from jsonb_to_recordset($3::jsonb) as b(
    id bigint, epoch integer, state text, reason text, detail jsonb, wait_ms bigint, counted integer,
    phase text, code integer, enhanced text, reply text, outcome text, duration_ms double precision, host text,
    address text, suppress text, pause_scope text, pause_name text, pause_ms bigint, slow_domain text, told jsonb)
),
settled as (
  update messages m
  set state = b.state, reason = b.reason, detail = m.detail || b.detail,
    due_at = case when b.wait_ms is null then m.due_at else ${NOW} + b.wait_ms * interval '1 millisecond' end,
    worker = case when b.state = 'pending' and b.outcome <> 'ambiguous' then null else m.worker end,
    attempts = m.attempts + b.counted
      - case when m.reason = 'worker_lost' and m.state in ('ambiguous', 'pending') then 1 else 0 end,
    first_attempt_at = case when b.counted = 1 then coalesce(m.first_attempt_at, ${NOW}) else m.first_attempt_at end,
    settled_at = case when b.state = 'pending' then null else ${NOW} end,
    provider = $4, reply = coalesce(b.reply, m.reply), address = coalesce(b.address, m.address),
    subject = coalesce(b.told ->> 'subject', m.subject), locale = coalesce(b.told ->> 'locale', m.locale),
    variables = coalesce(b.told -> 'variables', m.variables),
    gates = case when b.told is null then m.gates else ${withGates("b.told -> 'gates'")} end
  from b
  where m.id = b.id and m.worker = $1 and m.epoch = b.epoch
    and (m.state in ('claimed', 'transmitting', 'ambiguous') or m.state = 'pending' and m.detail ? 'sent_again_after')
    and not (m.state in ('ambiguous', 'pending') and b.outcome = 'ambiguous')
  returning m.id, m.profile_id, m.address, b.epoch, b.phase, b.code, b.enhanced, b.reply as said, b.outcome,
    b.duration_ms, b.host, b.suppress, b.pause_scope, b.pause_name, b.pause_ms, b.slow_domain
),
attempted as (
  insert into attempts (message_id, profile_id, epoch, started_at, finished_at, worker, provider, host, phase, code, enhanced, reply, outcome)
  select id, profile_id, epoch, ${NOW} - duration_ms * interval '1 millisecond', $2, $1, $4, host, phase, code, enhanced, said, outcome
  from settled
  on conflict (message_id, epoch) do update
  set started_at = excluded.started_at, finished_at = excluded.finished_at, phase = excluded.phase, code = excluded.code,
    enhanced = excluded.enhanced, reply = excluded.reply, outcome = excluded.outcome, host = excluded.host, recovered = false
),
full_before as (
  select s.id from settled s
  where s.enhanced in ('4.2.2', '5.2.2') and (
    select count(distinct a.message_id) from attempts a join messages o on o.id = a.message_id
    where a.profile_id = s.profile_id and a.enhanced in ('4.2.2', '5.2.2') and o.address = s.address
      and a.message_id <> s.id and a.finished_at > ${NOW} - $6 * interval '1 millisecond') + 1 >= $5
),
suppressed as (
  -- The address is ASCII (parseAddress); "C", so that no locale lowers an I to something else than the look-up does.
  insert into suppressions (address, reason, detail, source, since)
  select lower(s.address collate "C"), min(coalesce(s.suppress, 'soft_bounces')), min(s.said), 'delivery', $2
  from settled s
  where s.address is not null and (s.suppress is not null or s.id in (select id from full_before))
  group by lower(s.address collate "C")
  on conflict (address) do nothing
),
paused as (
  insert into pauses (scope, name, since, until, set_by, why, credentials)
  select pause_scope, pause_name, $2, max(case when pause_ms is null then 'infinity'::timestamptz
    else ${NOW} + pause_ms * interval '1 millisecond' end), 'delivery', left(min(said), 300),
    case when pause_scope = 'provider' then $7 end
  from settled where pause_scope is not null
  group by pause_scope, pause_name
  on conflict (scope, name) do update set ${PAUSE_AGAIN}
),
complained as materialized (
  select distinct slow_domain as domain from settled where slow_domain is not null
),
slowed as (${halveRates('complained', NOW)}
)
select id from settled`;

/** After how many full-mailbox replies to different messages within how long an address is suppressed. */
const FULL_TIMES = 3;
const FULL_WITHIN_MS = 30 * 86_400_000;

/** Writes the outcomes of hand-overs; resolves with the ids whose fence held. */
export async function settleMessages(
  sql: Queryable,
  { worker, provider, credentials }: Sender,
  settlements: Settlement[],
  now: Instant,
): Promise<Set<number>> {
  const { rows } = await sql.query<{ id: number }>({
    name: 'delivery_settle',
    text: SETTLE,
    values: [
      worker,
      instantToSql(now),
      storableJson(settlements),
      provider,
      FULL_TIMES,
      FULL_WITHIN_MS,
      credentials,
    ],
  });
  return new Set(rows.map((row) => row.id));
}

export interface Skip {
  id: number;
  epoch: number;
  reason: SkipReason;
  detail: object;
  gates: HandoverGates;
}

/** `claimed -> skipped`: refused at the second look, with the numbers behind it. */
export async function skipMessages(
  sql: Queryable,
  worker: string,
  skips: Skip[],
  now: Instant,
): Promise<void> {
  await sql.query({
    name: 'delivery_skip',
    text: `
      update messages m
      set state = 'skipped', reason = b.reason, detail = m.detail || b.detail, gates = ${withGates('b.gates')},
        settled_at = $2, worker = null
      from jsonb_to_recordset($3::jsonb) as b(id bigint, epoch integer, reason text, detail jsonb, gates jsonb)
      where m.id = b.id and m.worker = $1 and m.epoch = b.epoch and m.state = 'claimed'`,
    values: [worker, instantToSql(now), storableJson(skips)],
  });
}

export interface Deferral {
  id: number;
  epoch: number;
  until: Instant;
  gates: HandoverGates;
}

/**
 * `claimed -> pending`, due when a gate may let it pass that does not yet. What is put off until a time is not late for that;
 * what waits for a person is not due, and its reason says that it waits.
 */
export async function deferMessages(
  sql: Queryable,
  worker: string,
  deferrals: Deferral[],
  now: Instant,
): Promise<void> {
  const batch = deferrals.map((one) => ({ ...one, until: instantToSql(one.until) }));
  await sql.query({
    name: 'delivery_defer',
    text: `
      with put_off as (
      update messages m
      set state = 'pending', worker = null, due_at = b.until,
        late_at = case when b.until = 'infinity' then m.late_at else m.late_at + (b.until - $3::timestamptz(3)) end,
        reason = case when b.until = 'infinity' then b.gates ->> 'held' else m.reason end, gates = ${withGates('b.gates')}
      from jsonb_to_recordset($2::jsonb) as b(id bigint, epoch integer, until timestamptz(3), gates jsonb)
      where m.id = b.id and m.worker = $1 and m.epoch = b.epoch and m.state = 'claimed'
      returning m.campaign),
      -- None of them went out: a campaign with so many a day has them yet. In the claim's order of locks.
      owed as (
        select b.scope, b.name from rate_buckets b
        where b.scope = 'campaign' and b.day_limit is not null and b.name in (select campaign from put_off)
        order by b.scope, b.name for update)
      update rate_buckets b set day_left = least(b.day_limit, b.day_left + p.n)
      from owed, (select campaign, count(*) as n from put_off group by campaign) p
      where b.scope = owed.scope and b.name = owed.name and p.campaign = owed.name`,
    values: [worker, storableJson(batch), instantToSql(now)],
  });
}

/**
 * Back to `pending`, as if never claimed. `transmitting` rows too: the owner alone knows that the gate's
 * commit came after the connection was gone and not a byte left.
 */
export async function releaseMessages(
  sql: Queryable,
  worker: string,
  messages: { id: number; epoch: number }[],
): Promise<void> {
  await sql.query({
    name: 'delivery_release',
    text: `
      update messages m set state = 'pending', worker = null
      from unnest($2::bigint[], $3::integer[]) as b(id, epoch)
      where m.id = b.id and m.worker = $1 and m.epoch = b.epoch and m.state in ('claimed', 'transmitting')`,
    values: [worker, messages.map((m) => m.id), messages.map((m) => m.epoch)],
  });
}

/** Pauses the provider from `now` for `ms`, for whoever uses the same credentials. */
export async function pauseProvider(
  sql: Queryable,
  { provider, credentials }: Sender,
  ms: number,
  why: string,
  now: Instant,
): Promise<void> {
  await sql.query(
    `insert into pauses (scope, name, since, until, set_by, why, credentials)
     values ('provider', $1, $2, $3, 'delivery', left($4, 300), $5)
     on conflict (scope, name) do update set ${PAUSE_AGAIN}`,
    [provider, instantToSql(now), instantToSql(now + ms), why, credentials],
  );
}

/** Lifts the pause that delivery set for other credentials than those that have just been accepted. */
export async function liftCredentialsPause(
  sql: Queryable,
  { provider, credentials }: Sender,
): Promise<void> {
  await sql.query(
    `delete from pauses
     where scope = 'provider' and name = $1 and set_by = 'delivery' and credentials <> $2`,
    [provider, credentials],
  );
}
