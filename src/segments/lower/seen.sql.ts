/**
 * What a leaf of a condition looks at, in SQL, for those who ask why: the value of a trait or of the entry, how often a
 * matching event came, when last, and what its numbers come to. In: a leaf. Out: the statement that fetches it, over the
 * very relations that the leaf's truth is judged by; null for a kind of which there is no more to show than its truth.
 */
import type {
  PercentileQuantity,
  TrendQuantity,
} from '../../language/conditions/sampled-shapes.js';
import type {
  Condition,
  EventCondition,
  Quantity,
  SegmentDefinition,
} from '../../language/definitions.js';
import { lowerFacts } from './event-facts.sql.js';
import { lowerWindow } from './event-window.sql.js';
import { Lowering, type SubjectColumns } from './lowering.js';
import {
  isRanked,
  rankIn,
  rankingKey,
  rankingOf,
  type RankedCondition,
  type Ranking,
} from '../../language/rankings.js';
import { companyOf } from './company-of.sql.js';
import { countMembers, lowerAccount } from './lower-account.sql.js';
import { ConditionLowering } from './lower-condition.sql.js';
import { lowerFigure } from './lower-cutoffs.sql.js';
import { lowerTrendFacts } from './lower-trend.sql.js';
import { traitValue } from './trait-value.sql.js';
import { lookedUp } from './lower-value-of.sql.js';
import { takenBy } from '../../language/conditions/values-taken.js';
import type { EventFacts, QuantitySql, ValuesSql } from './quantity-sql.js';
import { fewSubjects } from './subject-relation.sql.js';

/** Rows: `seen`, an object, and `looked_up`, a value for each that was; the subject's values follow `values`. */
export interface SeenStatement {
  text: string;
  values: readonly unknown[];
  columns: SubjectColumns;
}

/** What the figures of a rank are: instants are when the last one was, durations milliseconds. */
export type RankFigures = 'number' | 'instant' | 'duration';

type Segments = ReadonlyMap<string, SegmentDefinition>;

export function lowerSeen(condition: Condition, segments: Segments): SeenStatement | null {
  const lowering = new Lowering('lateral');
  const seen = seenOf(condition, lowering, segments);
  if (seen === null) return null;
  const lookedUpValues = takenBy(condition).map((one) => lookedUp(one, lowering, lowering.joins));
  const { columns, values, joins } = lowering;
  const subjects = fewSubjects(columns, values.length + 1);
  const text = `select ${seen} as seen, jsonb_build_array(${lookedUpValues.join(', ')}) as looked_up\nfrom (\n  ${subjects}) s${joins.map((item) => `\n${item}`).join('')}`;
  return { text, values, columns };
}

function seenOf(condition: Condition, lowering: Lowering, segments: Segments): string | null {
  if (isRanked(condition)) return seenRank(condition, lowering, segments);
  if (condition.kind === 'account') {
    const inner = (company: Lowering): string | null => seenOf(condition.of, company, segments);
    const none = `case when ${companyOf(lowering)} is null then jsonb_build_object('kind', 'no_company') end`;
    // Asked before, on the side: what is nothing to see must not join anything.
    if (inner(new Lowering('lateral')) === null) return none;
    const seen = lowerAccount(lowering, (company) => ({ holds: inner(company)!, changes: null }));
    return `coalesce(${seen.holds}, ${none})`;
  }
  if (condition.kind === 'members') {
    const { who } = condition;
    const { n } = countMembers(lowering, new ConditionLowering(lowering, segments).innerOf(who));
    return `jsonb_build_object('kind', 'members', 'times', ${n})`;
  }
  if (condition.kind === 'trait') return seenValue(traitValue(condition.path, lowering));
  if (condition.kind === 'event') {
    const { quantity } = condition;
    return quantity.kind === 'trend'
      ? seenTrend(condition, quantity, lowering)
      : quantity.kind === 'percentile'
        ? null
        : seenEvents(condition, quantity, lowering);
  }
  if (condition.kind !== 'entry') return null;
  lowering.columns.entry = true;
  return seenValue(`(s.entry #> ${lowering.bind(condition.path, 'text[]')})`);
}

function seenValue(value: string): string {
  return `jsonb_build_object('kind', 'value', 'value', ${value})`;
}

