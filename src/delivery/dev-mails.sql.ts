/** Delivery (stage 5), for those who look: the mails of the dev mailbox. Out: rows, the latest first, and one as it was written. */
import type { Instant } from '../core/instant.js';
import type { Queryable } from '../core/queryable.js';

export interface DevMail {
  id: number;
  /** Null: a test, which belongs to no message; so are campaign and step. */
  messageId: number | null;
  receivedAt: Instant;
  from: string;
  to: string;
  subject: string;
  campaign: string | null;
  step: string | null;
  profileId: number;
}

const SHOWN = `
  d.id, d.message_id as "messageId", d.received_at as "receivedAt", d.mail_from as "from", d.mail_to as "to", d.subject,
  m.campaign, m.step, coalesce(m.profile_id, c.profile_id) as "profileId"`;

const FROM = `dev_mails d left join messages m on m.id = d.message_id left join message_copies c on c.id = d.copy_id
     where (m.id is not null or c.id is not null)`;

/** Mails with ids below `before` whose recipient contains `to`, any case. */
export async function listDevMails(
  sql: Queryable,
  { to, before, limit }: { to: string | null; before: number | null; limit: number },
): Promise<DevMail[]> {
  const { rows } = await sql.query<DevMail>(
    `select ${SHOWN} from ${FROM} and ($1::text is null or strpos(lower(d.mail_to), lower($1)) > 0) and ($2::bigint is null or d.id < $2)
     order by d.id desc limit $3`,
    [to, before, limit],
  );
  return rows;
}

/** One mail with its source, byte by byte; null when there is none. */
export async function loadDevMail(
  sql: Queryable,
  id: number,
): Promise<(DevMail & { source: Buffer }) | null> {
  const { rows } = await sql.query<DevMail & { source: Buffer }>(
    `select ${SHOWN}, d.source from ${FROM} and d.id = $1`,
    [id],
  );
  return rows[0] ?? null;
}

/** The latest mail that a message became here, null when it did not. */
export async function findDevMail(sql: Queryable, messageId: number): Promise<number | null> {
  const { rows } = await sql.query<{ id: number }>(
    'select id from dev_mails where message_id = $1 and copy_id is null order by id desc limit 1',
    [messageId],
  );
  return rows[0]?.id ?? null;
}
