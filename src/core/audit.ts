/**
 * The audit log: what somebody did by hand, through the console or the API. In: one action, on the session of the
 * transaction that carries it out where there is one. Out: a row that nothing changes afterwards.
 */
import { instantToSql, type Instant } from './instant.js';
import type { Queryable } from './queryable.js';

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

export async function recordAction(
  sql: Queryable,
  { at, actor, action, subject, detail = {} }: Action,
): Promise<void> {
  await sql.query(
    `insert into audit_log (at, actor, action, subject, detail)
     values ($1::timestamptz(3), $2, $3, $4, $5::jsonb)`,
    [instantToSql(at), actor, action, subject, JSON.stringify(detail)],
  );
}

export type RecordedAction = Required<Action> & { id: number };

/** Recorded actions, the latest first; `before` an id, `subject` to see those of one thing. */
export async function listActions(
  sql: Queryable,
  { before, subject, limit }: { before: number | null; subject: string | null; limit: number },
): Promise<RecordedAction[]> {
  const { rows } = await sql.query<RecordedAction>(
    `select id, at, actor, action, subject, detail from audit_log
     where ($1::bigint is null or id < $1) and ($2::text is null or subject = $2)
     order by id desc limit $3`,
    [before, subject, limit],
  );
  return rows;
}
