/**
 * `trait:` with `changed:` in SQL: the latest change of the trait known at the subject's instant, and what its two values
 * are tested for. A change of the top-level trait that left the value at the path alone is none of it; a json null is no
 * value, as everywhere.
 */
import type { ChangedCondition } from '../../language/definitions.js';
import { lowerWindow } from './event-window.sql.js';
import type { Lowering } from './lowering.js';
import { lowerValue } from './lower-value.sql.js';
import { allOf, negate, type Truth } from './truth.sql.js';

export function lowerChanged(
  { path, from, to, window, negated }: ChangedCondition,
  lowering: Lowering,
): Truth {
  const { start, begins, join } = lowerWindow(window, lowering);
  const [trait, ...rest] = path;
  const at = rest.length === 0 ? '' : ` #> ${lowering.bind(rest, 'text[]')}`;
  const value = (side: 'before' | 'after'): string => `nullif(c.${side}${at}, 'null')`;
  const where = [
    `c.trait = ${lowering.bind(trait, 'text')}`,
    'c.changed_at <= s.at',
    ...begins('c.changed_at'),
    `${value('before')} is distinct from ${value('after')}`,
  ].join(' and ');
  const columns = `${value('before')} as before, ${value('after')} as after`;
  const { subjects, traits } = lowering.owner;
  const history = `${traits.table} c`;
  const own = `c.${traits.owner} = s.${traits.owner}`;
  const alias = lowering.alias('h');
  if (lowering.form === 'lateral') {
    lowering.joins.push(`left join lateral (
  select true as found, ${columns} from ${history}
  where ${own} and ${where}
  order by c.changed_at desc, c.id desc limit 1) ${alias} on true`);
  } else {
    lowering.groups.push(`${alias} as materialized (
  select distinct on (s.subject) s.subject, true as found, ${columns}
  from ${subjects} s${join} join ${history} on ${own}
  where ${where}
  order by s.subject, c.changed_at desc, c.id desc)`);
    lowering.joins.push(`left join ${alias} on ${alias}.subject = s.subject`);
  }
  const tests = [
    ...(from.length > 0 ? [lowerValue(`${alias}.before`, from, lowering, lowering.joins)] : []),
    ...(to.length > 0 ? [lowerValue(`${alias}.after`, to, lowering, lowering.joins)] : []),
  ];
  const found = `${alias}.found is not null`;
  const passes = tests.length === 0 ? null : allOf(tests, lowering, lowering.joins);
  const changed: Truth = {
    holds: passes ? `case when ${found} then ${passes.holds} else false end` : found,
    changes: passes?.changes ?? null,
  };
  const truth = negate(changed, negated);
  return start === null
    ? truth
    : { ...truth, holds: `case when ${start} is not null then ${truth.holds} end` };
}
