/**
 * Webhooks out: signatures by the Standard Webhooks specification 1.0 (standardwebhooks.com). In: a secret `whsec_...`,
 * an id, an instant and the very bytes of the body. Out: the three headers. While a secret is being changed both sign,
 * so a receiver may hold either.
 */
import { createHmac } from 'node:crypto';
import type { Instant } from '../core/instant.js';
import { SECRET_PREFIX } from '../core/webhook-secret.js';

export interface Signed {
  id: string;
  at: Instant;
  body: string;
  /** The newest first, at least one. */
  secrets: readonly string[];
}

/** `webhook-id`, `webhook-timestamp` (s) and `webhook-signature` (`v1,...`, one for each secret). */
export function signatureHeaders({ id, at, body, secrets }: Signed): Record<string, string> {
  const timestamp = String(Math.floor(at / 1_000));
  const signatures = secrets.map((secret) => `v1,${sign(secret, `${id}.${timestamp}.${body}`)}`);
  return {
    'webhook-id': id,
    'webhook-timestamp': timestamp,
    'webhook-signature': signatures.join(' '),
  };
}

function sign(secret: string, text: string): string {
  const key = Buffer.from(secret.slice(SECRET_PREFIX.length), 'base64');
  return createHmac('sha256', key).update(text).digest('base64');
}
