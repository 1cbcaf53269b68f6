/** `sample:` in SQL: the place of the profile by lot lies within the share. Never changes. */
import type { SampleCondition } from '../../language/conditions/choice-shapes.js';
import type { Lowering } from './lowering.js';
import { negate, type Truth } from './truth.sql.js';

export function lowerSample(
  { salt, millionths, negated }: SampleCondition,
  lowering: Lowering,
): Truth {
  const place = `condition_sample(${lowering.bind(salt, 'text')}, s.profile_id)`;
  const holds = `${place} < ${lowering.bind(millionths, 'integer')}`;
  return negate({ holds, changes: null }, negated);
}
