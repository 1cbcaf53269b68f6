/**
 * Stage 1: ISO 8601 times as clients write them. A time without offset is UTC, a date alone its midnight
 * in UTC. Finer digits than milliseconds are cut. Pure.
 */
import type { Instant } from '../core/instant.js';

const ISO =
  /^(\d{4})-(\d\d)-(\d\d)(?:[T ](\d\d):(\d\d)(?::(\d\d)(?:[.,](\d{1,9}))?)?(Z|[+-]\d\d:?\d\d)?)?$/i;

/** The instant of an ISO 8601 text, or null when it is none (30 February, hour 25, `infinity`, +300000-...). */
export function parseTime(text: string): Instant | null {
  const m = ISO.exec(text);
  if (!m) return null;
  const [year, month, day] = [Number(m[1]), Number(m[2]), Number(m[3])];
  const [hour, minute, second] = [Number(m[4] ?? 0), Number(m[5] ?? 0), Number(m[6] ?? 0)];
  if (hour > 23 || minute > 59 || second > 59) return null;
  const midnight = Date.UTC(year, month - 1, day);
  const date = new Date(midnight);
  if (date.getUTCMonth() !== month - 1 || date.getUTCDate() !== day) return null;
  const milliseconds = Number((m[7] ?? '').slice(0, 3).padEnd(3, '0'));
  const wall = midnight + ((hour * 60 + minute) * 60 + second) * 1000 + milliseconds;
  return wall - offsetMs(m[8]);
}

function offsetMs(offset: string | undefined): number {
  if (!offset || /^z$/i.test(offset)) return 0;
  const minutes = Number(offset.slice(1, 3)) * 60 + Number(offset.slice(-2));
  return (offset.startsWith('-') ? -minutes : minutes) * 60_000;
}
