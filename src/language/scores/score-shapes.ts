/** Scores over the conditions of the language, and what follows from their numbers alone. Pure. */
import type { Condition, EventMatch, NumberTest } from '../definitions.js';
import type {
  PointsRuleOf,
  ScoreBodyOf,
  ScoreByNumber,
  ScoreByRank,
  ScoreDefinitionOf,
  ScoreInBand,
} from './points-shapes.js';

export type PointsRule = PointsRuleOf<Condition, EventMatch>;
export type ScoreBody = ScoreBodyOf<Condition, EventMatch>;
export type ScoreDefinition = ScoreDefinitionOf<Condition, EventMatch>;
export type ScoreCondition =
  | ScoreInBand<Condition, EventMatch>
  | ScoreByNumber<Condition, EventMatch, NumberTest>
  | ScoreRankCondition;
export type ScoreRankCondition = ScoreByRank<Condition, EventMatch>;

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
