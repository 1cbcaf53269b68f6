/**
 * Sessions of the console. In: a person who has shown the password; out: a token of 256 random bits for the cookie, of
 * which the table keeps the hash alone. A session ends at logout, after half a day without a request, and after a
 * week in any case; a new login always makes a new token.
 */
import { hash, randomBytes } from 'node:crypto';
import { instantToSql, type Instant } from '../../core/instant.js';
import type { Queryable } from '../../core/queryable.js';
import type { ConsoleRole } from './people.sql.js';

const HOUR_MS = 3_600_000;
export const IDLE_MS = 12 * HOUR_MS;
export const LIFETIME_MS = 7 * 24 * HOUR_MS;
/** How exactly `seen_at` is kept: a write per request would be too many. */
const SEEN_EVERY_MS = 60_000;

/** Who asks, and the secret that their forms carry. */
export interface Session {
  tokenHash: Buffer;
  name: string;
  role: ConsoleRole;
  csrf: string;
}

/** Opens a session and returns its token; sweeps the ones that are over along. */
export async function openSession(
  sql: Queryable,
  { personId, now }: { personId: number; now: Instant },
): Promise<string> {
  const token = randomBytes(32).toString('base64url');
  await sql.query(
    `with over as (delete from console_sessions
       where expires_at <= $4::timestamptz(3) or seen_at <= $6::timestamptz(3))
     insert into console_sessions (token_hash, person_id, csrf, created_at, expires_at, seen_at)
     values ($1, $2, $3, $4::timestamptz(3), $5::timestamptz(3), $4::timestamptz(3))`,
    [
      digest(token),
      personId,
      randomBytes(24).toString('base64url'),
      instantToSql(now),
      instantToSql(now + LIFETIME_MS),
      instantToSql(now - IDLE_MS),
    ],
  );
  return token;
}

/** The session of a token at `now`, null when it is none or over; marks it seen. */
export async function findSession(
  sql: Queryable,
  token: string,
  now: Instant,
): Promise<Session | null> {
  const tokenHash = digest(token);
  const { rows } = await sql.query<Omit<Session, 'tokenHash'> & { seenAt: Instant }>(
    `select p.name, p.role, s.csrf, s.seen_at as "seenAt"
     from console_sessions s join console_people p on p.id = s.person_id
     where s.token_hash = $1 and s.expires_at > $2::timestamptz(3) and s.seen_at > $3::timestamptz(3)`,
    [tokenHash, instantToSql(now), instantToSql(now - IDLE_MS)],
  );
  const found = rows[0];
  if (!found) return null;
  const { seenAt, ...session } = found;
  if (seenAt + SEEN_EVERY_MS <= now)
    await sql.query(
      'update console_sessions set seen_at = $2::timestamptz(3) where token_hash = $1',
      [tokenHash, instantToSql(now)],
    );
  return { tokenHash, ...session };
}

export async function endSession(sql: Queryable, tokenHash: Buffer): Promise<void> {
  await sql.query('delete from console_sessions where token_hash = $1', [tokenHash]);
}

/** By the hash of a secret a row is found without comparing the secret itself byte by byte. */
export function digest(token: string): Buffer {
  return hash('sha256', token, 'buffer');
}
