/**
 * Scores: points that a profile has for what is true of it and for what it did. All numbers have three decimals at most, and
 * are counted in whole thousandths, so that SQL and code come to the same.
 */
import type { Sampling } from '../conditions/sampled-shapes.js';
import type { Condition, EventMatch, NumberTest } from '../definitions.js';

export type PointsRule =
  /** Points while it is true. */
  | { add: number; if: Condition }
  /**
   * Points for each event, of the newest `atMost` ones. With a half-life they are halved whenever so many days have passed:
   * age is in whole days, up to the last daily sample. Without they stay.
   */
  | { add: number; forEach: EventMatch; atMost: number | null; halfLifeDays: number | null };

/** What a score comes to; part of every condition on it, so that another score is another condition. */
export interface ScoreBody {
  base: number;
  points: PointsRule[];
  /** What it is at least and at most; null = whatever comes of it. */
  range: [low: number, high: number] | null;
  /** From the lowest on, each from its number up to the next. */
  bands: { band: string; from: number }[];
  /** Where some points have a half-life. */
  sampling?: Sampling;
}

export interface ScoreDefinition extends ScoreBody {
  kind: 'score';
  id: string;
  description: string | null;
}

/** A score is within a band, or its number passes tests. */
export type ScoreCondition = {
  kind: 'score';
  score: string;
  of: ScoreBody;
} & ({ band: string; negated: boolean } | { tests: NumberTest[] });

export function thousandths(points: number): number {
  return Math.round(points * 1_000);
}

/** The band that so many thousandths are in; null where there are none. */
export function bandOf({ bands }: Pick<ScoreBody, 'bands'>, value: number): string | null {
  return bands.findLast(({ from }) => thousandths(from) <= value)?.band ?? null;
}

/** What a band holds, in thousandths: from a number on, up to another; null = without end. */
export function boundsOf(
  { bands }: Pick<ScoreBody, 'bands'>,
  band: string,
): { from: number; below: number | null } {
  const place = bands.findIndex((one) => one.band === band);
  if (place < 0) throw new Error(`there is no band ${band}`);
  const next = bands[place + 1];
  return { from: thousandths(bands[place]!.from), below: next ? thousandths(next.from) : null };
}
