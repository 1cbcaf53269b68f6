/**
 * What a quantity reads of each event, and what the rows become for it: one per different value, or beside each what its
 * expiry leaves.
 */
import type { Path } from '../../language/definitions.js';
import { name, type Lowering } from './lowering.js';
import type { QuantitySql, ValuesSql } from './quantity-sql.js';

/** The number, or whatever can be told apart, that an event's property is; else SQL null. */
export function valueOf(
  { path, of }: Extract<ValuesSql, { path: unknown }>,
  lowering: Lowering,
  joins: string[],
): string {
  if (of === 'kinds') return scalarAt(path, lowering, joins);
  const json = property(path, lowering, joins);
  return `case when jsonb_typeof(${json}) = 'number' then (${json})::numeric end`;
}

/** The text, number or truth value that a property is; else SQL null. */
export function scalarAt(path: Readonly<Path>, lowering: Lowering, joins: string[]): string {
  const json = property(path, lowering, joins);
  return `case when jsonb_typeof(${json}) in ('string', 'number', 'boolean') then ${json} end`;
}

function property(path: Readonly<Path>, lowering: Lowering, joins: string[]): string {
  const alias = lowering.alias('v');
  name(joins, alias, { value: `e.properties #> ${lowering.bind(path, 'text[]')}` });
  return `${alias}.value`;
}

/** One row per different value, which is there as long as the newest event that has it. */
export function kinds(rows: string, timed: boolean, lowering: Lowering): string {
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
export function sliding(
  rows: string,
  quantity: QuantitySql,
  timed: boolean,
  lowering: Lowering,
): string {
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
