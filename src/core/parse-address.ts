/**
 * The one address of a profile, in the one form that message row, envelope, header and
 * suppressions share. nodemailer's parser reads it as a mail program would, then only what every server
 * accepts passes: exactly one mailbox, no display name, no comment, no group, and ASCII alone, so
 * that no later encoding can turn a letter into a line break. Two spellings of a mailbox give one address.
 */
import { domainToASCII } from 'node:url';
import addressparser from 'nodemailer/lib/addressparser';

/** ASCII, because a local part outside it needs SMTPUTF8, which we do not speak. */
const LOCAL = /^[A-Za-z0-9!#$%&'*+/=?^_`{|}~-]+(?:\.[A-Za-z0-9!#$%&'*+/=?^_`{|}~-]+)*$/;
/** What may be given to the conversion: it would decode `%61` and cut at `/`. */
const DOMAIN = /^[A-Za-z0-9.\u0080-\u{10ffff}-]+$/u;
const LABEL = /^[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?$/;
/** RFC 5321, 4.5.3.1: octets of a path without its brackets. */
const MAX_LENGTH = 254;

/**
 * The address in `value` as it is to be used, or null: missing, more than one, or not an address. The domain is
 * in its ASCII form (`xn--`), in lower case; the local part keeps its case, as RFC 5321 asks.
 */
export function parseAddress(value: unknown): string | null {
  if (typeof value !== 'string' || value.length > MAX_LENGTH) return null;
  const written = value.trim();
  if (/[\s\p{C}<>()[\]\\,;:"]/u.test(written)) return null;
  const parsed = addressparser(written);
  if (parsed.length !== 1 || parsed[0]!.address !== written) return null;
  const at = written.lastIndexOf('@');
  const local = written.slice(0, Math.max(at, 0));
  const domain = asciiDomain(written.slice(at + 1));
  if (domain === null || local.length > 64 || !LOCAL.test(local)) return null;
  const address = `${local}@${domain}`;
  return address.length > MAX_LENGTH ? null : address;
}

/** By what suppressions know the mailbox of `value`: its address in lower case; null when it has none. */
export function suppressionKey(value: unknown): string | null {
  return parseAddress(value)?.toLowerCase() ?? null;
}

function asciiDomain(written: string): string | null {
  if (!DOMAIN.test(written)) return null;
  const domain = domainToASCII(written);
  const labels = domain.split('.');
  const valid =
    labels.length >= 2 &&
    labels.every((label) => LABEL.test(label)) &&
    !/^\d+$/.test(labels.at(-1)!);
  return valid ? domain : null;
}
