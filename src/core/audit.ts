/**
 * The audit log: what somebody did by hand, through the console or the API. In: one action, on the session of the
 * transaction that carries it out where there is one. Out: a row that nothing changes afterwards; by which request and
 * from where, the trace says that it runs in.
 */
import { instantToSql, type Instant } from './instant.js';
import type { Queryable } from './queryable.js';
import { currentTrace, shownTrace } from './trace.js';

export interface Action {
  at: Instant;
  /** `console:NAME` or `api:NAME`. */
  actor: string;
  /** `suppression.lift`: the kind of thing, and what was done to it. */
  action: string;
  /** The one thing it was done to; '' where there is none. */
  subject: string;
  /** What else one would ask later: the reason given, numbers, what stood before. */
  detail?: Record<string, unknown>;
}

/** A proxy that is trusted may say anything. */
const LONGEST_ADDRESS = 60;

export async function recordAction(
  sql: Queryable,
  { at, actor, action, subject, detail = {} }: Action,
): Promise<void> {
  const trace = currentTrace();
  await sql.query(
    `insert into audit_log (at, actor, action, subject, detail, trace_id, address)
     values ($1::timestamptz(3), $2, $3, $4, $5::jsonb, $6::uuid, $7)`,
    [
      instantToSql(at),
      actor,
      action,
      subject,
      JSON.stringify(detail),
      trace?.id ?? null,
      trace?.address.slice(0, LONGEST_ADDRESS) ?? null,
    ],
  );
}

export type RecordedAction = Required<Action> & {
  id: number;
  /** Of the request that did it; null: a command. */
  traceId: string | null;
  /** From where. */
  address: string | null;
};

/** Recorded actions, the latest first; `before` an id, `subject` to see those of one thing. */
export async function listActions(
  sql: Queryable,
  { before, subject, limit }: { before: number | null; subject: string | null; limit: number },
): Promise<RecordedAction[]> {
  const { rows } = await sql.query<RecordedAction>(
    `select id, at, actor, action, subject, detail, ${shownTrace('trace_id')} as "traceId", address from audit_log
     where ($1::bigint is null or id < $1) and ($2::text is null or subject = $2)
     order by id desc limit $3`,
    [before, subject, limit],
  );
  return rows;
}
