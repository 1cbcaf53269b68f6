/**
 * Delivery (stage 5): what the second look needs beyond the gate facts, one query per claimed batch. In:
 * enrolment ids. Out: how each of them stands and what it entered with.
 */
import type { Instant } from '../core/instant.js';
import type { EndReason } from '../core/reasons.js';
import type { Queryable } from '../core/queryable.js';

export interface EnrolmentFacts {
  id: number;
  entry: Record<string, unknown>;
  endReason: EndReason | null;
  endBecause: string | null;
  endedAt: Instant | null;
}

export async function loadEnrolmentFacts(
  sql: Queryable,
  ids: number[],
): Promise<Map<number, EnrolmentFacts>> {
  const { rows } = await sql.query<EnrolmentFacts>({
    name: 'delivery_enrolment_facts',
    text: `
      select id, entry, end_reason as "endReason", end_because as "endBecause", ended_at as "endedAt"
      from enrolments where id = any($1::bigint[])`,
    values: [ids],
  });
  return new Map(rows.map((row) => [row.id, row]));
}

/** The workspace's secret, which signs unsubscribe links. */
export async function loadSecret(sql: Queryable): Promise<string> {
  const { rows } = await sql.query<{ secret: string }>('select secret from workspace');
  return rows[0]!.secret;
}
