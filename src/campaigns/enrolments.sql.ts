/**
 * Stage 3, for those who look and for ops: enrolments, what they went through, who was refused; and ending one by hand.
 * Out: rows as the engine committed them.
 */
import { datedDetail } from '../core/dated-detail.js';
import type { Instant } from '../core/instant.js';
import { instantToSql } from '../core/instant.js';
import type { Queryable } from '../core/queryable.js';
import type { EndReason, MessageState, RefusalReason } from '../core/reasons.js';
import { userIdOf } from '../ingest/profiles.sql.js';

export interface StoredEnrolment {
  id: number;
  profileId: number;
  /** The application's own id, of several the one stated latest; null for an anonymous profile. */
  userId: string | null;
  campaign: string;
  version: number;
  state: 'active' | 'ended';
  /** `event:ID`, `segment:INSTANT`, `trait:INSTANT`, `date:DAY`, `api:REQUEST`, `broadcast:ID`. */
  trigger: string;
  /** The value of `per` as key, '' without. */
  per: string;
  entry: Record<string, unknown>;
  enteredAt: Instant;
  /** What `since: entry` counts from. */
  causeAt: Instant;
  /** When the data of another entry took the place of its own, the last time. */
  refreshedAt: Instant | null;
  /** Active: the step it waits at, null before the first one. */
  step: string | null;
  arrivedAt: Instant | null;
  /** NEVER: nothing is due. */
  dueAt: Instant;
  /** Active and at a send that may not go yet: the gate that holds it, and what all gates saw; else null. */
  held: { because: string; gates: object } | null;
  /** It gets none of the mails, so that it is seen what comes without. */
  heldOut: boolean;
  endedAt: Instant | null;
  endReason: EndReason | null;
  endBecause: string | null;
  convertedAt: Instant | null;
  conversionValue: string | null;
}

const COLUMNS = `e.id, e.profile_id as "profileId", e.campaign, v.version, e.state, e.trigger, e.per_key as per, e.entry,
  e.entered_at as "enteredAt", e.cause_at as "causeAt", e.refreshed_at as "refreshedAt", e.step, e.arrived_at as "arrivedAt", e.due_at as "dueAt",
  case when e.state = 'active' then e.held end as held, e.held_out as "heldOut", e.ended_at as "endedAt",
  e.end_reason as "endReason", e.end_because as "endBecause", e.converted_at as "convertedAt",
  e.conversion_value as "conversionValue", ${userIdOf('e')} as "userId"`;

const TABLES = 'enrolments e join definition_versions v on v.id = e.version_id';

/** Enrolments of a campaign, of a profile, or of both, the latest first; `before` is (entered_at, id) of the last one seen. */
export async function listEnrolments(
  sql: Queryable,
  {
    campaign,
    profileId,
    state,
    before,
    limit,
  }: {
    campaign: string | null;
    profileId: number | null;
    state: 'active' | 'ended' | null;
    before: [Instant, number] | null;
    limit: number;
  },
): Promise<StoredEnrolment[]> {
  const { rows } = await sql.query<StoredEnrolment>(
    `select ${COLUMNS} from ${TABLES}
     where ($1::text is null or e.campaign = $1) and ($2::bigint is null or e.profile_id = $2)
       and ($3::text is null or e.state = $3)
       and ($4::timestamptz(3) is null or (e.entered_at, e.id) < ($4, $5::bigint))
     order by e.entered_at desc, e.id desc limit $6`,
    [campaign, profileId, state, before && instantToSql(before[0]), before?.[1] ?? null, limit],
  );
  return rows;
}

/** One enrolment; null when there is none of this number. */
export async function loadEnrolment(sql: Queryable, id: number): Promise<StoredEnrolment | null> {
  const { rows } = await sql.query<StoredEnrolment>(
    `select ${COLUMNS} from ${TABLES} where e.id = $1`,
    [id],
  );
  return rows[0] ?? null;
}

export interface StoredStep {
  step: string;
  iteration: number;
  arrivedAt: Instant;
  settledAt: Instant;
  /** sent | waited | met | timed_out | split:ARM | round | completed | skipped:REASON | branch:ARM | done | asked | called | missed | refused:traits_full | exited | unresolved:past | unresolved:missing */
  outcome: string;
  /** How a call of another system fares; null: the step made none, or it was forgotten after 30 days. */
  call: StepCall | null;
  /** What has become by now of the mail that it decided to send, of several the latest; null: it sent none. */
  mail: StepMail | null;
}

