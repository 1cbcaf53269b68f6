/**
 * Ending what a cancelled broadcast has begun. In: the broadcast. Out: enrolments under way are ended, and so are those
 * that are through with their steps while a mail of theirs has not been handed over: the second look skips it, as it does
 * whatever is ended. Here because it looks at messages: no stage before knows them.
 */
import type { Instant } from '../core/instant.js';
import { instantToSql } from '../core/instant.js';
import type { Queryable } from '../core/queryable.js';

/** Why a broadcast that has come to everybody, with nothing under way any more, is not cancelled. */
export const NOTHING_TO_CANCEL =
  'it has come to everybody, and nothing of it is under way any more: there is nothing to cancel';

/** Enrolments looked at by one statement. */
const LOOKED_AT_ONCE = 5_000;

export interface EndedBroadcast {
  id: string;
  campaign: string;
  at: Instant;
}

/** In SQL, of the enrolment `e`: it is under way, or has a mail that is not handed over. */
const OPEN = `(e.state = 'active' or e.end_reason = 'completed' and exists (
  select from messages m where m.enrolment_id = e.id and m.state in ('pending', 'claimed')))`;

/** How many `endBroadcast` would end now. */
export async function countOpen(
  sql: Queryable,
  { id, campaign, at }: EndedBroadcast,
): Promise<number> {
  const { rows } = await sql.query<{ n: number }>(
    `select count(*) as n from enrolments e
     where campaign = $1 and entered_at >= $3::timestamptz(3) and split_part(trigger, '/', 1) = 'broadcast:' || $2::text
       and ${OPEN}`,
    [campaign, id, instantToSql(at)],
  );
  return rows[0]!.n;
}

/** How many it ended; again after a failure it goes on. An engine that has one of them in hand begins anew. */
export async function endBroadcast(
  sql: Queryable,
  broadcast: EndedBroadcast,
  now: Instant,
): Promise<number> {
  let ended = 0;
  let place: Place | null = { entered_at: broadcast.at, id: 0 };
  while (place) {
    const some: Step = await endSome(sql, broadcast, place, now);
    ended += some.ended;
    place = some.last;
  }
  return ended;
}

interface Place {
  entered_at: Instant;
  id: number;
}

interface Step {
  ended: number;
  last: Place | null;
}

async function endSome(
  sql: Queryable,
  { id, campaign }: EndedBroadcast,
  after: Place,
  now: Instant,
): Promise<Step> {
  const { rows } = await sql.query<Place & { ended: number }>(
    `with batch as materialized (
       select e.id, e.entered_at, ${OPEN} as open
       from enrolments e
       where e.campaign = $1 and (e.entered_at, e.id) > ($3::timestamptz(3), $4::bigint)
         and split_part(e.trigger, '/', 1) = 'broadcast:' || $2::text
       order by e.entered_at, e.id limit $5),
     ended as (
       update enrolments e
       set state = 'ended', end_reason = 'exited', end_because = 'stopped',
           ended_at = greatest($6::timestamptz(3), e.entered_at),
           due_at = 'infinity', watches = '{}', watch_at = 'infinity'
       from batch where e.id = batch.id and batch.open and e.end_reason is distinct from 'exited'
       returning e.id)
     select entered_at, id, (select count(*) from ended) as ended from batch order by entered_at desc, id desc limit 1`,
    [campaign, id, instantToSql(after.entered_at), after.id, LOOKED_AT_ONCE, instantToSql(now)],
  );
  const last = rows[0];
  return last ? { ended: last.ended, last } : { ended: 0, last: null };
}
