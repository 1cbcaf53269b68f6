/**
 * `trend:` in SQL: how many events the last daily sample found in its two windows, by what was known then. In: the event
 * condition. Nothing but a sample changes it, so it is asked again at the first one that may find other numbers; an event that
 * came since the last sample is for the next (docs/adr/0107).
 */
import type { EventCondition } from '../../language/definitions.js';
import type { TrendQuantity } from '../../language/conditions/sampled-shapes.js';
import { eventsFrom, lowerWhere, named } from './event-source.sql.js';
import { EARLIEST_AT, NEVER_SQL, type Lowering } from './lowering.js';
import { WHOLE } from './event-window.sql.js';
import { negate, type Truth } from './truth.sql.js';

/** Between an instant and the sample before it, at most: zones have left out a day. */
const SAMPLE_AGE = `interval '3 days'`;

/** Expressions over the main relation. */
export interface TrendSql {
  /** When the sample was taken, and when the next one will be. */
  sampledAt: string;
  nextAt: string;
  /** How many came in the time before, and in the time up to the sample. */
  base: string;
  current: string;
  /** Whether the life had lasted both; SQL null without a life. */
  lived: string;
}

interface Facts extends TrendSql {
  /** Since when it has lasted both, SQL null without a life. */
  livedAt: string;
  /** Everything that is known of and not too old for any sample to come. */
  all: string;
  /** When the first of them leaves its window, or is counted first; SQL null for never. */
  turns: string;
}

export function lowerTrend(
  condition: EventCondition,
  quantity: TrendQuantity,
  lowering: Lowering,
): Truth {
  const facts = lowerTrendFacts(condition, quantity, lowering);
  const { base, current, lived, livedAt, all, turns, sampledAt, nextAt } = facts;
  const { way, share, fromAtLeast, negated } = quantity;
  const whole = lowering.bind(10_000, 'bigint');
  const left = lowering.bind(way === 'drops_by' ? 10_000 - share : 10_000 + share, 'bigint');
  const least = lowering.bind(fromAtLeast, 'bigint');
  const moved = `${current} * ${whole} ${way === 'drops_by' ? '<=' : '>='} ${base} * ${left}`;
  const holds = `case when ${lived} then ${base} >= ${least} and ${moved} end`;
  // Fewer than make a base will never make one; it is false for good, if nothing more arrives.
  const changes = `coalesce(case when ${livedAt} > ${sampledAt} then greatest(${nextAt}, ${livedAt}) when ${all} >= ${least} then greatest(${nextAt}, ${turns}) end, ${NEVER_SQL})`;
  return negate({ holds, changes }, negated);
}

/** Joins the numbers to the subjects. */
export function lowerTrendFacts(
  { names, where }: EventCondition,
  { overMs, sampling }: TrendQuantity,
  lowering: Lowering,
): Facts {
  lowering.columns.bornAt = true;
  const sampledAt = lowering.constant({ kind: 'sample', ...sampling, which: 'last' });
  const nextAt = lowering.constant({ kind: 'sample', ...sampling, which: 'next' });
  const once = lowering.interval(overMs);
  const twice = lowering.interval(2 * overMs);
  const joins: string[] = [];
  const matches = lowerWhere(where, lowering, joins);
  const known = `e.judged_at <= ${sampledAt}`;
  const lately = `e.occurred_at > ${sampledAt} - ${once}`;
  const columns = [
    `count(*) filter (where ${known} and not (${lately})) as base`,
    `count(*) filter (where ${known} and ${lately}) as current`,
    'count(*) as everything',
    `min(case when not (${known}) then ${nextAt} when ${lately} then e.occurred_at + ${once} else e.occurred_at + ${twice} end) as turns`,
  ].join(', ');
  const filters = [
    `e.occurred_at > ${sampledAt} - ${twice}`,
    ...(lowering.form === 'grouped'
      ? [`e.occurred_at > ${lowering.bind(EARLIEST_AT, 'timestamptz')} - ${SAMPLE_AGE} - ${twice}`]
      : []),
    ...(matches ? [`(${matches.holds}) is true`] : []),
  ];
  const from = eventsFrom(named('e', names, lowering), filters, joins, WHOLE, lowering);
  const lateral = lowering.form === 'lateral';
  const select = lateral
    ? `select ${columns}\n    ${from}`
    : `select s.subject, ${columns}\n    ${from}\n    group by s.subject`;
  const alias = lowering.relation('f', select, (fresh) => {
    if (lateral) return void lowering.joins.push(`cross join lateral (\n    ${select}) ${fresh}`);
    lowering.groups.push(`${fresh} as materialized (\n    ${select})`);
    lowering.joins.push(`left join ${fresh} on ${fresh}.subject = s.subject`);
  });
  const livedAt = `s.born_at + ${twice}`;
  return {
    sampledAt,
    nextAt,
    base: `coalesce(${alias}.base, 0)`,
    current: `coalesce(${alias}.current, 0)`,
    all: `coalesce(${alias}.everything, 0)`,
    turns: `${alias}.turns`,
    livedAt,
    lived: `${livedAt} <= ${sampledAt}`,
  };
}
