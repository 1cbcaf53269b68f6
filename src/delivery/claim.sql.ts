/**
 * Delivery (stage 5): `pending -> claimed`, the one place where two workers could meet. In: how many, for
 * which worker and provider, at which instant. Out: the rows, each with an epoch that no other claim has.
 * Pauses and token buckets are honoured, and the buckets debited, in the same statement.
 */
import type { Instant } from '../core/instant.js';
import { instantToSql } from '../core/instant.js';
import type { Queryable } from '../core/queryable.js';
import type { ClaimedMessage } from './claimed-message.js';
import { dayLeftAt, tokensAt } from './domain-rate.sql.js';

/** How long a message is tried when nothing else says so; in SQL. */
export const DEFAULT_DEADLINE = '24 hours';

/** In SQL: until when message `m`, first tried at `first`, is tried. What would be left out as late is not tried longer. */
export function givesUpAt(first: string): string {
  return `coalesce(m.deadline_at, case when m.if_late = 'skip' then m.late_at end, ${first} + interval '${DEFAULT_DEADLINE}')`;
}

/*
 * `full` locks and refills the buckets, `due` looks only at what is neither paused nor out of tokens - so
 * a slow domain never hides the others behind it - and `chosen` cuts each scope at its tokens. A worker
 * whose lease has lapsed claims nothing: nobody would find what it leaves behind.
 */
const NOW = '$2::timestamptz(3)';
const CLAIM = `
with own_lease as materialized (
  select 1 from workers where id = $1 and lease_until > clock_timestamp()
),
bucket as materialized (
  select scope, name,
    ${tokensAt('b', NOW)} as tokens, ${dayLeftAt('b', NOW)} as day_left
  from rate_buckets b
  where scope in ('domain', 'campaign') or (scope = 'provider' and name = $3)
  order by scope, name
  for update
),
paused as materialized (
  -- What was refused were those credentials: others are tried at once.
  select scope, name from pauses
  where until > ${NOW} and (credentials is null or credentials = $5)
),
due as materialized (
  select m.id, m.priority, m.due_at, m.campaign, lower(split_part(m.address, '@', -1)) as domain
  from messages m
  where m.state = 'pending' and m.due_at <= ${NOW}
    and exists (select from own_lease)
    and not exists (
      select from paused p
      where p.scope = 'all'
        or p.scope = 'provider' and p.name = $3
        or p.scope = 'sender' and p.name = m.sender
        or p.scope = 'campaign' and p.name = m.campaign
        or p.scope = 'domain' and p.name = lower(split_part(m.address, '@', -1)))
    and not exists (
      select from bucket b
      where least(b.tokens, b.day_left) < 1 and (b.scope = 'provider'
        or b.scope = 'campaign' and b.name = m.campaign
        or b.scope = 'domain' and b.name = lower(split_part(m.address, '@', -1))))
  order by m.priority desc, m.due_at, m.id
  limit $4
  for update skip locked
),
ranked as (
  select due.*,
    row_number() over (order by priority desc, due_at, id) as nth,
    row_number() over (partition by campaign order by priority desc, due_at, id) as nth_of_campaign,
    row_number() over (partition by domain order by priority desc, due_at, id) as nth_of_domain
  from due
),
chosen as materialized (
  select r.id, r.campaign, r.domain
  from ranked r
  left join bucket p on p.scope = 'provider'
  left join bucket c on c.scope = 'campaign' and c.name = r.campaign
  left join bucket d on d.scope = 'domain' and d.name = r.domain
  where r.nth <= coalesce(p.tokens, 'infinity')
    and r.nth_of_campaign <= coalesce(least(c.tokens, c.day_left), 'infinity')
    and r.nth_of_domain <= coalesce(d.tokens, 'infinity')
),
debit as (
  update rate_buckets t
  set tokens = bucket.tokens - used.n, refilled_at = greatest(t.refilled_at, ${NOW}), day_left = bucket.day_left - used.n,
    day_until = case when t.day_limit is not null then case when t.day_until > ${NOW} then t.day_until else ${NOW} + interval '24 hours' end end
  from bucket, lateral (
    select count(*)::float8 as n from chosen
    where bucket.scope = 'provider'
      or bucket.scope = 'campaign' and bucket.name = chosen.campaign
      or bucket.scope = 'domain' and bucket.name = chosen.domain) used
  where t.scope = bucket.scope and t.name = bucket.name and used.n > 0
)
update messages m
set state = 'claimed', worker = $1, epoch = m.epoch + 1
from chosen where m.id = chosen.id
returning m.id, m.epoch, m.profile_id as "profileId", m.enrolment_id as "enrolmentId", m.campaign,
  m.version_id as "versionId", m.step, m.iteration, m.with_values as "withValues", m.template, m.template_version_id as "templateVersionId",
  m.purpose, m.topic, m.sender, m.address, m.mail_id as "mailId", m.attempts, m.decided_at as "decidedAt",
  m.late_at as "lateAt", m.if_late as "ifLate",
  ${NOW} as "claimedAt", m.priority, m.due_at as "dueAt",
  m.detail ? 'sent_again_after' as "sentAgain", coalesce((m.detail ->> 'deferrals')::int, 0) as deferrals,
  ${givesUpAt(`coalesce(m.first_attempt_at, ${NOW})`)} as "deadlineAt"`;

/** Claims at most `limit` due messages for `worker`, the most urgent first; `credentials` as credentialsKey gives them. */
export async function claimMessages(
  sql: Queryable,
  claim: { worker: string; provider: string; credentials: string; now: Instant; limit: number },
): Promise<ClaimedMessage[]> {
  const { rows } = await sql.query<ClaimedMessage & { dueAt: Instant }>({
    name: 'delivery_claim',
    text: CLAIM,
    values: [claim.worker, instantToSql(claim.now), claim.provider, claim.limit, claim.credentials],
  });
  // RETURNING keeps no order.
  return rows.sort((a, b) => b.priority - a.priority || a.dueAt - b.dueAt || a.id - b.id);
}
