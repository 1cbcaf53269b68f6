/**
 * Delivery (stage 5): may mail of this workspace take the way that the settings name? In: the settings of one mailer. Out:
 * nothing, or a refusal that says what to do. Invariant: a workspace that has sent by SMTP takes the dev mailbox
 * only where somebody asked for it in words, so that a setting that got lost is no way to lose mail; one of invented
 * people never leaves.
 */
import { OperationalError } from '../core/errors.js';
import { instantToSql, type Instant } from '../core/instant.js';
import type { Queryable } from '../core/queryable.js';

export interface WayOut {
  smtp: boolean;
  /** REKINDLE_TRANSPORT says `dev_mailbox`. */
  devMailboxWanted: boolean;
  now: Instant;
}

/** Asked before a mailer begins, and remembered if it sends by SMTP. Throws OperationalError when it may not. */
export async function agreeOnWayOut(sql: Queryable, way: WayOut): Promise<void> {
  const { rows } = await sql.query<{ smtpSince: Instant | null; invented: boolean }>(
    'select smtp_since as "smtpSince", has_invented_people as invented from workspace',
  );
  const { smtpSince, invented } = rows[0]!;
  if (way.smtp && invented) throw new OperationalError(INVENTED, 'permanent');
  if (!way.smtp && !way.devMailboxWanted && smtpSince !== null)
    throw new OperationalError(lost(smtpSince), 'permanent');
  if (way.smtp && smtpSince === null)
    await sql.query('update workspace set smtp_since = $1::timestamptz(3)', [
      instantToSql(way.now),
    ]);
}

/** The demo's workspace, from now on. */
export async function holdInventedPeople(sql: Queryable): Promise<void> {
  await sql.query('update workspace set has_invented_people = true');
}

const INVENTED =
  'this workspace holds the invented people of the demo, and no mail may go to them: choose another REKINDLE_SCHEMA, or set REKINDLE_TRANSPORT=dev_mailbox';

function lost(since: Instant): string {
  return `SMTP_URL is not set, and this workspace sends by SMTP since ${new Date(since).toISOString()}: set SMTP_URL, or REKINDLE_TRANSPORT=dev_mailbox if nothing shall leave any more`;
}