/** A message of src/delivery. */
export interface StepMail {
  messageId: number;
  state: MessageState;
  reason: string | null;
}

/** A delivery of src/webhooks. */
export interface StepCall {
  endpoint: string;
  endpointId: number;
  deliveryId: number;
  state: string;
  reason: string | null;
  /** The variable without whose secret it is not made, where that is so; null: it waits for none. */
  waitsFor: string | null;
}

/** The steps an enrolment has left behind, in order. */
export async function listSteps(
  sql: Queryable,
  { id, profileId }: Pick<StoredEnrolment, 'id' | 'profileId'>,
): Promise<StoredStep[]> {
  const { rows } = await sql.query<StoredStep>(
    `select s.step, s.iteration, s.arrived_at as "arrivedAt", s.settled_at as "settledAt", s.outcome, called.call, mailed.mail
     from enrolment_steps s left join lateral (
       select jsonb_build_object('endpoint', c.endpoint, 'endpointId', d.endpoint_id, 'deliveryId', d.id, 'state', d.state,
         'reason', d.reason, 'waitsFor', case when d.state = 'pending' and p.secret_missing_since is not null then p.secret_env end) as call
       from webhook_events c join webhook_deliveries d on d.event_id = c.id
       left join webhook_endpoints p on p.id = d.endpoint_id
       where s.outcome = 'called' and c.enrolment_id = s.enrolment_id and c.step = s.step and c.iteration = s.iteration) called on true
     left join lateral (
       select jsonb_build_object('messageId', m.id, 'state', m.state, 'reason', m.reason) as mail from messages m
       where s.outcome = 'sent' and m.enrolment_id = s.enrolment_id and m.step = s.step and m.iteration = s.iteration
       order by m.id desc limit 1) mailed on true
     where s.profile_id = $1 and s.enrolment_id = $2
     order by s.settled_at, s.arrived_at, s.ctid`,
    [profileId, id],
  );
  return rows;
}

/** Ends an active enrolment as `exited`; false when it has ended. An engine that has it in hand begins anew. */
export async function exitEnrolment(
  sql: Queryable,
  { id, because, now }: { id: number; because: string; now: Instant },
): Promise<boolean> {
  const { rowCount } = await sql.query(
    `update enrolments
     set state = 'ended', end_reason = 'exited', end_because = $2, ended_at = greatest($3::timestamptz(3), entered_at),
         due_at = 'infinity', watches = '{}', watch_at = 'infinity'
     where id = $1 and state = 'active'`,
    [id, because, instantToSql(now)],
  );
  return rowCount === 1;
}

export interface StoredRefusal {
  id: number;
  profileId: number;
  userId: string | null;
  campaign: string;
  version: number;
  at: Instant;
  trigger: string;
  reason: RefusalReason;
  /** The numbers behind the reason. */
  detail: Record<string, unknown>;
}

/** Refused entries of a campaign, of a profile, or of both, the latest first; `before` is (at, id) of the last one seen. */
export async function listRefusals(
  sql: Queryable,
  {
    campaign,
    profileId,
    reason,
    before,
    limit,
  }: {
    campaign: string | null;
    profileId: number | null;
    reason: RefusalReason | null;
    before: [Instant, number] | null;
    limit: number;
  },
): Promise<StoredRefusal[]> {
  const { rows } = await sql.query<StoredRefusal>(
    `select r.id, r.profile_id as "profileId", ${userIdOf('r')} as "userId", r.campaign, v.version, r.at, r.trigger,
       r.reason, r.detail
     from entry_refusals r join definition_versions v on v.id = r.version_id
     where ($1::text is null or r.campaign = $1) and ($2::bigint is null or r.profile_id = $2)
       and ($3::text is null or r.reason = $3)
       and ($4::timestamptz(3) is null or (r.at, r.id) < ($4, $5::bigint))
     order by r.at desc, r.id desc limit $6`,
    [campaign, profileId, reason, before && instantToSql(before[0]), before?.[1] ?? null, limit],
  );
  // Rows of earlier releases hold milliseconds.
  return rows.map((row) => ({ ...row, detail: datedDetail(row.detail) }));
}
