/**
 * `segment:` with `for_at_least:` in SQL: since when the profile is a member, at the subject's instant. Who asks may know it
 * better than the tables, which learn of a membership when the window is written: then it stands in `s.stays`.
 */
import type { SegmentCondition } from '../../language/conditions/choice-shapes.js';
import { after } from './elapsed.sql.js';
import { name, NEVER_SQL, type Lowering } from './lowering.js';
import { negate, type Truth } from './truth.sql.js';

export function lowerStay(
  { segment, forAtLeastMs = 0, negated }: SegmentCondition,
  lowering: Lowering,
): Truth {
  const id = lowering.bind(segment, 'text');
  const stored = `(select case when t.entered then t.at end from transitions t
      where t.profile_id = s.profile_id and t.segment = ${id} and t.at <= s.at
      order by t.at desc, t.id desc limit 1)`;
  const alias = lowering.alias('y');
  // Of other profiles than the one that is asked about only the tables know.
  if (!lowering.isNested) lowering.columns.stays = true;
  const since = lowering.isNested
    ? stored
    : `case when s.stays ? ${id} then (s.stays ->> ${id})::timestamptz else ${stored} end`;
  name(lowering.joins, alias, { since });
  const due = after(`${alias}.since`, forAtLeastMs, lowering);
  const truth: Truth = {
    holds: `coalesce(${due} <= s.at, false)`,
    changes: `coalesce(case when ${due} > s.at then ${due} end, ${NEVER_SQL})`,
  };
  return negate(truth, negated);
}
