/** Secrets of webhooks by Standard Webhooks: `whsec_` and 24 to 64 bytes in base64. Pure but for making one. */
import { randomBytes } from 'node:crypto';

export const SECRET_PREFIX = 'whsec_';
const MADE_BYTES = 32;
const FEWEST_BYTES = 24;
const MOST_BYTES = 64;
const SECRET = /^whsec_(?:[A-Za-z\d+/]{4})*(?:[A-Za-z\d+/]{2}==|[A-Za-z\d+/]{3}=)?$/;

/** A new secret; whoever makes one shows it once. */
export function newSecret(): string {
  return `${SECRET_PREFIX}${randomBytes(MADE_BYTES).toString('base64')}`;
}

/** Secrets with spaces between, the newest first; null where anything else stands. */
export function readSecrets(text: string): string[] | null {
  const secrets = text.trim().split(/\s+/);
  return secrets.every(isSecret) ? secrets : null;
}

function isSecret(text: string): boolean {
  if (!SECRET.test(text)) return false;
  const { length } = Buffer.from(text.slice(SECRET_PREFIX.length), 'base64');
  return length >= FEWEST_BYTES && length <= MOST_BYTES;
}
