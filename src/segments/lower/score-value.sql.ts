/** A score as a statement of its own, for whoever shows it. Rows: `value` and `gives`, of each rule, in thousandths. */
import type { SegmentDefinition } from '../../language/definitions.js';
import type { ScoreBody } from '../../language/scores/score-shapes.js';
import { ConditionLowering } from './lower-condition.sql.js';
import { lowerScoreValue } from './lower-score.sql.js';
import { Lowering } from './lowering.js';
import type { SeenStatement } from './seen.sql.js';
import { fewSubjects } from './subject-relation.sql.js';

export function lowerScoreShown(
  of: ScoreBody,
  segments: ReadonlyMap<string, SegmentDefinition>,
): SeenStatement {
  const lowering = new Lowering('lateral');
  const conditions = new ConditionLowering(lowering, segments);
  const { value, parts } = lowerScoreValue(of, lowering, (child) => conditions.lower(child));
  const { columns, values, joins } = lowering;
  const subjects = fewSubjects(columns, values.length + 1);
  const text = `select ${value} as value, array[${parts.join(', ')}]::bigint[] as gives\nfrom (\n  ${subjects}) s${joins.map((item) => `\n${item}`).join('')}`;
  return { text, values, columns };
}
