/**
 * Delivery (stage 5), for ops: what would become of the messages that a campaign's pause holds, if it were lifted. In: the
 * campaign. Out: how many, since when, how many the second look would take back because their enrolment was left, and how many are late by now.
 */
import { boundedCount, COUNT_BOUND } from '../core/bounded.js';
import { instantToSql, type Instant } from '../core/instant.js';
import type { Queryable } from '../core/queryable.js';

export interface HeldOutlook {
  /** At most COUNT_BOUND + 1, as are those below. */
  overdue: number;
  /** Of those, decided for an enrolment that has been left since. */
  left: number;
  /** Of those, late: they are skipped, or wait for somebody's word (`if_late`). */
  late: { skip: number; ask: number };
  /** When the first of them was due; null: none is. */
  oldest: Instant | null;
}

const DUE = `from messages m where m.state = 'pending' and m.due_at <= $2::timestamptz(3) and m.campaign = $1`;
const LATE = (then: 'skip' | 'ask'): string =>
  `${DUE} and m.late_at < $2::timestamptz(3) and m.if_late = '${then}'`;

export async function heldOutlook(
  sql: Queryable,
  { campaign, now }: { campaign: string; now: Instant },
): Promise<HeldOutlook> {
  const { rows } = await sql.query<HeldOutlook>(
    `select ${boundedCount(DUE)} as overdue, (select min(m.due_at) ${DUE}) as oldest, (
       select count(*)::integer from (select m.enrolment_id ${DUE} limit ${COUNT_BOUND + 1}) held
       join enrolments e on e.id = held.enrolment_id where e.end_reason in ('exited', 'converted')) as left,
       jsonb_build_object('skip', ${boundedCount(LATE('skip'))}, 'ask', ${boundedCount(LATE('ask'))}) as late`,
    [campaign, instantToSql(now)],
  );
  return rows[0]!;
}
