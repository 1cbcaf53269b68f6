/** When samples are taken (semantics.md, Sampled kinds): between which two daily instants an instant lies. */
import { dailyAround } from '../core/calendar.js';
import type { Instant } from '../core/instant.js';
import type { Sampling } from '../language/conditions/sampled-shapes.js';

interface Around {
  /** The latest sampling instant not after it. */
  last: Instant;
  next: Instant;
}

/** Many are asked about at nearly one instant, and calendars are slow: the latest answer of each sampling is kept. */
const latest = new Map<string, Around>();
const MOST_KEPT = 50;

export function samplesAround(at: Instant, { zone, at: time }: Sampling): Around {
  const key = `${zone} ${time.hour}:${time.minute}`;
  const kept = latest.get(key);
  if (kept && kept.last <= at && at < kept.next) return kept;
  const found = dailyAround(at, time, zone);
  if (latest.size >= MOST_KEPT) latest.clear();
  latest.set(key, found);
  return found;
}

/**
 * Whether what only samples count, and is known from `judgedAt` on, may change a truth that is asked again at `changesAt` in any
 * case: only if the first sample that counts it is taken before.
 */
export function mayMatterBefore(
  changesAt: Instant,
  judgedAt: Instant,
  sampling: Sampling,
): boolean {
  const { last, next } = samplesAround(judgedAt, sampling);
  return (last === judgedAt ? last : next) < changesAt;
}
