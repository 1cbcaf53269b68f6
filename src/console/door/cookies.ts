/** The console's cookies. That of the session is Lax, because a link in a mail to a colleague should open; forms are guarded by token and Origin. */
import type { Environment } from '../../core/environment.js';
import type { ConsoleRequest } from '../frame/request.js';
import type { Language } from '../texts/texts.js';
import { KNOWN_FOR_MS } from './known-device.js';
import { LIFETIME_MS } from './sessions.sql.js';

export const SESSION_COOKIE = 'rekindle_session';
export const LANGUAGE_COOKIE = 'rekindle_language';
export const DEVICE_COOKIE = 'rekindle_device';

const YEAR_S = 365 * 86_400;

/** Whether browsers reach the console by https: so it is configured, or so this request came. */
interface Way {
  environment: Environment;
  request: ConsoleRequest;
}

/** The header that sets the session's cookie; an empty token takes it away. */
export function sessionCookie(token: string, way: Way): string {
  const age = token === '' ? 0 : LIFETIME_MS / 1000;
  return `${SESSION_COOKIE}=${token}; Path=/console; Max-Age=${age}; HttpOnly; SameSite=Lax${secure(way)}`;
}

/** Of known-device.ts; sent with the form of the login alone. */
export function deviceCookie(token: string, way: Way): string {
  return `${DEVICE_COOKIE}=${token}; Path=/console/login; Max-Age=${KNOWN_FOR_MS / 1000}; HttpOnly; SameSite=Strict${secure(way)}`;
}

export function languageCookie(language: Language, way: Way): string {
  return `${LANGUAGE_COOKIE}=${language}; Path=/console; Max-Age=${YEAR_S}; HttpOnly; SameSite=Strict${secure(way)}`;
}

function secure({ environment, request }: Way): string {
  const isSecure = environment.publicUrl.startsWith('https:') || request.protocol === 'https';
  return isSecure ? '; Secure' : '';
}
