/** The profile that an address of the console names by its number. */
import { HttpException } from '@nestjs/common';
import type { Queryable } from '../../core/queryable.js';
import { findProfile, loadProfile, type StoredProfile } from '../../ingest/profiles.sql.js';
import { readId } from '../frame/console.js';

interface Shown {
  profile: StoredProfile;
  /** Its number, where the one that was asked for was merged into it. */
  survivor: number | null;
}

/** Throws 404. */
export async function findShown(sql: Queryable, text: string): Promise<Shown> {
  const number = readId(text);
  const id = await findProfile(sql, { kind: 'profile', value: number });
  const profile = id === null ? null : await loadProfile(sql, id);
  if (!profile) throw new HttpException('there is no such profile', 404);
  return { survivor: profile.id === number ? null : profile.id, profile };
}
