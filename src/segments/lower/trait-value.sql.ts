/**
 * What a trait of the profile or its company was at the subject's instant, in SQL: the current value where the traits have
 * not changed since, else what the earliest later change found (ARCHITECTURE.md, invariant 3).
 */
import type { Path } from '../../language/definitions.js';
import { companyOf } from './company-of.sql.js';
import { name, type Lowering } from './lowering.js';

/** The trait as it was at the subject's instant: a jsonb column, SQL null where it was missing. */
export function traitValue(
  path: Path,
  lowering: Lowering,
  into: string[] = lowering.joins,
): string {
  lowering.columns.traits = true;
  const { table, owner } = lowering.owner.traits;
  const alias = lowering.alias('v');
  name(into, alias, {
    value: valueThen(path, { row: 's', table, owner, id: `s.${owner}` }, lowering),
  });
  return `${alias}.value`;
}

/** Likewise a trait of the company that a profile belonged to then. */
export function companyTrait(path: Path, lowering: Lowering, into: string[]): string {
  const alias = lowering.alias('v');
  const value = valueThen(
    path,
    { row: 'a', table: 'account_trait_changes', owner: 'account_id', id: 'a.id' },
    lowering,
  );
  name(into, alias, {
    value: `(select ${value} from accounts a where a.id = ${companyOf(lowering)})`,
  });
  return `${alias}.value`;
}

/** `row`: what has the traits as they are now; `owner`: the column of their history that is `id`. */
function valueThen(
  [trait, ...rest]: Path,
  { row, table, owner, id }: { row: string; table: string; owner: string; id: string },
  lowering: Lowering,
): string {
  const key = lowering.bind(trait, 'text');
  const before = `select 0 as place, c.before from (
        select c.before from ${table} c
        where c.${owner} = ${id} and c.trait = ${key} and c.changed_at > s.at
        order by c.changed_at, c.id limit 1) c`;
  const value = `case when ${row}.traits_changed_at is null or ${row}.traits_changed_at <= s.at then ${row}.traits -> ${key}
      else (select x.before from (${before}
        union all select 1, ${row}.traits -> ${key}) x order by x.place limit 1) end`;
  return rest.length === 0 ? value : `(${value}) #> ${lowering.bind(rest, 'text[]')}`;
}
