/**
 * Cut-offs of a ranking in SQL: the nearest-rank percentiles of everybody's value at one instant, in one statement. In: the
 * ranking with its ranks. Out: a statement that only looks, and one that stores the cut-offs and tells those whose value
 * lies between an old one and the new.
 */
import type { SegmentDefinition } from '../../language/definitions.js';
import { rankingKey, type AskedRanking, type Ranking } from '../../language/rankings.js';
import { lowerFacts } from './event-facts.sql.js';
import { lowerWindow } from './event-window.sql.js';
import { ConditionLowering } from './lower-condition.sql.js';
import { companyOf } from './company-of.sql.js';
import { lowerAccount } from './lower-account.sql.js';
import {
  membersFigure,
  rankedFigure,
  rankedQuantity,
  scoreFigure,
  traitFigure,
} from './lower-percentile.sql.js';
import { Lowering, type SubjectColumns } from './lowering.js';
import { allSubjects } from './subject-relation.sql.js';

export interface CutoffsSql {
  /** Rows: ranking, rank, cutoff. */
  look: string;
  /** Rows: told, how many profiles are to be asked again. */
  store: string;
  /** $1 .. $n of both, may hold `EARLIEST_AT`; the values of the subjects follow. */
  values: readonly unknown[];
  columns: SubjectColumns;
}

export function lowerCutoffs(
  { ranking, ranks }: AskedRanking,
  segments: ReadonlyMap<string, SegmentDefinition>,
): CutoffsSql {
  const lowering = new Lowering('grouped');
  const conditions = new ConditionLowering(lowering, segments);
  const figure = lowerFigure(ranking, lowering, conditions);
  // Of a company everybody has the same value, and it counts once.
  const company = ranking.of.kind === 'members' ? companyOf(lowering) : null;
  const member =
    ranking.among === null
      ? 'true'
      : `(${
          conditions.lower({ kind: 'segment', segment: ranking.among, negated: false }).holds
        }) is true`;
  const key = lowering.bind(rankingKey(ranking), 'text');
  const asked = lowering.bind(ranks, 'numeric[]');
  const { columns, values, groups, joins } = lowering;
  const first = values.length + 1;
  const at = `$${first + 1}::timestamptz`;
  const placed =
    company === null
      ? 'valued where member'
      : '(select max(value) as value from valued group by company having bool_or(member)) v';
  const relations = [
    `subjects as materialized (\n  ${allSubjects(columns, first)})`,
    ...groups,
    `valued as materialized (
  select s.shard, s.profile_id, (${figure})::numeric as value, ${member} as member${company === null ? '' : `, ${company} as company`}
  from subjects s${joins.map((item) => `\n  ${item}`).join('')}
  where (${figure}) is not null)`,
    `placed as materialized (
  select value, row_number() over (order by value) as place, count(*) over () as counted from ${placed})`,
    `cuts as materialized (
  select r.rank, (select p.value from placed p where p.place = ceil(p.counted * r.rank / 100)) as cutoff, (select count(*) from placed) as counted
  from unnest(${asked}) r (rank))`,
  ].join(',\n');
  const look = `with ${relations}\nselect ${key} as ranking, rank::float8, cutoff::text from cuts`;
  const store = `with ${relations},
moved as materialized (
  select n.cutoff as new, o.cutoff as old
  from cuts n cross join lateral (
    select c.cutoff from percentile_cutoffs c
    where c.ranking = ${key} and c.rank = n.rank and c.sampled_at < ${at} order by c.sampled_at desc limit 1) o
  where n.cutoff is distinct from o.cutoff),
stored as (
  insert into percentile_cutoffs (ranking, rank, sampled_at, cutoff, counted)
  select ${key}, rank, ${at}, cutoff, counted from cuts
  on conflict (ranking, rank, sampled_at) do update set cutoff = excluded.cutoff, counted = excluded.counted),
told as (
  insert into inbox (shard, profile_id, kind, name, occurred_at, judged_at, historical)
  select v.shard, v.profile_id, 'sample', ${key}, ${at}, ${at}, false from valued v
  where exists (
    select from moved m
    where m.new is null or m.old is null or v.value between least(m.old, m.new) and greatest(m.old, m.new))
  returning 1)
select count(*) as told from told`;
  return { look, store, values, columns };
}

/** The value that is ranked, over the main relation; SQL null for whoever has none. */
export function lowerFigure(
  { of }: Ranking,
  lowering: Lowering,
  conditions: ConditionLowering,
): string {
  if (of.kind === 'trait') return traitFigure(of.path, lowering);
  if (of.kind === 'score')
    return scoreFigure(of.body, lowering, (condition) => conditions.lower(condition));
  if (of.kind === 'members') {
    const who = conditions.innerOf(of.who);
    if (lowering.isCompany) return membersFigure(lowering, who);
    return lowerAccount(lowering, (company) => ({
      holds: membersFigure(company, who),
      changes: null,
    })).holds;
  }
  const { value, ...events } = of;
  const quantity = rankedQuantity(value, () => 'null::boolean');
  const window = lowerWindow(events.window, lowering);
  const condition = { ...events, kind: 'event', quantity: { kind: 'once' } } as const;
  const figure = rankedFigure(value, lowerFacts(condition, window, quantity, lowering));
  if (window.start === null) return figure;
  // A first time that is not over has no value yet.
  const open =
    window.opensMs === null
      ? ''
      : ` and ${window.start} + ${lowering.interval(window.opensMs)} <= s.at`;
  return `case when ${window.start} is not null${open} then ${figure} end`;
}
