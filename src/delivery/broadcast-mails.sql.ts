/**
 * What has become of the mails of one broadcast. In: the broadcast. Out: counts by state and reason, of the messages of
 * whom it let in; of a very large one, of those who entered first. Here because it looks at messages.
 */
import { instantToSql } from '../core/instant.js';
import type { Queryable } from '../core/queryable.js';
import type { EndedBroadcast } from './end-broadcast.sql.js';
import type { StateCount } from './send-log-counts.sql.js';

/** Enrolments looked at: half a second. */
export const MOST_COUNTED = 100_000;

export async function broadcastMails(
  sql: Queryable,
  { id, campaign, at }: EndedBroadcast,
): Promise<StateCount[]> {
  const { rows } = await sql.query<StateCount>(
    `select m.state, m.reason, count(*)::bigint as n
     from (
       select id from enrolments
       where campaign = $1 and entered_at >= $3::timestamptz(3) and split_part(trigger, '/', 1) = 'broadcast:' || $2::text
       order by entered_at, id limit $4) e
     join messages m on m.enrolment_id = e.id
     group by 1, 2 order by 3 desc, 1, 2`,
    [campaign, id, instantToSql(at), MOST_COUNTED],
  );
  return rows;
}
