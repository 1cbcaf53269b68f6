/**
 * Messages, stage 4: a mail as a copy for somebody who is not its recipient. In: the mail, already addressed to that
 * mailbox and with a link that unsubscribes nobody. Out: the same mail, marked, without the headers by which mail
 * programs and providers would count it among the mails of the campaign or let the reader unsubscribe. Pure.
 */
import type { Instant } from '../core/instant.js';
import { instantToSql } from '../core/instant.js';
import { mailDate, type Mail } from './compose-mail.js';

export const COPY_MARK = '[copy]';

const OF_BULK_MAIL = [
  'List-Id',
  'List-Unsubscribe',
  'List-Unsubscribe-Post',
  'Feedback-ID',
  'Precedence',
];

export const TEST_MARK = '[test]';

/** `id` is the copy's own: it never has the Message-ID of the mail, which a reply or a bounce would be taken to be about. */
export function asCopy(
  mail: Mail,
  { id, at, mark = COPY_MARK }: { id: number; at: Instant; mark?: string },
): Mail {
  const headers = Object.entries(mail.headers).filter(([name]) => !OF_BULK_MAIL.includes(name));
  return {
    ...mail,
    messageId: mail.messageId.replace('<', `<copy-${id}-`),
    date: mailDate(instantToSql(at)),
    subject: `${mark} ${mail.subject}`,
    headers: Object.fromEntries(headers),
  };
}
