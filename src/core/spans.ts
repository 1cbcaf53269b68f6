/** Bounds of equal stretches of local time, for whatever is counted by hour or by day. Pure. */
import { startOfLocalDay, toLocal } from './calendar.js';
import type { Instant } from './instant.js';

const HOUR_MS = 3_600_000;

/** The beginnings of the last `days` local days, today's last, and of tomorrow. */
export function lastDays(now: Instant, zone: string, days: number): Instant[] {
  return Array.from({ length: days + 1 }, (_, n) => startOfLocalDay(now, zone, n + 1 - days));
}

/** The beginnings of the last `hours` hours of the clock in `zone`, the present one last, and its end. */
export function lastHours(now: Instant, zone: string, hours: number): Instant[] {
  const first = startOfHour(now, zone) - (hours - 1) * HOUR_MS;
  return Array.from({ length: hours + 1 }, (_, n) => first + n * HOUR_MS);
}

/** The beginnings of the present hour and of those that follow, and the end of the last. */
export function nextHours(now: Instant, zone: string, hours: number): Instant[] {
  const first = startOfHour(now, zone);
  return Array.from({ length: hours + 1 }, (_, n) => first + n * HOUR_MS);
}

function startOfHour(at: Instant, zone: string): Instant {
  const { minute, second, millisecond } = toLocal(at, zone);
  return at - minute * 60_000 - second * 1_000 - millisecond;
}
