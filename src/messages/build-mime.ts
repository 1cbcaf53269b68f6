/**
 * Messages, stage 4. In: a `Mail`. Out: its bytes as they go over the wire (DKIM is added by delivery).
 * File and URL access are off, so a mail can only ever contain what it was given.
 */
import MailComposer from 'nodemailer/lib/mail-composer';
import type { Mail } from './compose-mail.js';

/** The MIME message; boundaries differ from call to call, Message-ID and date do not. */
export function buildMime(mail: Mail): Promise<Buffer> {
  for (const part of [mail.subject, mail.html, mail.text]) {
    if (typeof part !== 'string') throw new TypeError('the parts of a mail are strings');
  }
  const { headers, ...fields } = mail;
  const composer = new MailComposer({
    ...fields,
    headers: Object.entries(headers).map(([key, value]) => ({ key, value })),
    disableFileAccess: true,
    disableUrlAccess: true,
    newline: '\r\n',
  });
  return new Promise((resolve, reject) => {
    composer.compile().build((error, bytes) => (error ? reject(error) : resolve(bytes)));
  });
}
