/**
 * Delivery (stage 5): what a person may do to a message, as SQL. In: ids. Out: those that were in the one state that the
 * action is about, locked or changed. The state is the fence: a button that is pressed twice, or while a mailer has the
 * message, finds nothing to do. No action makes a second mail leave unless somebody said that the first did not arrive.
 */
import type { Instant } from '../core/instant.js';
import { instantToSql } from '../core/instant.js';
import type { Queryable } from '../core/queryable.js';
import type { MessageState } from '../core/reasons.js';
import { DEFAULT_DEADLINE } from './claim.sql.js';

export const MESSAGE_ACTIONS = ['cancel', 'retry', 'arrived', 'not_arrived', 'send_now'] as const;
/** `arrived`, `not_arrived`: what somebody found out about an ambiguous one. */
export type MessageAction = (typeof MESSAGE_ACTIONS)[number];

interface Rule {
  /** The state it is about. */
  from: MessageState;
  /** Only such as are not due yet. */
  early?: true;
  set: string;
  /** What becomes of `detail`, as SQL. */
  detail?: string;
  /** Mails may leave because of it. */
  sends: boolean;
}

const NOW = '$2::timestamptz(3)';

/** By the deadline that it had it would end at once; whoever says so knows how late it is. */
const AGAIN = `state = 'pending', due_at = ${NOW}, deadline_at = ${NOW} + interval '${DEFAULT_DEADLINE}', settled_at = null,
  late_at = null, if_late = null`;
/** What was noted of the tries before. */
const WITHOUT_TRIES = `m.detail - '{deferrals,attempts,trouble}'::text[]`;

/*
 * A message that is being sent once more because the fate of the first time is unknown may have arrived: taken back it is
 * ambiguous again, not skipped.
 */
const UNKNOWN = `m.detail ? 'sent_again_after'`;

const RULES: Readonly<Record<MessageAction, Rule>> = {
  cancel: {
    from: 'pending',
    set: `state = case when ${UNKNOWN} then 'ambiguous' else 'skipped' end,
      reason = case when ${UNKNOWN} then coalesce(m.reason, m.detail ->> 'sent_again_after') else 'cancelled' end,
      worker = case when ${UNKNOWN} then m.worker end, settled_at = ${NOW}`,
    sends: false,
  },
  // Without a worker no late statement of the old one fits the row.
  retry: {
    from: 'failed',
    set: `${AGAIN}, reason = null, worker = null`,
    detail: WITHOUT_TRIES,
    sends: true,
  },
  // It left when it became ambiguous: settled_at stays.
  arrived: { from: 'ambiguous', set: `state = 'sent', reason = null`, sends: false },
  // Worker, epoch and reason stay: the owner's late true 250 still settles it, as long as nobody has claimed it since.
  not_arrived: {
    from: 'ambiguous',
    set: AGAIN,
    detail: `${WITHOUT_TRIES} || jsonb_build_object(
      'sent_again_after', coalesce(m.reason, 'ambiguous'), 'ambiguous_epoch', m.epoch)`,
    sends: true,
  },
  // Whoever says so knows how late it is.
  send_now: {
    from: 'pending',
    early: true,
    set: `due_at = ${NOW}, late_at = null, if_late = null, reason = nullif(m.reason, 'late')`,
    sends: true,
  },
};

/** The state that an action is about. */
export function stateBefore(action: MessageAction): MessageState {
  return RULES[action].from;
}

/** Whether mails may leave because of it. */
export function sendsMail(action: MessageAction): boolean {
  return RULES[action].sends;
}

/** Who acts, and when. */
export interface Acting {
  actor: string;
  now: Instant;
}

/**
 * Locks, of these messages, those that the action may change, until the transaction ends; their ids. `many`: those that
 * somebody has in hand at this moment are left out, so that nobody waits for each other in a circle.
 */
export async function lockForAction(
  sql: Queryable,
  action: MessageAction,
  ids: number[],
  { now, many }: { now: Instant; many: boolean },
): Promise<number[]> {
  const { from, early } = RULES[action];
  const { rows } = await sql.query<{ id: number }>({
    name: `message-lock-${action}-${many ? 'many' : 'one'}`,
    text: `
      select id from messages m
      where id = any($1::bigint[]) and state = '${from}' and (${early !== true} or m.due_at > ${NOW})
      order by id for update ${many ? 'skip locked' : ''}`,
    values: [ids, instantToSql(now)],
  });
  return rows.map(({ id }) => id);
}

/** Acts on messages that `lockForAction` has locked; who did it is kept with each. */
export async function applyAction(
  sql: Queryable,
  action: MessageAction,
  ids: number[],
  { actor, now }: Acting,
): Promise<void> {
  const { set, detail = 'm.detail' } = RULES[action];
  await sql.query({
    name: `message-${action}`,
    text: `
      update messages m set ${set}, detail = (${detail}) || jsonb_build_object('by_hand',
        coalesce(m.detail -> 'by_hand', '[]') || jsonb_build_array(
          jsonb_strip_nulls(jsonb_build_object('did', '${action}', 'by', $3::text, 'at', $4::text, 'was', m.reason))))
      where id = any($1::bigint[]) and ${NOW} is not null`,
    values: [ids, instantToSql(now), actor, instantToSql(now)],
  });
}

export interface Forecast {
  n: number;
  /** How many of them the second look would refuse at once, by what is known now. */
  suppressed: number;
  ended: number;
  /** How many may have been sent before, as nobody knows: cancelled they are ambiguous again. */
  unknown: number;
}

/** What sending or cancelling these messages would come to. */
export async function foresee(sql: Queryable, ids: number[]): Promise<Forecast> {
  const { rows } = await sql.query<Forecast>(
    `select count(*)::integer as n, count(*) filter (where ended)::integer as ended,
       count(*) filter (where suppressed and not ended)::integer as suppressed,
       count(*) filter (where unknown)::integer as unknown
     from (
       select e.id is null or coalesce(e.end_reason in ('exited', 'converted'), false) as ended,
         exists (select from suppressions s where s.address = lower(m.address collate "C")) as suppressed,
         ${UNKNOWN} as unknown
       from messages m left join enrolments e on e.id = m.enrolment_id
       where m.id = any($1::bigint[])) seen`,
    [ids],
  );
  return rows[0]!;
}
