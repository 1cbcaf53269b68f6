/**
 * Delivery (stage 5): all settled messages that a filter finds once more, as new ones (resend-message.ts), for instance after
 * a template that could not be rendered was mended. In: the filter, how many somebody expects, and why. Out: how many were
 * repeated. Each is a transaction of its own, with its row of the audit log, because each holds the shard of its profile:
 * cut in the middle it goes on by the same call, for what was repeated once is not found again.
 */
import type { ConnectionSource, Queryable } from '../core/queryable.js';
import type { Acting } from './message-actions.sql.js';
import { mayBeResent, resendMessage } from './resend-message.js';
import type { SendLogFilter } from './send-log-filter.js';
import { findAllIds, loadLogRows } from './send-log.sql.js';

/** Whoever asks waits for all of them. */
export const MOST_RESENT = 1_000;

/** `differs`: so many are found now, and none was repeated; null = more than `MOST_RESENT`. `left`: refused meanwhile. */
export type ResentMany = { changed: number; left: number } | { differs: number | null };

export async function resendMany(
  source: ConnectionSource,
  { filter, expected, why }: { filter: SendLogFilter; expected: number; why: string },
  acting: Acting,
): Promise<ResentMany> {
  const ids = await findRepeatable(source, filter);
  if (ids?.length !== expected) return { differs: ids?.length ?? null };
  let changed = 0;
  // The order in which they were decided.
  for (const id of ids.toReversed()) {
    const resent = await resendMessage(source, id, { ...acting, why });
    if ('message' in resent) changed += 1;
  }
  return { changed, left: ids.length - changed };
}

/** Those at an end that may be repeated and were not; null when they are too many. */
async function findRepeatable(sql: Queryable, filter: SendLogFilter): Promise<number[] | null> {
  const ids = await findAllIds(sql, filter, MOST_LOOKED_AT);
  if (ids === null) return null;
  const { rows } = await sql.query<{ id: number }>(
    'select again_of as id from messages where again_of = any($1::bigint[])',
    [ids],
  );
  const repeated = new Set(rows.map(({ id }) => id));
  const log = await loadLogRows(
    sql,
    ids.filter((id) => !repeated.has(id)),
  );
  const found = log.filter(mayBeResent).map(({ id }) => id);
  return found.length > MOST_RESENT ? null : found;
}

/** Repeated ones among them are passed over. */
const MOST_LOOKED_AT = 20 * MOST_RESENT;
