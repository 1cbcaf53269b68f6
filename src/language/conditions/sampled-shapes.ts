/** The shapes of what is judged as of the last daily sampling instant (semantics.md, Sampled kinds). */
import type { TimeOfDay } from '../scalars/time-shapes.js';
import type { SegmentCondition } from './choice-shapes.js';

/** When samples are taken: every day at a time of the project's zone. Part of what is sampled: another time is another condition. */
export interface Sampling {
  zone: string;
  at: TimeOfDay;
}

/** What rekindle.yaml means without `daily_at:`. */
export const DAILY_AT: TimeOfDay = { hour: 3, minute: 0 };

/**
 * How often it came in the `overMs` before the sample against the `overMs` before those, of which there must be `fromAtLeast`.
 * Undecided until the life has lasted both.
 */
export interface TrendQuantity {
  kind: 'trend';
  way: 'drops_by' | 'rises_by';
  /** In hundredths of a percent of what there was before. */
  share: number;
  overMs: number;
  /** A whole number from 1 on. */
  fromAtLeast: number;
  sampling: Sampling;
  negated: boolean;
}

/** What is ranked of the events of a profile. Who has none of them, no number in them, or no answer, has no value. */
export type RankedValue =
  | { kind: 'count' }
  /** How long the last one is ago: who did it lately is at the low end. */
  | { kind: 'quiet_for' }
  /** Of a sequence: how long the answer to the latest event that has one took. */
  | { kind: 'took' }
  | { kind: 'sum' | 'average' | 'min' | 'max' | 'distinct'; of: string[] };

/** A value against the nearest-rank percentile of all values, `rank` in percent; equal is at it. */
export interface RankTest {
  negated: boolean;
  op: 'at_least' | 'at_most' | 'more_than' | 'less_than';
  rank: number;
}

/** Among whom, and when the cut-offs are taken. `among: null` = all profiles that have the value. */
export interface Ranked {
  tests: RankTest[];
  among: SegmentCondition | null;
  sampling: Sampling;
}

export interface PercentileQuantity extends Ranked {
  kind: 'percentile';
  value: RankedValue;
}

/** The number that a trait is, against those of others. */
export interface TraitRankCondition extends Ranked {
  kind: 'trait_rank';
  path: string[];
}

/** Where the number of a company's members, or of those of whom `who` is true, stands among that of others. Of none there is no number. */
export interface MembersRank<Who> {
  kind: 'members';
  rank: Ranked;
  who: Who | null;
}
