/**
 * `percentile:` in SQL: what somebody's events come to, or a trait is, against the cut-off that was stored last by the subject's
 * instant. In: the condition. A cut-off is a fact like any other: a new one is told to those whom it concerns, so time alone
 * changes the truth only where it changes the value. Without a value, and before the first cut-off, undecided.
 */
import type {
  PercentileQuantity,
  RankedValue,
  RankTest,
  TraitRankCondition,
} from '../../language/conditions/sampled-shapes.js';
import type { EventCondition, MembersRankCondition } from '../../language/definitions.js';
import { rankIn, rankingKey, rankingOf } from '../../language/rankings.js';
import type { ScoreBody, ScoreRankCondition } from '../../language/scores/score-shapes.js';
import { countMembers, type Inner } from './lower-account.sql.js';
import { lowerMovingScore, lowerScoreValue, type Lower } from './lower-score.sql.js';
import { name, type Lowering } from './lowering.js';
import type { EventFacts, QuantitySql } from './quantity-sql.js';
import { traitValue } from './trait-value.sql.js';
import { allOf, type Truth } from './truth.sql.js';

/** A value that is known only when a statement over many is run: the cut-off, where it has yet to be stored. */
export interface CutoffNow {
  cutoffOf: string;
  rank: number;
}

export function isCutoffNow(value: unknown): value is CutoffNow {
  return typeof value === 'object' && value !== null && 'cutoffOf' in value;
}

/** More than anybody has: every event counts. */
const ALL = 1_000_000_000;

/** What is read of the events for a value; `truths` are those of its tests. */
export function rankedQuantity(
  value: RankedValue,
  truths: (facts: EventFacts) => string,
): QuantitySql {
  const common = { holds: truths, changes: null, reached: null, values: null };
  switch (value.kind) {
    case 'quiet_for':
      return { ...common, boundaries: [1], readsLast: true };
    case 'count':
      return { ...common, boundaries: [ALL], readsLast: false, anyExpiry: true };
    case 'took': {
      const values = { of: 'took', aggregates: { figure: 'max' } } as const;
      return { ...common, boundaries: [ALL], readsLast: false, anyExpiry: true, values };
    }
    case 'distinct': {
      const values = { path: value.of, of: 'kinds', aggregates: {} } as const;
      return { ...common, boundaries: [ALL], readsLast: false, anyExpiry: true, values };
    }
    case 'sum':
    case 'average':
    case 'min':
    case 'max': {
      const aggregates = { figure: value.kind === 'average' ? 'avg' : value.kind };
      const values = { path: value.of, of: 'numbers', aggregates } as const;
      return { ...common, boundaries: [ALL], readsLast: false, anyExpiry: true, values };
    }
  }
}

/** A number, SQL null without value: of an answer how many milliseconds it took, of a time gone by its beginning with the sign turned, so that longer is more. */
export function rankedFigure({ kind }: RankedValue, { n, last, aggregate }: EventFacts): string {
  switch (kind) {
    case 'quiet_for':
      return `case when ${n} > 0 then round(extract(epoch from ${last}) * -1000) end`;
    case 'took':
      return `(${aggregate('figure')})[2]`;
    case 'count':
    case 'distinct':
      return someOf(n);
    case 'average':
      // Of equal averages the last digits may differ by how they were divided.
      return `round(${aggregate('figure')}, 10)`;
    case 'sum':
    case 'min':
    case 'max':
      return aggregate('figure');
  }
}

export function lowerPercentile(
  condition: EventCondition,
  quantity: PercentileQuantity,
  lowering: Lowering,
): QuantitySql {
  const { value, tests } = quantity;
  const key = rankingKey(rankingOf({ ...condition, quantity }));
  const cutoffs = tests.map((test) => ({ test, cutoff: cutoffOf(key, test.rank, lowering) }));
  return rankedQuantity(value, (facts) => {
    const figure = rankedFigure(value, facts);
    return cutoffs
      .map(({ test, cutoff }) => `(${compared(`(${figure})`, test, cutoff)})`)
      .join(' and ');
  });
}

