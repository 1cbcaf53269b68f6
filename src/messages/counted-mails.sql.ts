/**
 * Messages, stage 4: the mails of a batch of profiles that count against caps, in one query. In: profile ids. Out: what was
 * handed over and what is reserved, oldest first. The engine asks under the lock of their shard, so nothing is missing.
 */
import type { Instant } from '../core/instant.js';
import { instantToSql } from '../core/instant.js';
import type { Queryable } from '../core/queryable.js';
import type { MessageState } from '../core/reasons.js';
import type { CountedMail } from './caps.js';

export interface StoredMail extends CountedMail {
  id: number;
  profileId: number;
  state: MessageState;
  priority: number;
}

/** Those at or after `since`; -Infinity = all. */
export async function loadCountedMails(
  sql: Queryable,
  profileIds: readonly number[],
  since: Instant,
): Promise<Map<number, StoredMail[]>> {
  const mails = new Map<number, StoredMail[]>(profileIds.map((id) => [id, []]));
  if (mails.size === 0) return mails;
  const { rows } = await sql.query<StoredMail>({
    name: 'messages_counted_mails',
    text: `
      select id, profile_id as "profileId", campaign, topic, state, priority, coalesce(settled_at, decided_at) as at
      from messages
      where profile_id = any($1::bigint[]) and purpose = 'marketing' and state not in ('skipped', 'failed')
        and coalesce(settled_at, decided_at) >= $2::timestamptz
      order by id`,
    values: [[...mails.keys()], since === -Infinity ? '-infinity' : instantToSql(since)],
  });
  for (const row of rows) mails.get(row.profileId)!.push(row);
  return mails;
}
