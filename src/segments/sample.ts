/**
 * Samples: which profiles are in a share of all. Not by chance but by hash of salt and profile number, so that a profile
 * is in it for ever, a larger share holds the smaller one, and SQL (`condition_sample`) and code agree. Pure.
 */
import { createHash } from 'node:crypto';

/** Places there are. */
const PLACES = 1_000_000;

/** A profile's place from 0 to 999,999: the first 48 bits of sha256("SALT/PROFILE") modulo a million. */
function samplePlace(salt: string, profileId: number): number {
  return createHash('sha256').update(`${salt}/${profileId}`).digest().readUIntBE(0, 6) % PLACES;
}

/** Whether a profile is among so many of a million. */
export function isSampled(salt: string, millionths: number, profileId: number): boolean {
  return samplePlace(salt, profileId) < millionths;
}
