/**
 * `segment:` in SQL: the referenced condition itself, so that a membership is never read before it is
 * settled. Member or not has two values: only true is a member, undecided is not.
 */
import type { Truth } from './truth.sql.js';

export function lowerSegment(who: Truth, negated: boolean): Truth {
  return { holds: `(${who.holds}) is ${negated ? 'not ' : ''}true`, changes: who.changes };
}
