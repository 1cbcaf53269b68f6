/**
 * Delivery (stage 5): somebody wants to see a mail in a mailbox of their own. In: the message and an address. Out: a row of
 * the queue (message-copies.sql.ts) with its row of the audit log, or why there is none. The mailers are woken by whoever asks.
 */
import { recordAction } from '../core/audit.js';
import type { Queryable } from '../core/queryable.js';
import { findSuppression } from '../messages/suppressions.sql.js';
import type { Acting } from './message-actions.sql.js';
import { findTooMany, type CopyLimits, type TooMany } from './copy-limits.sql.js';
import { addCopy, type MessageCopy } from './message-copies.sql.js';

/** In the transaction of `sql`. `address` as parseAddress writes it; nothing leaves for one that is suppressed. */
export async function askForCopy(
  sql: Queryable,
  { messageId, address }: { messageId: number; address: string },
  { actor, now }: Acting,
  limits: CopyLimits,
): Promise<
  { copy: MessageCopy } | { unknown: true } | { suppressed: string } | { tooMany: TooMany }
> {
  const found = await sql.query('select from messages where id = $1', [messageId]);
  if (found.rowCount === 0) return { unknown: true };
  const suppression = await findSuppression(sql, address.toLowerCase());
  if (suppression) return { suppressed: suppression.reason };
  const tooMany = await findTooMany(sql, { actor, address, now }, limits);
  if (tooMany) return { tooMany };
  const copy = await addCopy(sql, { messageId, address, actor, now });
  const action = { action: 'message.copy', subject: `message/${messageId}` };
  await recordAction(sql, { at: now, actor, ...action, detail: { address } });
  return { copy };
}
