/**
 * Messages, stage 4. In: a `Mail`. Out: its bytes as they go over the wire (DKIM is added by delivery), the
 * same bytes for the same mail. nodemailer encodes the headers, where the traps are; the two parts are
 * put together here, because its streams take fifty times as long as the encoding itself. Nothing
 * is given to nodemailer that it could read or fetch, and file and URL access are off besides.
 */
import { createHash } from 'node:crypto';
import MimeNode from 'nodemailer/lib/mime-node';
import type { Mail } from './compose-mail.js';

/** RFC 5322 allows 998 characters in a line; longer ones, and what is not ASCII, go as base64. */
const MAX_LINE = 900;

/** The MIME message: multipart/alternative, text first. Rejects when a part is not a string. */
export async function buildMime(mail: Mail): Promise<Buffer> {
  for (const part of [mail.subject, mail.html, mail.text]) {
    if (typeof part !== 'string') throw new TypeError('the parts of a mail are strings');
  }
  const boundary = `=_rekindle_${createHash('sha256').update(mail.messageId).digest('hex').slice(0, 32)}`;
  return Buffer.from(
    [
      headersOf(mail, boundary),
      '',
      `--${boundary}`,
      ...encodePart('text/plain', mail.text),
      `--${boundary}`,
      ...encodePart('text/html', mail.html),
      `--${boundary}--`,
      '',
    ].join('\r\n'),
    'latin1',
  );
}

function headersOf(mail: Mail, boundary: string): string {
  const root = new MimeNode(`multipart/alternative; boundary="${boundary}"`, {
    disableFileAccess: true,
    disableUrlAccess: true,
  });
  for (const [key, value] of Object.entries(mail.headers)) root.addHeader(key, value);
  root.setHeader('From', mail.from);
  root.setHeader('To', mail.to);
  if (mail.replyTo) root.setHeader('Reply-To', mail.replyTo);
  root.setHeader('Subject', mail.subject);
  root.setHeader('Message-ID', mail.messageId);
  root.setHeader('Date', mail.date);
  return root.buildHeaders();
}

function encodePart(type: string, content: string): string[] {
  const text = content.replace(/\r\n?|\n/g, '\r\n');
  const plain = !/[^\t\r\n\x20-\x7e]/.test(text) && !hasLongLine(text);
  return [
    `Content-Type: ${type}; charset=utf-8`,
    `Content-Transfer-Encoding: ${plain ? '7bit' : 'base64'}`,
    '',
    plain
      ? text
      : Buffer.from(text, 'utf8')
          .toString('base64')
          .replace(/.{76}(?=.)/g, '$&\r\n'),
  ];
}

/** By splitting, because an expression would try every place of every line: milliseconds a mail. */
function hasLongLine(text: string): boolean {
  return text.split('\r\n').some((line) => line.length >= MAX_LINE);
}
