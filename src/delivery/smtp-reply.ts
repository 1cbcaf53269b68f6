/**
 * Delivery (stage 5): what a server said, taken apart. Pure. In: the reply lines as they came over the
 * wire. Out: code, enhanced code (RFC 3463) and readable text. Never throws: servers write what they like.
 */

/**
 * How far one hand-over came; known from our own steps, never from an error code (delivery.md). `connect`
 * includes the banner; `data`: DATA was said, no 354 yet; `gate`: 354 came and `transmitting` was asked for, no
 * byte of the mail has left; `body`: bytes have left, the final dot is not answered; `final`: it is.
 */
export type SmtpPhase =
  | 'connect'
  | 'ehlo'
  | 'auth'
  | 'mail'
  | 'rcpt'
  | 'data'
  | 'gate'
  | 'body'
  | 'final';

export interface SmtpReply {
  /** Three digits, 0 when the line had none. */
  code: number;
  /** `5.1.1`, null when the server gave none. */
  enhanced: string | null;
  /** All lines, one a line, without codes; control characters removed, at most 1,000 characters. */
  text: string;
}

const LONGEST_TEXT = 1_000;

/** Takes a (multi-line) reply apart. The enhanced code is the first one that agrees with the reply's class. */
export function parseReply(raw: string): SmtpReply {
  const lines = raw.split(/\r?\n/).filter((line) => line !== '');
  const code = Number(/^\d{3}/.exec(lines[0] ?? '')?.[0] ?? 0);
  let enhanced: string | null = null;
  const texts = lines.map((line) => {
    const rest = line.replace(/^\d{3}[ -]?/, '');
    const found = /^#?([245]\.\d{1,3}\.\d{1,3})(?=$|[\s:])/.exec(rest);
    if (!found) return rest;
    if (found[1]!.startsWith(String(code).charAt(0))) enhanced ??= found[1]!;
    return rest.slice(found[0].length).trimStart();
  });
  return { code, enhanced, text: printable(texts.join('\n')).slice(0, LONGEST_TEXT) };
}

/** Text that may be stored and shown: no control characters but the line feed, no lone surrogates. */
export function printable(text: string): string {
  // eslint-disable-next-line no-control-regex -- they are what must go
  return text
    .replace(/[\u0000-\u0009\u000b-\u001f\u007f-\u009f]/g, '')
    .replace(/\p{Surrogate}/gu, '\ufffd');
}