function seenEvents(
  condition: EventCondition,
  asked: Exclude<Quantity, TrendQuantity | PercentileQuantity>,
  lowering: Lowering,
): string {
  const window = lowerWindow(condition.window, lowering);
  const { values, figure } = figureOf(asked);
  const facts = lowerFacts(condition, window, watching(values), lowering);
  const begun = window.start === null ? 'true' : `(${window.start}) is not null`;
  return `jsonb_build_object('kind', 'events', 'begun', ${begun}, 'times', ${facts.n},
    'last', case when ${facts.n} > 0 then ${ms(facts.last)} end, 'figure', ${figure?.(facts) ?? 'null::jsonb'})`;
}

function seenTrend(condition: EventCondition, quantity: TrendQuantity, lowering: Lowering): string {
  const trend = lowerTrendFacts(condition, quantity, lowering);
  return `jsonb_build_object('kind', 'trend', 'base', ${trend.base}, 'current', ${trend.current},
    'overMs', ${lowering.bind(quantity.overMs, 'bigint')}, 'lived', coalesce(${trend.lived}, false),
    'sampledAt', ${ms(trend.sampledAt)}, 'nextAt', ${ms(trend.nextAt)})`;
}

/** `place` of the value's own kind: a number, or an instant where it is about how long ago the last one was. */
function seenRank(condition: RankedCondition, lowering: Lowering, segments: Segments): string {
  const ranking = rankingOf(condition);
  const { tests, sampling } = rankIn(condition);
  const figure = lowerFigure(ranking, lowering, new ConditionLowering(lowering, segments));
  const key = lowering.bind(rankingKey(ranking), 'text');
  const ranks = lowering.bind([...new Set(tests.map(({ rank }) => rank))], 'numeric[]');
  const nextAt = lowering.constant({ kind: 'sample', ...sampling, which: 'next' });
  const figures = figuresOf(ranking);
  const sign = figures === 'instant' ? '-' : '';
  const cutoffs = `(select jsonb_agg(jsonb_build_object('rank', r.rank, 'cutoff', ${sign}c.cutoff, 'among', c.counted, 'sampledAt', ${ms('c.sampled_at')}) order by r.rank)
    from unnest(${ranks}) r (rank) cross join lateral (
      select * from percentile_cutoffs c where c.ranking = ${key} and c.rank = r.rank and c.sampled_at <= s.at
      order by c.sampled_at desc limit 1) c)`;
  return `jsonb_build_object('kind', 'rank', 'value', ${sign}(${figure}), 'figures', '${figures}',
    'cutoffs', coalesce(${cutoffs}, '[]'), 'nextAt', ${ms(nextAt)})`;
}

function figuresOf({ of }: Ranking): RankFigures {
  if (of.kind !== 'events') return 'number';
  if (of.value.kind === 'quiet_for') return 'instant';
  return of.value.kind === 'took' ? 'duration' : 'number';
}

function ms(instant: string): string {
  return `round(date_part('epoch', ${instant}) * 1000)`;
}

/** More than anybody has: no event is left out of what is counted. */
const ALL = 1_000_000_000;

/** Reads every matching event; what it says of them does not matter. */
function watching(values: ValuesSql | null): QuantitySql {
  return {
    holds: () => 'null::boolean',
    changes: null,
    reached: null,
    boundaries: [ALL],
    readsLast: true,
    values,
  };
}

/** What the numbers of the events come to, as the quantity asks it. */
function figureOf(quantity: Exclude<Quantity, TrendQuantity | PercentileQuantity>): {
  values: ValuesSql | null;
  figure: ((facts: EventFacts) => string) | null;
} {
  switch (quantity.kind) {
    case 'once':
    case 'never':
    case 'count':
    case 'quiet_for':
      return { values: null, figure: null };
    case 'distinct':
      return {
        values: { path: quantity.of, of: 'kinds', aggregates: {} },
        figure: ({ n }) => `to_jsonb(${n})`,
      };
    case 'sum':
    case 'average':
    case 'min':
    case 'max': {
      const aggregate = quantity.kind === 'average' ? 'avg' : quantity.kind;
      return {
        values: { path: quantity.of, of: 'numbers', aggregates: { figure: aggregate } },
        figure: ({ aggregate: of }) =>
          `to_jsonb(${quantity.kind === 'sum' ? `coalesce(${of('figure')}, 0)` : of('figure')})`,
      };
    }
  }
}
