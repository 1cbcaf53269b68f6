/**
 * Delivery (stage 5), for ops: what would become of the messages that a campaign's pause holds, if it were lifted. In: the
 * campaign. Out: how many, since when, and how many the second look would take back because their enrolment was left.
 */
import { boundedCount, COUNT_BOUND } from '../core/bounded.js';
import { instantToSql, type Instant } from '../core/instant.js';
import type { Queryable } from '../core/queryable.js';

export interface HeldOutlook {
  /** At most COUNT_BOUND + 1, as is `left`. */
  overdue: number;
  /** Of those, decided for an enrolment that has been left since. */
  left: number;
  /** When the first of them was due; null: none is. */
  oldest: Instant | null;
}

const DUE = `from messages m where m.state = 'pending' and m.due_at <= $2::timestamptz(3) and m.campaign = $1`;

export async function heldOutlook(
  sql: Queryable,
  { campaign, now }: { campaign: string; now: Instant },
): Promise<HeldOutlook> {
  const { rows } = await sql.query<HeldOutlook>(
    `select ${boundedCount(DUE)} as overdue, (select min(m.due_at) ${DUE}) as oldest, (
       select count(*)::integer from (select m.enrolment_id ${DUE} limit ${COUNT_BOUND + 1}) held
       join enrolments e on e.id = held.enrolment_id where e.end_reason in ('exited', 'converted')) as left`,
    [campaign, instantToSql(now)],
  );
  return rows[0]!;
}
