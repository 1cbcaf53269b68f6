/**
 * The cookie of a browser in which somebody has logged in before (OWASP, "Slow Down Online Guessing Attacks with Device
 * Cookies"). In: a name; out: a signed token, and what it counts as later. It opens nothing: guesses from elsewhere
 * do not make its browser wait, and its own are counted by themselves.
 */
import { createHmac, randomBytes, timingSafeEqual } from 'node:crypto';
import { DAY_MS, type Instant } from '../../core/instant.js';
import { digest } from './sessions.sql.js';

/** Renewed by each login. */
export const KNOWN_FOR_MS = 180 * DAY_MS;

/** The token for a browser in which `name` just logged in; `secret` is `workspace.secret`. */
export function deviceToken(secret: string, name: string, now: Instant): string {
  const payload = `${randomBytes(12).toString('base64url')}.${now.toString(36)}`;
  return `${payload}.${sign(secret, payload, name)}`;
}

/** What tries from this browser as `name` are counted under; null: it is not known, not to this name, or no more. */
export function knownDevice(
  secret: string,
  token: string,
  { name, now }: { name: string; now: Instant },
): string | null {
  const [, payload, device, since, signature] =
    /^(([\w-]{16})\.([0-9a-z]{1,12}))\.([\w-]{43})$/.exec(token) ?? [];
  if (!payload || !device || !since || !signature) return null;
  const expected = digest(sign(secret, payload, name));
  if (!timingSafeEqual(digest(signature), expected)) return null;
  return parseInt(since, 36) + KNOWN_FOR_MS > now ? device : null;
}

function sign(secret: string, payload: string, name: string): string {
  // The key is derived for this one use: the same secret also signs unsubscribe links.
  return createHmac('sha256', `console device 1:${secret}`)
    .update(`${payload}.${name}`)
    .digest('base64url');
}
