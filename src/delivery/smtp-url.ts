/**
 * Delivery (stage 5): SMTP_URL taken apart, `smtp[s]://user:password@host:port?connections=20`. Pure; every
 * unknown parameter is an error, because a misspelt one would silently send in plain text or too fast.
 */
import { UsageError } from '../core/errors.js';

export interface SmtpServer {
  host: string;
  port: number;
  /** TLS from the first byte (`smtps:`). Otherwise STARTTLS is used where the server offers it. */
  secure: boolean;
  auth: { user: string; pass: string } | null;
  /** How many connections at once, 1 to 200. */
  connections: number;
  /** Mails per connection before it is renewed; servers dislike endless ones. */
  mailsPerConnection: number;
  /** `require`: refuse to send without TLS. `ignore`: never STARTTLS. */
  tls: 'require' | 'offered' | 'ignore';
  /** What we call ourselves in EHLO; null = the machine's name. */
  name: string | null;
  /** How the send log, pauses and buckets call this provider; default the host. */
  provider: string;
}

const PARAMETERS = ['connections', 'mails', 'tls', 'name', 'provider'];

/** Parses SMTP_URL; `connections` is what holds when it does not say. Throws `UsageError` with the rule that was broken, never with the password. */
export function parseSmtpUrl(text: string, connections = 10): SmtpServer {
  const url = URL.canParse(text) ? new URL(text) : null;
  if (!url || !['smtp:', 'smtps:'].includes(url.protocol) || url.hostname === '') {
    throw new UsageError('SMTP_URL must look like smtp://user:password@host:587 or smtps://...');
  }
  for (const key of url.searchParams.keys()) {
    if (!PARAMETERS.includes(key)) {
      throw new UsageError(
        `SMTP_URL: unknown parameter ${JSON.stringify(key)}; known: ${PARAMETERS.join(', ')}`,
      );
    }
  }
  const secure = url.protocol === 'smtps:';
  const host = url.hostname.replace(/^\[(.*)\]$/, '$1');
  const tls = url.searchParams.get('tls') ?? 'offered';
  if (tls !== 'require' && tls !== 'offered' && tls !== 'ignore') {
    throw new UsageError('SMTP_URL: tls is require, offered or ignore');
  }
  return {
    host,
    port: url.port === '' ? (secure ? 465 : 587) : Number(url.port),
    secure,
    auth:
      url.username === ''
        ? null
        : { user: decodeURIComponent(url.username), pass: decodeURIComponent(url.password) },
    connections: wholeNumber(url, 'connections', connections, 200),
    mailsPerConnection: wholeNumber(url, 'mails', 100, 1_000_000),
    tls,
    name: url.searchParams.get('name'),
    provider: url.searchParams.get('provider') ?? host,
  };
}

function wholeNumber(url: URL, key: string, otherwise: number, most: number): number {
  const text = url.searchParams.get(key);
  if (text === null) return otherwise;
  const value = /^\d{1,7}$/.test(text) ? Number(text) : 0;
  if (value < 1 || value > most)
    throw new UsageError(`SMTP_URL: ${key} is a whole number from 1 to ${most}`);
  return value;
}
