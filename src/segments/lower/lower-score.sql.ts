/**
 * `score:` in SQL: the points of a profile in thousandths, and where they stand among bands and numbers. Conditions count while
 * they are true, events as soon as they are known; what halves ages by the last daily sample, so between two samples nothing but
 * facts moves it (docs/adr/0145).
 */
import type { Condition } from '../../language/definitions.js';
import {
  thousandths,
  type PointsRule,
  type ScoreBody,
  type ScoreCondition,
  type ScoreRankCondition,
} from '../../language/scores/score-shapes.js';
import { scoreTests } from '../score-tests.js';
import { lowerFacts } from './event-facts.sql.js';
import { eventsFrom, inOrder, lowerWhere, named } from './event-source.sql.js';
import { lowerWindow, WHOLE } from './event-window.sql.js';
import { name, NEVER_SQL, type Lowering } from './lowering.js';
import type { QuantitySql } from './quantity-sql.js';
import { nameTruth, type Truth } from './truth.sql.js';

type ForEach = Extract<PointsRule, { forEach: unknown }>;
type Halving = ForEach & { halfLifeDays: number };
export type Lower = (condition: Condition) => Truth;

/** More than anybody has: no event is left out. */
const ALL = 1_000_000_000;
/** Between an instant and the sample before it, at most, and what rounding hides. */
const SPARE_DAYS = 4;

/** What a score comes to: columns, in thousandths. */
export interface ScoreSql {
  /** Within its range. */
  value: string;
  /** What each rule gives, in their order. */
  parts: string[];
}

interface Points {
  points: string;
  /** When time alone changes it, SQL null for never; null = never. */
  changes: string | null;
  /** Of what halves: how many events there are. */
  halving: { rule: Halving; events: string } | null;
}

export function lowerScore(
  condition: Exclude<ScoreCondition, ScoreRankCondition>,
  lowering: Lowering,
  lower: Lower,
): Truth {
  const { of } = condition;
  const rules = of.points.map((rule) => lowerRule(rule, of, lowering, lower));
  const { raw, value } = nameScore(of, rules, lowering);
  const { passes, cuts } = scoreTests(condition);
  const changes = rules.flatMap((rule) => rule.changes ?? []);
  const turns = turnsBySample(of, rules, cuts, raw, lowering);
  if (turns) changes.push(turns);
  return {
    holds: passes(value, (number) => lowering.bind(number, 'bigint')),
    changes: earliest(changes),
  };
}

function earliest(changes: readonly string[]): string | null {
  return changes.length === 0 ? null : `coalesce(least(${changes.join(', ')}), ${NEVER_SQL})`;
}

/** The score, and when time alone may move it: what it gives points for, or the next sample where something halves. */
export function lowerMovingScore(
  of: ScoreBody,
  lowering: Lowering,
  lower: Lower,
): { value: string; changes: string | null } {
  const rules = of.points.map((rule) => lowerRule(rule, of, lowering, lower));
  const { value } = nameScore(of, rules, lowering);
  const changes = rules.flatMap((rule) => rule.changes ?? []);
  const halving = rules.flatMap(({ halving, points }) => (halving ? [`${points} <> 0`] : []));
  if (halving.length > 0) {
    const nextAt = lowering.constant({ kind: 'sample', ...of.sampling!, which: 'next' });
    changes.push(`case when ${halving.join(' or ')} then ${nextAt} end`);
  }
  return { value, changes: earliest(changes) };
}

/** The score itself, for whoever shows it. */
export function lowerScoreValue(of: ScoreBody, lowering: Lowering, lower: Lower): ScoreSql {
  return nameScore(
    of,
    of.points.map((rule) => lowerRule(rule, of, lowering, lower)),
    lowering,
  );
}

function nameScore(
  { base, range }: ScoreBody,
  rules: readonly Points[],
  lowering: Lowering,
): ScoreSql & { raw: string } {
  const parts = lowering.alias('p');
  name(
    lowering.joins,
    parts,
    Object.fromEntries(rules.map(({ points }, place) => [`p${place}`, points])),
  );
  const given = rules.map((_, place) => `${parts}.p${place}`);
  const sum = lowering.alias('p');
  name(lowering.joins, sum, {
    raw: [lowering.bind(thousandths(base), 'bigint'), ...given].join(' + '),
  });
  const raw = `${sum}.raw`;
  const [low, high] = range?.map((end) => lowering.bind(thousandths(end), 'bigint')) ?? [];
  return {
    raw,
    value: range === null ? raw : `least(greatest(${raw}, ${low}), ${high})`,
    parts: given,
  };
}

