/**
 * Stage 1, billing: signatures of other billing systems, as `signature:` in rekindle.yaml describes them. In: the headers,
 * the raw bytes, the secrets; out: whether it is theirs, and when it was signed. Pure; what is signed is always the bytes as
 * they came, with the time in front where there is one.
 */
import type { Instant } from '../../core/instant.js';
import type { BillingSignature } from '../../language/project/billing.js';
import { header, type Headers } from '../http-edge.js';
import { anyMatches, fromHex, hmac, missing, sha256, wrong, type Verified } from './signature.js';

export interface Signed {
  headers: Headers;
  bytes: Buffer;
  secrets: readonly string[];
}

/** Checks a webhook; that it is fresh is for the caller, who knows the time. */
export function verifyWebhook(signature: BillingSignature, signed: Signed): Verified {
  switch (signature.scheme) {
    case 'basic':
      return verifyBasic(signed);
    case 'standard-webhooks':
      return verifyStandard(signed);
    case 'hmac-sha256':
      return verifyHmac(signature, signed);
  }
}

const WRONG =
  'no secret of REKINDLE_BILLING_SECRETS made its signature: another secret, another mapping, or something on the way changed the body';

/** `user:password`: who sends it knows the secret, the body could be anybody's; so only over TLS. */
function verifyBasic({ headers, secrets }: Signed): Verified {
  const [, encoded] = /^Basic ([\w+/]+=*)$/i.exec(header(headers, 'authorization') ?? '') ?? [];
  if (encoded === undefined) return missing('it has no header Authorization: Basic');
  const given = sha256(Buffer.from(encoded, 'base64').toString('utf8'));
  return anyMatches(secrets.map(sha256), [given])
    ? { signedAt: null }
    : wrong('its user and password are none of REKINDLE_BILLING_SECRETS');
}

/** standardwebhooks.com: base64 of the HMAC of `id.timestamp.body`; the secret is base64 after `whsec_`. */
function verifyStandard({ headers, bytes, secrets }: Signed): Verified {
  const [id, time, signatures] = ['id', 'timestamp', 'signature'].map((name) =>
    header(headers, `webhook-${name}`),
  );
  if (!id || !time || !signatures)
    return missing('it lacks one of the headers webhook-id, webhook-timestamp, webhook-signature');
  const signedAt = readTime(time);
  if (signedAt === null) return missing('its header webhook-timestamp is no time');
  const given = signatures
    .split(' ')
    .flatMap((one) => (one.startsWith('v1,') ? [fromBase64(one.slice('v1,'.length))] : []));
  const expected = secrets.map((secret) =>
    hmac(Buffer.from(secret.replace(/^whsec_/, ''), 'base64'), `${id}.${time}.`, bytes),
  );
  return anyMatches(expected, given) ? { signedAt } : wrong(WRONG);
}

function verifyHmac(
  signature: Extract<BillingSignature, { scheme: 'hmac-sha256' }>,
  { headers, bytes, secrets }: Signed,
): Verified {
  const { header: name, encoding, separator, prefix, timestamp } = signature;
  const value = header(headers, name);
  if (value === undefined) return missing(`it has no header ${name}`);
  const parts = (separator === null ? [value] : value.split(separator)).map((part) => part.trim());
  const after = (start: string): string[] =>
    parts.flatMap((part) => (part.startsWith(start) ? [part.slice(start.length)] : []));
  const decode = encoding === 'hex' ? fromHex : fromBase64;
  const given = after(prefix).map(decode);
  if (timestamp === null) {
    const expected = secrets.map((secret) => hmac(secret, bytes));
    return anyMatches(expected, given) ? { signedAt: null } : wrong(WRONG);
  }
  const { from, joinedBy } = timestamp;
  const time = 'header' in from ? header(headers, from.header) : after(from.prefix)[0];
  const signedAt = time === undefined ? null : readTime(time);
  if (time === undefined || signedAt === null)
    return missing('it has no time where the mapping says that it stands');
  const expected = secrets.map((secret) => hmac(secret, time, joinedBy, bytes));
  return anyMatches(expected, given) ? { signedAt } : wrong(WRONG);
}

/** Seconds since 1970, or milliseconds where there are three digits more. */
export function readTime(text: string): Instant | null {
  if (!/^\d{9,13}$/.test(text)) return null;
  const value = Number(text);
  return text.length > 11 ? value : value * 1000;
}

/** Empty where it is no base64. */
function fromBase64(text: string): Buffer {
  return /^[\w+/-]+=*$/.test(text) ? Buffer.from(text, 'base64') : Buffer.alloc(0);
}
