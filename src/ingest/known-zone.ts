/** Stage 1: `isZone` remembered. It asks ICU each time (tens of microseconds), and every call names a zone. */
import { isZone } from '../core/calendar.js';

/** More than there are zones; names differ in case too, so a hostile client could otherwise fill memory. */
const MOST = 2_000;
const seen = new Map<string, boolean>();

/** Whether `name` is an IANA zone (core/calendar.ts). */
export function isKnownZone(name: string): boolean {
  if (name.length > 64) return false;
  let known = seen.get(name);
  if (known === undefined) {
    known = isZone(name);
    if (seen.size >= MOST) seen.clear();
    seen.set(name, known);
  }
  return known;
}
