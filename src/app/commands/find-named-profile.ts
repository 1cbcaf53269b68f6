/** The profile that somebody names at the command line. */
import { UsageError } from '../../core/errors.js';
import type { Queryable } from '../../core/queryable.js';
import { findByAddress } from '../../ingest/find-by-address.sql.js';
import { findProfile } from '../../ingest/profiles.sql.js';

export const PROFILE_KINDS = ['user', 'email', 'anonymous', 'profile'] as const;
/** `user`: the application's own id; `profile`: our number. */
export type ProfileKind = (typeof PROFILE_KINDS)[number];

/** Its number; throws `UsageError` where there is none, or several have the address. */
export async function findNamedProfile(
  sql: Queryable,
  kind: ProfileKind,
  text: string,
): Promise<number> {
  const found = await find(sql, kind, text);
  if (found !== null) return found;
  const others = PROFILE_KINDS.filter((one) => one !== kind).join(', ');
  throw new UsageError(
    `there is no profile whose ${kind} is ${text}; --kind says what it is instead: ${others}`,
  );
}

async function find(sql: Queryable, kind: ProfileKind, text: string): Promise<number | null> {
  // Ids with NUL or half a character are refused when they come in: there are none.
  if (/\0|\p{Surrogate}/u.test(text)) return null;
  if (kind === 'email') return findOne(sql, text);
  if (kind !== 'profile') return findProfile(sql, { kind, value: text });
  const value = Number(text);
  if (!/^\d+$/.test(text) || !Number.isSafeInteger(value)) return null;
  return findProfile(sql, { kind, value });
}

async function findOne(sql: Queryable, address: string): Promise<number | null> {
  const found = await findByAddress(sql, { address, limit: 2 });
  if (found.length > 1)
    throw new UsageError(
      `several profiles have the address ${address}, ${found.map(({ id }) => id).join(' and ')} among them; name one with --kind profile`,
    );
  return found[0]?.id ?? null;
}
