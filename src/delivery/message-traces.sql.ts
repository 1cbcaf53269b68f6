/** Delivery (stage 5): which requests messages go back to, for the log. In: ids of messages; out: trace ids of those that have one. */
import type { Queryable } from '../core/queryable.js';
import { shownTrace } from '../core/trace.js';

export async function loadTraces(
  sql: Queryable,
  messages: readonly number[],
): Promise<ReadonlyMap<number, string>> {
  const { rows } = await sql.query<{ id: number; trace: string }>(
    `select m.id, ${shownTrace('t.trace_id')} as trace
     from messages m join enrolment_traces t on t.enrolment_id = m.enrolment_id where m.id = any($1::bigint[])`,
    [messages],
  );
  return new Map(rows.map(({ id, trace }) => [id, trace]));
}
