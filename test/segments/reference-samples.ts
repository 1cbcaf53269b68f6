/** The meaning of what is sampled once a day, for the reference evaluator. Shares no code with the compiler. */
import { DateTime } from 'luxon';
import type { Sampling, TrendQuantity } from '../../src/language/conditions/sampled-shapes.js';
import type { Question, ReferenceEvent } from './reference-evaluator.js';
import { dayAt, plusDays, type Truth } from './reference-values.js';

/** `matching`: those that are known by the time of the question. */
export function judgeTrend(
  { way, share, overMs, fromAtLeast, sampling, negated }: TrendQuantity,
  matching: readonly ReferenceEvent[],
  bornAt: number | null,
  q: Question,
): Truth {
  const sample = sampleTimes(sampling, q.at).findLast((time) => time <= q.at)!;
  if (bornAt === null || bornAt + 2 * overMs > sample) return null;
  const within = (from: number, until: number): number =>
    matching.filter(
      ({ occurredAt, judgedAt }) => judgedAt <= sample && from < occurredAt && occurredAt <= until,
    ).length;
  const base = within(sample - 2 * overMs, sample - overMs);
  const current = within(sample - overMs, sample);
  const changed = way === 'drops_by' ? base - current : current - base;
  return (base >= fromAtLeast && changed * 10_000 >= base * share) !== negated;
}

const known = new Map<string, number>();

/** Samples from three days before an instant to `days` after it; the times of worlds.ts lie in no gap of the clocks. */
export function sampleTimes({ zone, at }: Sampling, around: number, days = 1): number[] {
  const today = dayAt(around, zone);
  return Array.from({ length: days + 4 }, (_, index) => {
    const day = plusDays(today, index - 3);
    const key = `${day} ${at.hour}:${at.minute} ${zone}`;
    if (!known.has(key)) known.set(key, DateTime.fromISO(day, { zone }).set(at).toMillis());
    return known.get(key)!;
  });
}
