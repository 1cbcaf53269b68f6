/**
 * The rows of an event condition: the events that match, or may by time alone, with what the quantity reads of each.
 * An event is seen at t when judged_at <= t; occurred_at <= t follows and is said too, for the index.
 */
import type { EventCondition, EventNames } from '../../language/definitions.js';
import type { QuantitySql, ValuesSql } from './quantity-sql.js';
import type { WindowSql } from './event-window.sql.js';
import { lowerValue } from './lower-value.sql.js';
import { name, type Lowering } from './lowering.js';
import { allOf, type Truth } from './truth.sql.js';

export interface EventRows {
  /**
   * A SELECT of `occurred_at`, grouped also `subject`; `value` where the quantity reads one, `holds` and `changes` where
   * time alone changes which match; of a window that slides `place` (from the newest) or `rest`, the truth of the
   * newer ones alone.
   */
  rows: string;
  /** Whether there are `holds` and `changes`. */
  timed: boolean;
}

/** `slides`: events expire, and it matters which. */
export function eventRows(
  condition: EventCondition,
  window: WindowSql,
  quantity: QuantitySql,
  slides: boolean,
  lowering: Lowering,
): EventRows {
  const joins: string[] = [];
  const columns = lowering.form === 'grouped' ? ['s.subject', 'e.occurred_at'] : ['e.occurred_at'];
  const match = lowerMatch(condition, window, lowering, joins);
  const timed = match.timed !== null;
  if (match.timed)
    columns.push(`${match.timed.holds} as holds`, `${match.timed.changes!} as changes`);
  if (quantity.values) columns.push(`${valueOf(quantity.values, lowering, joins)} as value`);
  const filters = [...window.contains('e.occurred_at'), ...match.filters];
  const from =
    lowering.form === 'lateral'
      ? probe(condition, filters, joins, lowering)
      : join(condition, filters, joins, window, lowering);
  const cut =
    timed || quantity.values || lowering.form === 'grouped' || condition.occurrence
      ? ''
      : newest(window, quantity, lowering);
  let rows = `select ${columns.join(', ')}\n    ${from}${cut}`;
  if (quantity.values?.of === 'kinds') rows = kinds(rows, timed, lowering);
  if (slides) rows = sliding(rows, quantity, timed, lowering);
  return { rows, timed };
}

/**
 * Which events match: tests that time does not touch filter, those that it does become `holds` and `changes`. A window
 * that moves with the day is one of them.
 */
function lowerMatch(
  { where }: EventCondition,
  window: WindowSql,
  lowering: Lowering,
  joins: string[],
): { filters: string[]; timed: Truth | null } {
  const tests = where.map(({ path, tests }) =>
    lowerValue(`(e.properties #> ${lowering.bind(path, 'text[]')})`, tests, lowering, joins),
  );
  const truth = tests.length === 0 ? null : allOf(tests, lowering, joins);
  const moving = window.moves?.('e.occurred_at') ?? null;
  const timed = truth !== null && truth.changes !== null;
  const filters = truth && !timed ? [truth.holds] : [];
  if (moving && timed) {
    return {
      filters,
      timed: {
        holds: `(${truth.holds}) is true and ${moving.holds}`,
        changes: `least(${truth.changes!}, ${moving.changes})`,
      },
    };
  }
  if (moving) return { filters, timed: moving };
  return { filters, timed: timed ? { ...truth, holds: `(${truth.holds}) is true` } : null };
}

/** The number, or whatever can be told apart, that an event's property is; else SQL null. */
function valueOf({ path, of }: ValuesSql, lowering: Lowering, joins: string[]): string {
  const alias = lowering.alias('v');
  name(joins, alias, { value: `e.properties #> ${lowering.bind(path, 'text[]')}` });
  const json = `${alias}.value`;
  return of === 'numbers'
    ? `case when jsonb_typeof(${json}) = 'number' then (${json})::numeric end`
    : `case when jsonb_typeof(${json}) in ('string', 'number', 'boolean') then ${json} end`;
}

/** One row per different value, which is there as long as the newest event that has it. */
function kinds(rows: string, timed: boolean, lowering: Lowering): string {
  const subject = lowering.form === 'grouped' ? 'e.subject, ' : '';
  const columns = timed
    ? 'max(e.occurred_at) filter (where e.holds) as occurred_at, bool_or(e.holds) as holds, min(e.changes) as changes'
    : 'max(e.occurred_at) as occurred_at';
  return `select ${subject}${columns}
    from (
    ${rows}) e
    where e.value is not null
    group by ${subject}e.value`;
}