export function lowerTraitRank(condition: TraitRankCondition, lowering: Lowering): Truth {
  const figure = traitFigure(condition.path, lowering);
  return allOf(rankTruths(condition, figure, null, lowering), lowering, lowering.joins);
}

/** Asked again whenever time alone moves the score: which number matters is another one every day. */
export function lowerScoreRank(
  condition: ScoreRankCondition,
  lowering: Lowering,
  lower: Lower,
): Truth {
  const { value, changes } = lowerMovingScore(condition.of, lowering, lower);
  const truths = rankTruths(condition, points(value), changes, lowering);
  return allOf(truths, lowering, lowering.joins);
}

/** Of the company at hand; `who`: of a member. */
export function lowerMembersRank(
  condition: MembersRankCondition,
  lowering: Lowering,
  who: Inner | null,
): Truth {
  const { n, changes } = countMembers(lowering, who);
  return allOf(rankTruths(condition, someOf(n), changes, lowering), lowering, lowering.joins);
}

/** How many members the company at hand has, SQL null for none of them. */
export function membersFigure(lowering: Lowering, who: Inner | null): string {
  return someOf(countMembers(lowering, who).n);
}

function someOf(n: string): string {
  return `nullif(${n}, 0)`;
}

/** `changes`: when time alone changes the figure. */
function rankTruths(
  condition: TraitRankCondition | ScoreRankCondition | MembersRankCondition,
  figure: string,
  changes: string | null,
  lowering: Lowering,
): Truth[] {
  const key = rankingKey(rankingOf(condition));
  return rankIn(condition).tests.map((test) => ({
    holds: compared(figure, test, cutoffOf(key, test.rank, lowering)),
    changes,
  }));
}

/** The number that a score is, in points. */
export function scoreFigure(
  body: Omit<ScoreBody, 'bands'>,
  lowering: Lowering,
  lower: Lower,
): string {
  return points(lowerScoreValue({ ...body, bands: [] }, lowering, lower).value);
}

function points(thousandths: string): string {
  return `(${thousandths}) * 0.001`;
}

/** The number that a trait is; SQL null for anything else. */
export function traitFigure(path: readonly string[], lowering: Lowering): string {
  const value = traitValue([...path], lowering);
  const alias = lowering.alias('n');
  name(lowering.joins, alias, {
    figure: `case when jsonb_typeof(${value}) = 'number' then (${value})::numeric end`,
  });
  return `${alias}.figure`;
}

const SIGNS: Record<RankTest['op'], [is: string, isNot: string]> = {
  at_least: ['>=', '<'],
  more_than: ['>', '<='],
  at_most: ['<=', '>'],
  less_than: ['<', '>='],
};

function compared(figure: string, { op, negated }: RankTest, cutoff: string): string {
  return `${figure} ${SIGNS[op][negated ? 1 : 0]} ${cutoff}`;
}

/** The latest cut-off by the subject's instant, SQL null before the first. */
function cutoffOf(key: string, rank: number, lowering: Lowering): string {
  const latest = (at: string): string => `select c.cutoff from percentile_cutoffs c
    where c.ranking = ${lowering.bind(key, 'text')} and c.rank = ${lowering.bind(rank, 'numeric')} and c.sampled_at <= ${at}
    order by c.sampled_at desc limit 1`;
  const lateral = lowering.form === 'lateral';
  const select = lateral
    ? latest('s.at')
    : `select i.at, (${latest('i.at')}) as cutoff from (select distinct s.at from ${lowering.owner.subjects} s) i`;
  const alias = lowering.relation('c', select, (fresh) => {
    if (lateral)
      return void lowering.joins.push(`left join lateral (\n    ${select}) ${fresh} on true`);
    lowering.groups.push(`${fresh} as materialized (\n    ${select})`);
    lowering.joins.push(`join ${fresh} on ${fresh}.at = s.at`);
  });
  if (lateral) return `${alias}.cutoff`;
  const now: CutoffNow = { cutoffOf: key, rank };
  return `coalesce(${lowering.bind(now, 'numeric')}, ${alias}.cutoff)`;
}
