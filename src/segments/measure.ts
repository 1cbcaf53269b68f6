/**
 * Stage 2: what events of profiles come to, as a value for mails and steps. In: a compiled measure and who is asked, each
 * at its own instant. Out: numbers. The same relations as those of conditions, so that both count the same.
 */
import type { Queryable } from '../core/queryable.js';
import type { Measure } from '../language/definitions.js';
import { lowerMeasure } from './lower/lower-measure.sql.js';
import type { Statement } from './lower/statement.sql.js';
import { fewValues, type Subject } from './lower/subject-relation.sql.js';

/** Opaque to callers. */
export interface CompiledMeasure {
  readonly few: Statement;
}

export function compileMeasure(measure: Measure): CompiledMeasure {
  return { few: lowerMeasure(measure) };
}

/** In the order of the subjects; null where there is no number: an average of nothing, a window that has not begun. */
export async function measure(
  sql: Queryable,
  { few: { name, text, values, columns } }: CompiledMeasure,
  subjects: readonly Subject[],
): Promise<(number | null)[]> {
  const found: (number | null)[] = subjects.map(() => null);
  if (subjects.length === 0) return found;
  const { rows } = await sql.query<{ subject: number; value: number | null }>({
    name,
    text,
    values: [...values, ...fewValues(columns, subjects)],
  });
  for (const { subject, value } of rows) found[subject] = value;
  return found;
}
