/**
 * Webhooks out: the log of deliveries, for those who look, and putting some back by hand. In: an endpoint. Out: what it was
 * told or is to be told, the latest first, with every attempt.
 */
import { boundedCount } from '../core/bounded.js';
import { instantToSql, type Instant } from '../core/instant.js';
import type { Queryable } from '../core/queryable.js';
import type { DeliveryState, ToldType } from './event-types.js';

export interface LoggedDelivery {
  id: number;
  webhookId: string;
  type: ToldType;
  /** When it happened. */
  at: Instant;
  profileId: number;
  state: DeliveryState;
  /** Why a call is skipped or held. */
  reason: string | null;
  /** Of the campaign whose step calls; null where that is told which happens to all. */
  campaign: string | null;
  step: string | null;
  attempts: number;
  /** Pending: when it is tried next, or given up on by whoever has it in hand. */
  dueAt: Instant;
  /** It is under way. */
  claimedAt: Instant | null;
  settledAt: Instant | null;
  /** Of the last attempt. */
  status: number | null;
  error: string | null;
}

export interface LoggedAttempt {
  attempt: number;
  startedAt: Instant;
  durationMs: number;
  status: number | null;
  error: string | null;
  response: string | null;
}

export type DeliveryDetail = LoggedDelivery & {
  data: Record<string, unknown>;
  attemptList: LoggedAttempt[];
};

const COLUMNS = `d.id, event.webhook_id as "webhookId", event.type, event.at, event.profile_id as "profileId", d.state, d.reason,
  event.campaign, event.step,
  d.attempts, d.due_at as "dueAt", d.claimed_at as "claimedAt", d.settled_at as "settledAt", last.status, last.error`;
const TABLES = `webhook_deliveries d join webhook_events event on event.id = d.event_id
  left join lateral (
    select status, error from webhook_attempts where delivery_id = d.id order by attempt desc limit 1) last on true`;

/** The latest captured first; `before` an id. */
export async function listDeliveries(
  sql: Queryable,
  endpointId: number,
  { state, before, limit }: { state: DeliveryState | null; before: number | null; limit: number },
): Promise<LoggedDelivery[]> {
  const { rows } = await sql.query<LoggedDelivery>(
    `select ${COLUMNS} from ${TABLES}
     where d.endpoint_id = $1 and ($2::text is null or d.state = $2) and ($3::bigint is null or d.id < $3)
     order by d.id desc limit $4`,
    [endpointId, state, before, limit],
  );
  return rows;
}

/** Null when this endpoint has none of this number. */
export async function loadDelivery(
  sql: Queryable,
  endpointId: number,
  id: number,
): Promise<DeliveryDetail | null> {
  const { rows } = await sql.query<LoggedDelivery & { data: Record<string, unknown> }>(
    `select ${COLUMNS}, event.data from ${TABLES} where d.endpoint_id = $1 and d.id = $2`,
    [endpointId, id],
  );
  if (!rows[0]) return null;
  const { rows: attemptList } = await sql.query<LoggedAttempt>(
    `select attempt, started_at as "startedAt", duration_ms as "durationMs", status, error, response
     from webhook_attempts where delivery_id = $1 order by attempt`,
    [id],
  );
  return { ...rows[0], attemptList };
}

/** Under way: in hand of a process whose lease stands. What a lost one left may be put back. */
const IN_HAND = (now: string) => `(d.claimed_at is not null and d.due_at > ${now}::timestamptz(3))`;
const PUT_BACK = (now: string) =>
  `state = 'pending', reason = null, insisted = true, tries = 0, due_at = ${now}::timestamptz(3), claimed_at = null, settled_at = null`;

/** Makes it due now, whatever became of it, with all tries before it. False when it is under way. */
export async function retryDelivery(
  sql: Queryable,
  endpointId: number,
  { id, now }: { id: number; now: Instant },
): Promise<boolean> {
  const { rowCount } = await sql.query(
    `update webhook_deliveries d set ${PUT_BACK('$3')}
     where endpoint_id = $1 and id = $2 and not ${IN_HAND('$3')}`,
    [endpointId, id, instantToSql(now)],
  );
  return rowCount === 1;
}

/** What was given up, or is held, and happened at `since` or later. */
const GIVEN_UP_SINCE = `d.endpoint_id = $1 and d.state in ('failed', 'held') and event.id = d.event_id and event.at >= $2::timestamptz(3)`;

/** How many replayFailed would put back, bounded. */
export async function countFailed(
  sql: Queryable,
  endpointId: number,
  since: Instant,
): Promise<number> {
  const { rows } = await sql.query<{ n: number }>(
    `select ${boundedCount(`from webhook_deliveries d, webhook_events event where ${GIVEN_UP_SINCE}`)} as n`,
    [endpointId, instantToSql(since)],
  );
  return rows[0]!.n;
}

/** Makes everything that was given up or held since then due now; how many. */
export async function replayFailed(
  sql: Queryable,
  endpointId: number,
  { since, now }: { since: Instant; now: Instant },
): Promise<number> {
  const { rowCount } = await sql.query(
    `update webhook_deliveries d set ${PUT_BACK('$3')} from webhook_events event where ${GIVEN_UP_SINCE}`,
    [endpointId, instantToSql(since), instantToSql(now)],
  );
  return rowCount ?? 0;
}
