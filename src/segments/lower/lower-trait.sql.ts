/**
 * `trait:` in SQL. In: path and tests; out: their truth about the trait as it was at the subject's
 * instant: the current value where the traits have not changed since, else what the earliest later
 * change found (ARCHITECTURE.md, invariant 3).
 */
import type { Path, ValueTest } from '../../language/definitions.js';
import { name, type Lowering } from './lowering.js';
import { lowerValue } from './lower-value.sql.js';
import type { Truth } from './truth.sql.js';

export function lowerTrait(path: Path, tests: readonly ValueTest[], lowering: Lowering): Truth {
  return lowerValue(traitValue(path, lowering), tests, lowering, lowering.joins);
}

/** The trait as it was at the subject's instant: a jsonb expression, SQL null where it was missing. */
export function traitValue(path: Path, lowering: Lowering): string {
  lowering.columns.traits = true;
  const [trait, ...rest] = path;
  const { table, owner } = lowering.owner.traits;
  const key = lowering.bind(trait, 'text');
  const before = `select 0 as place, c.before from (
        select c.before from ${table} c
        where c.${owner} = s.${owner} and c.trait = ${key} and c.changed_at > s.at
        order by c.changed_at, c.id limit 1) c`;
  const value = `case when s.traits_changed_at is null or s.traits_changed_at <= s.at then s.traits -> ${key}
      else (select x.before from (${before}
        union all select 1, s.traits -> ${key}) x order by x.place limit 1) end`;
  const alias = lowering.alias('v');
  name(lowering.joins, alias, {
    value: rest.length === 0 ? value : `(${value}) #> ${lowering.bind(rest, 'text[]')}`,
  });
  return `${alias}.value`;
}
