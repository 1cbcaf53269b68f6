/**
 * What DNS says of the domains that mail comes from: SPF, DKIM, DMARC, and the name of the mail server's address. In: domains
 * and the key that signs. Out: findings, each with what to do. What cannot be asked is said to be so, and is not wrong.
 */
import { createPublicKey } from 'node:crypto';
import type { DkimKey } from '../core/environment.js';
import type { Finding } from './finding.js';

/** As node:dns/promises has them. */
export interface Lookup {
  resolveTxt(name: string): Promise<string[][]>;
  resolve4(name: string): Promise<string[]>;
  reverse(address: string): Promise<string[]>;
}

interface Asked {
  /** Of the senders' addresses, in ASCII. */
  domains: readonly string[];
  dkim: DkimKey | null;
  /** Of the server that mail is handed to; null: the dev mailbox. */
  mailHost: string | null;
}

export async function examineDns(lookup: Lookup, asked: Asked): Promise<Finding[]> {
  const ofDomains = asked.domains.flatMap((domain) => [
    examineSpf(lookup, domain),
    examineDmarc(lookup, domain),
  ]);
  const others = [
    examineDkim(lookup, asked.dkim),
    ...(asked.mailHost === null ? [] : [examinePtr(lookup, asked.mailHost)]),
  ];
  return Promise.all([...ofDomains, ...others]);
}

async function examineSpf(lookup: Lookup, domain: string): Promise<Finding> {
  const texts = await textsAt(lookup, domain);
  if (texts === null) return unreachable(`SPF of ${domain}`);
  const records = texts.filter((text) => /^v=spf1(\s|$)/i.test(text));
  if (records.length === 0)
    return bad(
      `${domain} has no SPF record`,
      `publish a TXT record at ${domain} that names your mail server, such as "v=spf1 include:your-provider.example -all"`,
    );
  if (records.length > 1)
    return bad(`${domain} has ${records.length} SPF records, so none counts`, 'leave one of them');
  if (/\s\+?all\s*$/i.test(records[0]!))
    return bad(`SPF of ${domain} ends with +all: everybody may send as it`, 'end it with -all');
  return good(`SPF of ${domain}: ${records[0]}`);
}

async function examineDmarc(lookup: Lookup, domain: string): Promise<Finding> {
  // A policy may stand at the domain itself or above it.
  const labels = domain.split('.');
  for (let from = 0; from < labels.length - 1; from += 1) {
    const name = `_dmarc.${labels.slice(from).join('.')}`;
    const texts = await textsAt(lookup, name);
    if (texts === null) return unreachable(`DMARC of ${domain}`);
    const record = texts.find((text) => /^v=DMARC1\s*;/i.test(text));
    if (record) return good(`DMARC of ${domain}: ${record}`);
  }
  return bad(
    `${domain} has no DMARC policy, which large providers ask of whoever sends much`,
    `publish a TXT record at _dmarc.${domain}, to begin with "v=DMARC1; p=none; rua=mailto:you@${domain}"`,
  );
}

async function examineDkim(lookup: Lookup, dkim: DkimKey | null): Promise<Finding> {
  if (!dkim)
    return bad(
      'mails are not signed',
      'set the DKIM settings of the README, unless your provider signs for you',
    );
  const name = `${dkim.selector}._domainkey.${dkim.domain}`;
  const texts = await textsAt(lookup, name);
  if (texts === null) return unreachable(`DKIM at ${name}`);
  const published = texts
    .map((text) => /(?:^|;)\s*p\s*=\s*([^;]*)/i.exec(text)?.[1]?.replace(/\s+/g, ''))
    .find((key) => key !== undefined);
  const own = createPublicKey(dkim.privateKey);
  const der = own.export({ type: 'spki', format: 'der' });
  // Ed25519 keys are published bare (RFC 8463), RSA keys with their frame.
  const key = own.asymmetricKeyType === 'ed25519' ? der.subarray(-32) : der;
  const value = key.toString('base64');
  const kind = own.asymmetricKeyType === 'ed25519' ? 'ed25519' : 'rsa';
  const todo = `publish a TXT record at ${name}: "v=DKIM1; k=${kind}; p=${value}"`;
  if (published === undefined) return bad(`no DKIM key is published at ${name}`, todo);
  if (published !== value)
    return bad(`the DKIM key at ${name} is not the one that signs: every signature fails`, todo);
  return good(`DKIM: the key at ${name} is the one that signs`);
}

async function examinePtr(lookup: Lookup, host: string): Promise<Finding> {
  try {
    const [address] = /^[\d.]+$/.test(host) ? [host] : await lookup.resolve4(host);
    const names = await lookup.reverse(address!);
    return good(`PTR of ${host} (${address}): ${names.join(', ')}`);
  } catch (error) {
    if (!isMissing(error)) return unreachable(`PTR of ${host}`);
    return bad(
      `${host} has no address with a name (PTR)`,
      'where it is your own server, have its provider name the address as the server greets; a relay of a provider needs none',
    );
  }
}

/** Null: DNS did not answer. */
async function textsAt(lookup: Lookup, name: string): Promise<string[] | null> {
  try {
    return (await lookup.resolveTxt(name)).map((parts) => parts.join(''));
  } catch (error) {
    return isMissing(error) ? [] : null;
  }
}

function isMissing(error: unknown): boolean {
  return ['ENOTFOUND', 'ENODATA'].includes(String((error as NodeJS.ErrnoException).code));
}

function good(says: string): Finding {
  return { part: 'dns', state: 'good', says, todo: null };
}

function bad(says: string, todo: string): Finding {
  return { part: 'dns', state: 'bad', says, todo };
}

function unreachable(what: string): Finding {
  const todo = 'ask again from a machine that reaches DNS';
  return { part: 'dns', state: 'unknown', says: `${what} could not be asked`, todo };
}
