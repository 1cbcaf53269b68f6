/**
 * Stage 1: ISO 8601 times as clients write them. A time without offset is UTC, a date alone its midnight
 * in UTC. Finer digits than milliseconds are cut. Pure.
 */
import { toInstant } from '../core/calendar.js';
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
  // Not Date.UTC, for which the year 26 is 1926.
  const midnight = new Date(0).setUTCFullYear(year, month - 1, day);
  const date = new Date(midnight);
  if (date.getUTCMonth() !== month - 1 || date.getUTCDate() !== day) return null;
  const milliseconds = Number((m[7] ?? '').slice(0, 3).padEnd(3, '0'));
  const wall = midnight + ((hour * 60 + minute) * 60 + second) * 1000 + milliseconds;
  const offset = offsetMs(m[8]);
  return offset === null ? null : wall - offset;
}

/** null = no time of day (RFC 3339 bounds an offset by 23:59). */
function offsetMs(offset: string | undefined): number | null {
  if (!offset || /^z$/i.test(offset)) return 0;
  const [hours, minutes] = [Number(offset.slice(1, 3)), Number(offset.slice(-2))];
  if (hours > 23 || minutes > 59) return null;
  return (offset.startsWith('-') ? -1 : 1) * (hours * 60 + minutes) * 60_000;
}

/** The same as people write them: a time without offset is a wall time of `zone`, a date alone its midnight there. */
export function parseLocalTime(text: string, zone: string): Instant | null {
  const instant = parseTime(text);
  if (instant === null || /(?:Z|[+-]\d\d:?\d\d)$/i.test(text.slice(10))) return instant;
  const wall = new Date(instant);
  return toInstant(
    {
      year: wall.getUTCFullYear(),
      month: wall.getUTCMonth() + 1,
      day: wall.getUTCDate(),
      hour: wall.getUTCHours(),
      minute: wall.getUTCMinutes(),
      second: wall.getUTCSeconds(),
      millisecond: wall.getUTCMilliseconds(),
    },
    zone,
  );
}
