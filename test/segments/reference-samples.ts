/** The meaning of what is sampled once a day, for the reference evaluator. Shares no code with the compiler. */
import { DateTime } from 'luxon';
import type {
  RankedValue,
  RankTest,
  Sampling,
  TrendQuantity,
} from '../../src/language/conditions/sampled-shapes.js';
import { scaled, sum } from './exact.js';
import type { Question, ReferenceEvent } from './reference-evaluator.js';
import { dayAt, find, plusDays, type Truth } from './reference-values.js';

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

/** A cut-off that was stored at an instant: of numbers, and of times when something was last done. */
export interface ReferenceCutoff {
  from: number;
  number: number | null;
  time: number | null;
}

/** What is ranked of events; null = there is none. Of a time it is the time. `took`: how long the answer to one took. */
export function figureOf(
  value: RankedValue,
  events: readonly ReferenceEvent[],
  took: (event: ReferenceEvent) => number,
): bigint | null {
  if (value.kind === 'took') {
    const last = Math.max(...events.map(({ occurredAt }) => occurredAt));
    const latest = events.filter(({ occurredAt }) => occurredAt === last);
    return latest.length === 0 ? null : BigInt(Math.max(...latest.map(took)));
  }
  if (value.kind === 'count') return events.length === 0 ? null : scaled(events.length);
  if (value.kind === 'quiet_for') {
    const last = events.at(-1);
    return last === undefined ? null : BigInt(last.occurredAt);
  }
  const found = events.map(({ properties }) => find(properties, value.of));
  if (value.kind === 'distinct') {
    const kinds = new Set(
      found.filter((one) => ['string', 'number', 'boolean'].includes(typeof one)),
    );
    return kinds.size === 0 ? null : scaled(kinds.size);
  }
  const numbers = found.filter((one) => typeof one === 'number');
  if (numbers.length === 0) return null;
  switch (value.kind) {
    case 'sum':
      return sum(numbers);
    case 'average':
      return sum(numbers) / BigInt(numbers.length);
    case 'min':
    case 'max':
      return scaled(Math[value.kind](...numbers));
  }
}

/** Against the latest cut-off that is known; of times a later one is a shorter one. */
export function judgeRank(
  figure: bigint | null,
  tests: readonly RankTest[],
  cutoff: bigint | null,
  isTime: boolean,
): Truth {
  if (figure === null || cutoff === null) return null;
  const sign = figure === cutoff ? 0 : figure > cutoff !== isTime ? 1 : -1;
  return tests.every(({ op, negated }) => {
    const holds = {
      at_least: sign >= 0,
      more_than: sign > 0,
      at_most: sign <= 0,
      less_than: sign < 0,
    }[op];
    return holds !== negated;
  });
}

/** What a cut-off of numbers stands for where how long something took is ranked. */
export function tookAt(number: number): number {
  return Math.round(number * HALF_A_DAY);
}

/** The latest by the time of what is known. */
export function cutoffAt(
  cutoffs: readonly ReferenceCutoff[],
  of: 'numbers' | 'times' | 'durations',
  until: number,
): bigint | null {
  const latest = cutoffs.findLast(({ from }) => from <= until);
  if (!latest) return null;
  if (of === 'times') return latest.time === null ? null : BigInt(latest.time);
  if (latest.number === null) return null;
  return of === 'durations' ? BigInt(tookAt(latest.number)) : scaled(latest.number);
}

const HALF_A_DAY = 43_200_000;

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