/** Beside each row what its expiry leaves: how many newer ones there are, or the truth of those alone. */
function sliding(rows: string, quantity: QuantitySql, timed: boolean, lowering: Lowering): string {
  const by = [
    ...(lowering.form === 'grouped' ? ['e.subject'] : []),
    ...(timed && quantity.boundaries ? ['e.holds'] : []),
  ];
  const order = `${by.length > 0 ? `partition by ${by.join(', ')} ` : ''}order by e.occurred_at desc`;
  if (quantity.boundaries)
    return `select e.*, row_number() over (${order}) as place\n    from (\n    ${rows}) e`;
  const newer = timed ? ' filter (where e.holds) over newer' : ' over newer';
  const rest = quantity.holds({
    n: `count(*)${newer}`,
    last: `max(e.occurred_at)${newer}`,
    aggregate: (wanted) => `${quantity.values!.aggregates[wanted]!}(e.value)${newer}`,
  });
  return `select e.*, ${rest} as rest
    from (
    ${rows}) e
    window newer as (${order} range between unbounded preceding and interval '1 ms' preceding)`;
}

/** Lateral: the events of the subject at hand. */
function probe(
  condition: EventCondition,
  filters: string[],
  joins: string[],
  lowering: Lowering,
): string {
  const own = ['e.profile_id = s.profile_id', ...visible(condition.names, lowering)];
  if (condition.occurrence === null)
    return `from events e${lines(joins)}\n    where ${[...own, ...filters].join(' and ')}`;
  const one = `(select e.occurred_at, e.properties from events e
      where ${own.join(' and ')}
      order by ${inOrder(condition.occurrence)} limit 1)`;
  return `from ${one} e${lines(joins)}${filters.length === 0 ? '' : `\n    where ${filters.join(' and ')}`}`;
}

/** Grouped: the events of all subjects at once. */
function join(
  condition: EventCondition,
  filters: string[],
  joins: string[],
  window: WindowSql,
  lowering: Lowering,
): string {
  const seen = visible(condition.names, lowering);
  if (condition.occurrence === null) {
    return `from subjects s${window.join} join events e on e.profile_id = s.profile_id${lines(joins)}\n    where ${[...seen, ...filters].join(' and ')}`;
  }
  const ones = `(select distinct on (s.subject) s.subject, e.occurred_at, e.properties
      from subjects s join events e on e.profile_id = s.profile_id
      where ${seen.join(' and ')}
      order by s.subject, ${inOrder(condition.occurrence)})`;
  return `from ${ones} e join subjects s on s.subject = e.subject${window.join}${lines(joins)}${filters.length === 0 ? '' : `\n    where ${filters.join(' and ')}`}`;
}

function visible(names: EventNames, lowering: Lowering): string[] {
  return [named('e', names, lowering), 'e.occurred_at <= s.at', 'e.judged_at <= s.at'];
}

/** `any` are the application's events, never our own. */
export function named(alias: string, names: EventNames, lowering: Lowering): string {
  if (names.kind === 'any') return `left(${alias}.name, 1) <> '$'`;
  const [first, ...others] = names.names;
  return others.length === 0
    ? `${alias}.name = ${lowering.bind(first, 'text')}`
    : `${alias}.name = any(${lowering.bind(names.names, 'text[]')})`;
}

/** Events of one instant stand in the order of their receipt. */
function inOrder(occurrence: 'first' | 'last'): string {
  const direction = occurrence === 'last' ? ' desc' : '';
  return ['e.occurred_at', 'e.received_at', 'e.id'].map((column) => column + direction).join(', ');
}

/** Reads no more events than the largest count that matters, the newest where it matters which. */
function newest(window: WindowSql, quantity: QuantitySql, lowering: Lowering): string {
  const ordered = window.staysMs !== null || quantity.readsLast;
  const most = Math.max(1, ...(quantity.boundaries ?? []));
  return `\n    ${ordered ? 'order by e.occurred_at desc ' : ''}limit ${lowering.bind(most, 'bigint')}`;
}

function lines(joins: readonly string[]): string {
  return joins.map((item) => `\n    ${item}`).join('');
}
