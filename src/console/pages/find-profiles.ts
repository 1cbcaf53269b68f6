/** A profile by whatever one has of it: the application's id, an anonymous one, our number, or a mail address. */
import type { Queryable } from '../../core/queryable.js';
import { findByAddress } from '../../ingest/find-by-address.sql.js';
import { findProfile } from '../../ingest/profiles.sql.js';

export interface FoundProfile {
  id: number;
  /** Where it was found by one; several may have it. */
  address: string;
}

/** The application's id stands first: it is what people copy. At most `limit`, the newest of namesakes. */
export async function findProfiles(
  sql: Queryable,
  id: string,
  limit: number,
): Promise<FoundProfile[]> {
  for (const kind of ['user', 'anonymous'] as const) {
    const known = await findProfile(sql, { kind, value: id });
    if (known !== null) return [{ id: known, address: '' }];
  }
  if (/^\d{1,15}$/.test(id)) {
    const known = await findProfile(sql, { kind: 'profile', value: Number(id) });
    if (known !== null) return [{ id: known, address: '' }];
  }
  return findByAddress(sql, { address: id, limit });
}
