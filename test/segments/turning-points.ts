/** When truth may turn by time alone, for the law: the instants at which a promise of `changes_at` is looked at. */
import type { Sampling } from '../../src/language/conditions/sampled-shapes.js';
import type { ReferenceProfile } from './reference-evaluator.js';
import { sampleTimes } from './reference-samples.js';
import { dayAt, instantOf, isDay, midnight, plusDays } from './reference-values.js';

/** What changes later changes never (docs/adr/0022). */
const END_OF_TIME = Date.UTC(9999, 11, 31);

/**
 * The instants, ascending, at which a truth about these profiles may turn by time alone within (after, before):
 * what `changes_at` is probed at. Every window closes and opens with its first instant, so these suffice. `daily`:
 * something is counted from today; `samplings`: something is sampled.
 */
export function turningPoints(
  profiles: readonly ReferenceProfile[],
  { durations, daily, samplings }: { durations: number[]; daily: boolean; samplings: Sampling[] },
  dates: string[],
  zone: string,
  after: number,
  before: number,
): number[] {
  const facts = profiles.flatMap(({ bornAt, events, stays = {} }) => [
    ...(bornAt === null ? [] : [bornAt]),
    ...events.map(({ occurredAt }) => occurredAt),
    ...Object.values(stays).flatMap((stay) => stay.map(({ from }) => from)),
  ]);
  const written = dates.flatMap((date) => {
    const instant = instantOf(date);
    return instant !== null
      ? [instant]
      : isDay(date)
        ? [midnight(date, zone), midnight(plusDays(date, 1), zone)]
        : [];
  });
  const today = dayAt(after, zone);
  const days = Array.from({ length: daily ? 45 : 0 }, (_, index) =>
    midnight(plusDays(today, index), zone),
  );
  const points = [
    ...days,
    ...samplings.flatMap((sampling) => sampleTimes(sampling, after, 45)),
    ...facts.flatMap((anchor) => [anchor, ...durations.map((d) => anchor + d)]),
    ...written.flatMap((anchor) => [anchor, ...durations.flatMap((d) => [anchor + d, anchor - d])]),
  ];
  return [...new Set(points)]
    .filter((point) => after < point && point < Math.min(before, END_OF_TIME))
    .toSorted((a, b) => a - b);
}
