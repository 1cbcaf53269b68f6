/**
 * A whole condition as one statement. In: the condition and who is asked about; out: text, bound values
 * and the subject columns to be filled. Rows: subject, holds, changes_at in ms (Infinity = never).
 */
import { createHash } from 'node:crypto';
import type { Condition, SegmentDefinition } from '../../language/definitions.js';
import { ConditionLowering } from './lower-condition.sql.js';
import { Lowering, type SubjectColumns } from './lowering.js';
import { allSubjects, fewSubjects, manySubjects } from './subject-relation.sql.js';

export interface Statement {
  /** For a prepared statement: the same text has the same name. */
  name: string;
  text: string;
  /** $1 .. $n, may hold `EARLIEST_AT`; the subjects' values follow. */
  values: readonly unknown[];
  columns: SubjectColumns;
}

/** `few`: lateral; `many` and `all`: grouped. */
export type Scale = 'few' | 'many' | 'all';

export function lowerStatement(
  condition: Condition,
  segments: ReadonlyMap<string, SegmentDefinition>,
  scale: Scale,
): Statement {
  const lowering = new Lowering(scale === 'few' ? 'lateral' : 'grouped');
  const { holds, changes } = new ConditionLowering(lowering, segments).lower(condition);
  const { columns, values } = lowering;
  const first = values.length + 1;
  const verdict = `${holds} as holds, ${changes === null ? `float8 'infinity'` : `round(date_part('epoch', ${changes}) * 1000)`} as changes_at`;
  const joins = lowering.joins.map((item) => `\n${item}`).join('');
  let text: string;
  if (scale === 'few') {
    text = `select s.subject, ${verdict}\nfrom (\n  ${fewSubjects(columns, first)}) s${joins}`;
  } else {
    const subjects = scale === 'many' ? manySubjects(columns, first) : allSubjects(columns, first);
    const relations = [`subjects as materialized (\n  ${subjects})`, ...lowering.groups].join(
      ',\n',
    );
    const shard = scale === 'all' ? ' s.shard,' : '';
    text = `with ${relations}\nselect s.subject,${shard} ${verdict}\nfrom subjects s${joins}`;
    if (scale === 'all')
      text += `\nwhere ${holds}${changes === null ? '' : ` or ${changes} < 'infinity'`}`;
  }
  return {
    name: `condition-${createHash('sha256').update(text).digest('hex').slice(0, 32)}`,
    text,
    values,
    columns,
  };
}
