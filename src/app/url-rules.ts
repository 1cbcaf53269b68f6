/**
 * What is wrong with a URL from the environment, said so that its writer finds the place. In: text and what it
 * shall be; out: a rule without any of the text, because URLs hold passwords. Pure.
 */
import { z } from 'zod';
import { parseSmtpUrl } from '../delivery/smtp-url.js';

const ENCODE =
  'in a name or password write @ as %40, : as %3A, / as %2F, # as %23, ? as %3F and % as %25';

/** Why `text` is no URL of these protocols, as the end of "must be ..."; null when it is one. */
function urlProblem(text: string, protocols: string[]): string | null {
  const begins = protocols.map((protocol) => `${protocol}://`);
  if (!begins.some((begin) => text.toLowerCase().startsWith(begin)))
    return `a URL that begins with ${begins.join(' or ')}`;
  // Without encoding, the rest of a password behind a # is a fragment and its beginning a port.
  if (!URL.canParse(text) || text.includes('#') || !isDecodable(text))
    return `a URL that can be taken apart: check host and port, and ${ENCODE}`;
  return null;
}

function isDecodable(text: string): boolean {
  try {
    decodeURIComponent(text);
    return true;
  } catch {
    return false;
  }
}

/** A URL of these protocols that also keeps `further`, which returns the end of "must be ..." or null. */
export function url(protocols: string[], further: (url: URL) => string | null = () => null) {
  return z.string().superRefine((text, context) => {
    const message = urlProblem(text, protocols) ?? further(new URL(text));
    if (message !== null) context.addIssue({ code: 'custom', message });
  });
}

/** `redis://host:6379/0`: the path is a number or nothing. */
export function redisRule({ pathname, hostname }: URL): string | null {
  if (hostname === '') return 'a URL with a host, such as redis://127.0.0.1:6379';
  return /^\/?\d*$/.test(pathname) ? null : 'a URL whose path is the number of a database, or none';
}

/** Links are made by appending to it. */
export function publicRule({ search, username, password }: URL): string | null {
  const bare = search === '' && username === '' && password === '';
  return bare ? null : 'a URL without name, password and query, such as https://mail.example.com';
}

/** Host and parameters as delivery reads them, asked before anything is opened. */
export function smtpRule({ href }: URL): string | null {
  try {
    parseSmtpUrl(href);
    return null;
  } catch (error) {
    return `a usable mail server: ${(error as Error).message.replace(/^SMTP_URL:? (must )?/, '')}`;
  }
}
