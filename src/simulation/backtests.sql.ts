/**
 * Backtests that run in the background: the table `backtests`. Invariant: whoever runs one holds the one advisory lock of the
 * workspace on a session of its own, so one runs at a time, and a process that dies lets go of it.
 */
import type { Instant } from '../core/instant.js';
import { instantToSql } from '../core/instant.js';
import type { Queryable } from '../core/queryable.js';
import type { BacktestResult } from './backtest.js';

export const BACKTEST_STATES = ['queued', 'running', 'finished', 'failed', 'cancelled'] as const;
export type BacktestState = (typeof BACKTEST_STATES)[number];

export interface StoredBacktest {
  id: number;
  campaign: string;
  /** As they were asked for, and as instants; `to` is exclusive. */
  fromText: string;
  toText: string;
  from: Instant;
  to: Instant;
  askedBy: string;
  askedAt: Instant;
  state: BacktestState;
  /** How far virtual time has come; null before it runs. */
  reachedAt: Instant | null;
  startedAt: Instant | null;
  finishedAt: Instant | null;
  /** Why it failed. */
  error: string | null;
  /** Null unless it is finished. */
  result: BacktestResult | null;
}

const COLUMNS = `id, campaign, from_text as "fromText", to_text as "toText", from_at as from, to_at as to, asked_by as "askedBy",
  asked_at as "askedAt", state, reached_at as "reachedAt", started_at as "startedAt", finished_at as "finishedAt", error, result`;

/** More than that wait for nobody. */
const MOST_QUEUED = 5;
/** Of a campaign; older ones are forgotten. */
const KEPT = 20;

export type NewBacktest = Pick<
  StoredBacktest,
  'campaign' | 'fromText' | 'toText' | 'from' | 'to' | 'askedBy' | 'askedAt'
>;

/** Queues one; null when too many wait already. */
export async function queueBacktest(
  sql: Queryable,
  o: NewBacktest,
): Promise<StoredBacktest | null> {
  const { rows } = await sql.query<StoredBacktest>(
    `insert into backtests (campaign, from_text, to_text, from_at, to_at, asked_by, asked_at)
     select $1, $2, $3, $4::timestamptz(3), $5::timestamptz(3), $6, $7::timestamptz(3)
     where (select count(*) from backtests where state in ('queued', 'running')) < $8 returning ${COLUMNS}`,
    [
      o.campaign,
      o.fromText,
      o.toText,
      instantToSql(o.from),
      instantToSql(o.to),
      o.askedBy,
      instantToSql(o.askedAt),
      MOST_QUEUED,
    ],
  );
  await sql.query(
    `delete from backtests where campaign = $1 and state not in ('queued', 'running') and id not in (
       select id from backtests where campaign = $1 order by id desc limit $2)`,
    [o.campaign, KEPT],
  );
  return rows[0] ?? null;
}

/** Of a campaign, the latest first; `before` an id. */
export async function listBacktests(
  sql: Queryable,
  { campaign, before, limit }: { campaign: string; before: number | null; limit: number },
): Promise<StoredBacktest[]> {
  const { rows } = await sql.query<StoredBacktest>(
    `select ${COLUMNS} from backtests where campaign = $1 and ($2::bigint is null or id < $2)
     order by id desc limit $3`,
    [campaign, before, limit],
  );
  return rows;
}

export async function loadBacktest(sql: Queryable, id: number): Promise<StoredBacktest | null> {
  const { rows } = await sql.query<StoredBacktest>(
    `select ${COLUMNS} from backtests where id = $1`,
    [id],
  );
  return rows[0] ?? null;
}

/** The report of a finished one; null when there is none. */
export async function loadReport(sql: Queryable, id: number): Promise<string | null> {
  const { rows } = await sql.query<{ report: string | null }>(
    'select report from backtests where id = $1',
    [id],
  );
  return rows[0]?.report ?? null;
}

/** Ends one that waits or runs; false when it is over. Who runs it sees that within a second. */
export async function cancelBacktest(sql: Queryable, id: number, now: Instant): Promise<boolean> {
  return endBacktest(sql, id, { state: 'cancelled', now });
}

/** The next one that waits; null when none does. */
export async function nextBacktest(sql: Queryable): Promise<number | null> {
  const { rows } = await sql.query<{ id: number }>(
    `select id from backtests where state = 'queued' order by id limit 1`,
  );
  return rows[0]?.id ?? null;
}

const LOCK = `hashtext('backtests of ' || current_schema()), 0`;

/** Takes the one place there is, for as long as the session lasts; false: somebody has it. */
export async function takeTurn(session: Queryable): Promise<boolean> {
  const { rows } = await session.query<{ taken: boolean }>(
    `select pg_try_advisory_lock(${LOCK}) as taken`,
  );
  return rows[0]!.taken;
}

/** Those that somebody ran who is gone are over; the place must be held. */
export async function failLost(session: Queryable, now: Instant): Promise<void> {
  await session.query(
    `update backtests set state = 'failed', error = 'the process that ran it is gone', finished_at = $1::timestamptz(3)
     where state = 'running'`,
    [instantToSql(now)],
  );
}

/** Marks a queued one as running; null when it is not queued any more. The place must be held. */
export async function beginBacktest(
  session: Queryable,
  id: number,
  now: Instant,
): Promise<StoredBacktest | null> {
  const { rows } = await session.query<StoredBacktest>(
    `update backtests set state = 'running', started_at = $2::timestamptz(3) where id = $1 and state = 'queued'
     returning ${COLUMNS}`,
    [id, instantToSql(now)],
  );
  return rows[0] ?? null;
}

/** Writes down how far it has come; false when it does not run any more: it was cancelled. */
export async function reachBacktest(
  sql: Queryable,
  id: number,
  at: Instant | null,
): Promise<boolean> {
  const { rowCount } = await sql.query(
    `update backtests set reached_at = coalesce($2::timestamptz(3), reached_at) where id = $1 and state = 'running'`,
    [id, at === null ? null : instantToSql(at)],
  );
  return rowCount === 1;
}

/** Ends one that waits or runs; false when it is over already. */
export async function endBacktest(
  sql: Queryable,
  id: number,
  o: { now: Instant } & (
    | { state: 'finished'; result: BacktestResult; report: string }
    | { state: 'failed'; error: string }
    | { state: 'cancelled' }
  ),
): Promise<boolean> {
  const done = o.state === 'finished' ? o : null;
  const { rowCount } = await sql.query(
    `update backtests set state = $2, finished_at = $3::timestamptz(3), error = left($4, 1000), result = $5::jsonb, report = $6
     where id = $1 and state in ('queued', 'running')`,
    [
      id,
      o.state,
      instantToSql(o.now),
      o.state === 'failed' ? o.error : null,
      done && JSON.stringify(done.result),
      done && done.report,
    ],
  );
  return rowCount === 1;
}
