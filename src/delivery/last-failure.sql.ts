/** Delivery (stage 5), for those who look: the last time a mail to a profile failed; notices about it go to others. */
import type { Instant } from '../core/instant.js';
import type { Queryable } from '../core/queryable.js';

export interface LastFailure {
  messageId: number;
  /** The failure class. */
  reason: string | null;
  /** What the mail server said. */
  reply: string | null;
  address: string | null;
  at: Instant;
}

/** Null when none ever did. */
export async function lastFailure(sql: Queryable, profileId: number): Promise<LastFailure | null> {
  const { rows } = await sql.query<LastFailure>(
    `select id as "messageId", reason, reply, address, coalesce(settled_at, decided_at) as at
     from messages where profile_id = $1 and state = 'failed' and purpose <> 'notice' order by decided_at desc limit 1`,
    [profileId],
  );
  return rows[0] ?? null;
}
