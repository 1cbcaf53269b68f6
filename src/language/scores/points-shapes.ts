/**
 * The shapes of scores: points that a profile has for what is true of it and for what it did. `If` is a condition, `Match` what
 * an event is known by, `Test` a test on a number. All numbers have three decimals at most, and are counted in whole
 * thousandths, so that SQL and code come to the same.
 */
import type { Ranked, Sampling } from '../conditions/sampled-shapes.js';

export type PointsRuleOf<If, Match> =
  /** Points while it is true. */
  | { add: number; if: If }
  /**
   * Points for each event, of the newest `atMost` ones. With a half-life they are halved whenever so many days have passed:
   * age is in whole days, up to the last daily sample. Without they stay.
   */
  | { add: number; forEach: Match; atMost: number | null; halfLifeDays: number | null };

/** What a score comes to; part of every condition on it, so that another score is another condition. */
export interface ScoreBodyOf<If, Match> {
  base: number;
  points: PointsRuleOf<If, Match>[];
  /** What it is at least and at most; null = whatever comes of it. */
  range: [low: number, high: number] | null;
  /** From the lowest on, each from its number up to the next. */
  bands: { band: string; from: number }[];
  /** Where some points have a half-life. */
  sampling?: Sampling;
}

export interface ScoreDefinitionOf<If, Match> extends ScoreBodyOf<If, Match> {
  kind: 'score';
  id: string;
  description: string | null;
}

interface Asked<If, Match> {
  kind: 'score';
  score: string;
  of: ScoreBodyOf<If, Match>;
}

/** A score is within a band. */
export interface ScoreInBand<If, Match> extends Asked<If, Match> {
  band: string;
  negated: boolean;
}

/** The number of a score passes tests. */
export interface ScoreByNumber<If, Match, Test> extends Asked<If, Match> {
  tests: Test[];
}

/** Where the number of a score stands among those of others. Everybody has one. */
export interface ScoreByRank<If, Match> extends Asked<If, Match> {
  rank: Ranked;
}
