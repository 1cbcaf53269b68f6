/**
 * Delivery (stage 5): credentials as something that may lie in a table. Pure. A pause for refused credentials names
 * them by this key, so that changed ones are tried at once. A slow hash and not a keyed one: whoever has the
 * table has every key in it too.
 */
import { scryptSync } from 'node:crypto';
import type { SmtpServer } from './smtp-url.js';

/** The same for the same name and password at the same server; about 50 ms of work, so ask once. */
export function credentialsKey({ host, port, auth }: SmtpServer): string {
  const whose = `rekindle credentials 1:${auth?.user ?? ''}@${host}:${port}`;
  return scryptSync(auth?.pass ?? '', whose, 16).toString('hex');
}
