/**
 * Delivery (stage 5): a person acts on messages, on one or on all that a filter of the send log finds. In: the session of the
 * transaction that carries it out, the action, who acts, and for many how many they were when that person said yes. Out:
 * how many were changed, with a row of the audit log, or why nothing was. The mailers are woken by whoever asks, afterwards.
 */
import { recordAction } from '../core/audit.js';
import type { Queryable } from '../core/queryable.js';
import type { MessageState } from '../core/reasons.js';
import {
  applyAction,
  foresee,
  lockForAction,
  stateBefore,
  type Acting,
  type Forecast,
  type MessageAction,
} from './message-actions.sql.js';
import { recountLater } from './message-counts.sql.js';
import type { SendLogFilter } from './send-log-filter.js';
import { findAllIds } from './send-log.sql.js';

/** Messages of one action; a transaction over more would hold up the mailers. */
export const MOST_AT_ONCE = 100_000;

/**
 * `unknown`: there is no such message. `state`: it is in this one, which the action is not about. `suppressed`: its address is,
 * so that a retry would be skipped at once.
 */
export type Acted =
  | { changed: 1 }
  | { unknown: true }
  | { state: MessageState }
  | { suppressed: true };

/** What whoever asks for the retry is told. */
export const LIFT_FIRST =
  'its address is suppressed, so it would be skipped at once: lift that first';

/** Acts on one message. */
export async function actOnMessage(
  sql: Queryable,
  id: number,
  action: MessageAction,
  acting: Acting,
): Promise<Acted> {
  const { actor, now: at } = acting;
  const locked = await lockForAction(sql, action, [id], { now: at, many: false });
  const { rows } = await sql.query<{ state: MessageState; reason: string | null }>(
    'select state, reason from messages where id = $1',
    [id],
  );
  const [was] = rows;
  if (!was) return { unknown: true };
  if (locked.length === 0) return { state: was.state };
  if (action === 'retry' && (await foresee(sql, locked)).suppressed > 0)
    return { suppressed: true };
  await change(sql, action, locked, acting);
  const what = { action: `message.${action}`, subject: `message/${id}` };
  await recordAction(sql, { at, actor, ...what, detail: { was: was.state, reason: was.reason } });
  return { changed: 1 };
}

/** `differs`: so many are found now, and none was changed; null = more than `MOST_AT_ONCE`. */
export type ActedOnMany = { changed: number } | { differs: number | null };

/** The messages that an action on a filter is about; null when they are more than `MOST_AT_ONCE`. */
async function findFor(
  sql: Queryable,
  filter: SendLogFilter,
  action: MessageAction,
): Promise<number[] | null> {
  const from = stateBefore(action);
  if (filter.states && !filter.states.includes(from)) return [];
  return findAllIds(sql, { ...filter, states: [from] }, MOST_AT_ONCE);
}

/** What acting on all that the filter finds would come to; null when that is too many at once. */
export async function foreseeMany(
  sql: Queryable,
  filter: SendLogFilter,
  action: MessageAction,
): Promise<Forecast | null> {
  const ids = await findFor(sql, filter, action);
  return ids && foresee(sql, ids);
}

/** Acts on all that the filter finds, if they are still `expected` many. `asked` is the filter as the audit log keeps it. */
export async function actOnMany(
  sql: Queryable,
  {
    filter,
    asked,
    action,
    expected,
  }: {
    filter: SendLogFilter;
    asked: Record<string, unknown>;
    action: MessageAction;
    expected: number;
  },
  acting: Acting,
): Promise<ActedOnMany> {
  const { actor, now: at } = acting;
  const ids = await findFor(sql, filter, action);
  if (ids === null) return { differs: null };
  const locked = await lockForAction(sql, action, ids, { now: at, many: true });
  if (locked.length !== expected) return { differs: locked.length };
  if (locked.length > 0) await change(sql, action, locked, acting);
  const what = { action: `messages.${action}`, subject: '' };
  await recordAction(sql, { at, actor, ...what, detail: { filter: asked, n: locked.length } });
  return { changed: locked.length };
}

async function change(
  sql: Queryable,
  action: MessageAction,
  ids: number[],
  acting: Acting,
): Promise<void> {
  await applyAction(sql, action, ids, acting);
  await recountLater(sql, ids);
}