function lowerRule(rule: PointsRule, of: ScoreBody, lowering: Lowering, lower: Lower): Points {
  // Bound where it is used: a statement may have no value that it does not name.
  const add = (): string => lowering.bind(thousandths(rule.add), 'bigint');
  if ('if' in rule) {
    const truth = nameTruth(lower(rule.if), lowering, lowering.joins);
    return {
      points: `case when ${truth.holds} then ${add()} else 0 end`,
      changes: truth.changes,
      halving: null,
    };
  }
  if (isHalving(rule)) return lowerHalving(rule, of, lowering);
  const { names, where } = rule.forEach;
  const most = rule.atMost ?? ALL;
  const event = {
    kind: 'event',
    names,
    where,
    occurrence: null,
    window: { kind: 'ever' },
  } as const;
  const facts = lowerFacts(
    { ...event, quantity: { kind: 'once' } },
    lowerWindow(event.window, lowering),
    counting(most),
    lowering,
  );
  const n = `least(${facts.n}, ${lowering.bind(most, 'bigint')})`;
  return { points: `(${n} * ${add()})::bigint`, changes: null, halving: null };
}

function isHalving(rule: ForEach): rule is Halving {
  return rule.halfLifeDays !== null;
}

/** Counts up to so many; what it says of them does not matter. */
function counting(most: number): QuantitySql {
  return {
    holds: () => 'null::boolean',
    changes: null,
    reached: null,
    boundaries: [most],
    readsLast: false,
    values: null,
  };
}

/** Each event by its age in whole days at the last sample; what has come to nothing by now is not read. */
function lowerHalving(rule: Halving, { sampling }: ScoreBody, lowering: Lowering): Points {
  const { forEach, atMost, halfLifeDays } = rule;
  const sampledAt = lowering.constant({ kind: 'sample', ...sampling!, which: 'last' });
  const add = lowering.bind(thousandths(rule.add), 'float8');
  const half = lowering.bind(halfLifeDays, 'float8');
  const age = `greatest(floor(date_part('epoch', ${sampledAt} - e.occurred_at) / 86400), 0)`;
  const points = `floor(${add} * power(0.5::float8, ${age} / ${half}) + 0.5)::bigint`;
  const gone =
    Math.ceil(halfLifeDays * Math.log2(2 * Math.abs(thousandths(rule.add)))) + SPARE_DAYS;
  const joins: string[] = [];
  const matches = lowerWhere(forEach.where, lowering, joins);
  const filters = [
    `e.occurred_at > ${sampledAt} - ${lowering.bind(gone, 'float8')} * interval '1 day'`,
    ...(matches ? [`(${matches.holds}) is true`] : []),
  ];
  const from = eventsFrom(named('e', forEach.names, lowering), filters, joins, WHOLE, lowering);
  const most = atMost === null ? null : lowering.bind(atMost, 'bigint');
  const sums = 'coalesce(sum(e.points), 0)::bigint as points, count(*) as events';
  const lateral = lowering.form === 'lateral';
  const rows = lateral
    ? `select ${points} as points\n    ${from}${most ? `\n    order by ${inOrder('last')} limit ${most}` : ''}`
    : `select s.subject, ${points} as points${most ? `, row_number() over (partition by s.subject order by ${inOrder('last')}) as place` : ''}\n    ${from}`;
  const select = lateral
    ? `select ${sums}\n  from (\n    ${rows}) e`
    : `select e.subject, ${sums}\n  from (\n    ${rows}) e${most ? `\n  where e.place <= ${most}` : ''}\n  group by e.subject`;
  const alias = lowering.relation('f', select, (fresh) => {
    if (lateral) return void lowering.joins.push(`cross join lateral (\n  ${select}) ${fresh}`);
    lowering.groups.push(`${fresh} as materialized (\n  ${select})`);
    lowering.joins.push(`left join ${fresh} on ${fresh}.subject = s.subject`);
  });
  return {
    points: `coalesce(${alias}.points, 0)`,
    changes: null,
    halving: { rule, events: `coalesce(${alias}.events, 0)` },
  };
}

/**
 * The first sample at which what halves may take the score past the next number that matters: points that are given sink, points
 * that are taken rise. Never late; SQL null for never.
 */
function turnsBySample(
  { sampling }: ScoreBody,
  rules: readonly Points[],
  cuts: readonly number[],
  raw: string,
  lowering: Lowering,
): string | null {
  if (!sampling || cuts.length === 0) return null;
  const numbers = (): string => lowering.bind(cuts, 'bigint[]');
  const below = (): string =>
    `${raw} + 1 - (select max(c) from unnest(${numbers()}) c where c <= ${raw})`;
  const above = (): string =>
    `(select min(c) from unnest(${numbers()}) c where c > ${raw}) - ${raw}`;
  const ways = [
    { sign: 1, distance: below },
    { sign: -1, distance: above },
  ].flatMap(({ sign, distance }) => {
    const halving = rules.filter((one) => one.halving && Math.sign(one.halving.rule.add) === sign);
    if (halving.length === 0) return [];
    const points = halving.map((one) => one.points).join(' + ');
    const events = halving.map((one) => one.halving!.events).join(' + ');
    const half = Math.min(...halving.map((one) => one.halving!.rule.halfLifeDays));
    return [
      `score_samples(abs(${points}), ${events}, ${distance()}, ${lowering.bind(half, 'float8')})`,
    ];
  });
  if (ways.length === 0) return null;
  const nextAt = lowering.constant({ kind: 'sample', ...sampling, which: 'next' });
  return `${nextAt} + (least(${ways.join(', ')}) - 1) * interval '1 day'`;
}
