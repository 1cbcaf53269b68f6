/**
 * Messages, stage 4. In: a `Mail`. Out: its bytes as they go over the wire (DKIM is added by delivery), the
 * same bytes for the same mail. nodemailer encodes the headers, where the traps are; the two parts are
 * put together here, because its streams take fifty times as long as the encoding itself. What it
 * made is not trusted: a header that is not plain ASCII or was not asked for stops the mail. Nothing is given to nodemailer that it could read or fetch, and file and URL access are off besides.
 */
import { createHash } from 'node:crypto';
import MimeNode from 'nodemailer/lib/mime-node';
import type { Mail } from './compose-mail.js';

/** RFC 5322 allows 998 characters in a line; longer ones, and what is not ASCII, go as base64. */
const MAX_LINE = 900;
const MAX_HEADER_LINE = 998;

/**
 * The MIME message: multipart/alternative, text first. Rejects when a part is not a string, and when the
 * headers are not exactly those of the mail, in ASCII.
 */
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
  const own = {
    From: mail.from,
    To: mail.to,
    ...(mail.replyTo ? { 'Reply-To': mail.replyTo } : {}),
    Subject: mail.subject,
    'Message-ID': mail.messageId,
    Date: mail.date,
  };
  for (const [key, value] of Object.entries(own)) root.setHeader(key, value);
  const written = root.buildHeaders();
  checkHeaders(written, [
    ...Object.keys(mail.headers),
    ...Object.keys(own),
    'Content-Type',
    'MIME-Version',
  ]);
  return written;
}

/**
 * Bytes are cut from code units when the mail is written, so U+010D would become a CR: only ASCII passes, in
 * lines that begin the headers in `meant` or continue one of them (RFC 5322, 2.2.3: never blank).
 */
function checkHeaders(written: string, meant: string[]): void {
  if (/[^\t\r\n\x20-\x7e]/.test(written)) throw new Error('a header of the mail is not ASCII');
  const lines = written.split('\r\n');
  if (lines.some((line) => /[\r\n]/.test(line) || line.trim() === ''))
    throw new Error('a header of the mail has a line break of its own');
  if (lines.some((line) => line.length > MAX_HEADER_LINE))
    throw new Error(`a header line of the mail has more than ${MAX_HEADER_LINE} characters`);
  const found = lines
    .filter((line) => !/^[\t ]/.test(line))
    .map((line) => line.slice(0, line.indexOf(':')));
  const sorted = (names: string[]) =>
    names
      .map((name) => name.toLowerCase())
      .sort()
      .join(', ');
  if (sorted(found) !== sorted(meant))
    throw new Error('the headers of the mail are not the ones it was given');
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
