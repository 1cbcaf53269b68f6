/**
 * Stage 1, billing: Stripe's signature, `Stripe-Signature: t=1492774577,v1=5257a8...,v1=...`: HMAC-SHA256 of `t.body` with
 * the whole `whsec_...` as key; while a secret is rotated there are several v1, and any may be right. Pure.
 */
import { anyMatches, fromHex, hmac, missing, wrong, type Verified } from './signature.js';

/** Checks the header against the raw `bytes`; that it is fresh is for the caller, who knows the time. */
export function verifyStripe(
  header: string | undefined,
  bytes: Buffer,
  secrets: readonly string[],
): Verified {
  if (header === undefined) return missing('it has no header Stripe-Signature');
  const pairs = header.split(',').map((pair) => pair.trim().split('='));
  const time = pairs.find(([name]) => name === 't')?.[1] ?? '';
  const given = pairs.flatMap(([name, value]) => (name === 'v1' ? [fromHex(value ?? '')] : []));
  if (!/^\d{1,11}$/.test(time) || given.length === 0)
    return missing('its header Stripe-Signature holds no t= or no v1=');
  const expected = secrets.map((secret) => hmac(secret, `${time}.`, bytes));
  return anyMatches(expected, given) ? { signedAt: Number(time) * 1000 } : wrong(WRONG);
}

const WRONG =
  'no secret of REKINDLE_STRIPE_SECRETS made its signature: the secret of another endpoint, or something on the way changed the body';
