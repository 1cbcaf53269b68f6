/**
 * Stage 2: a checked condition becomes SQL that judges many profiles, each at its own instant (design.md
 * 3). In: a condition and the segments it may refer to; out: an opaque value that `evaluate.ts` runs.
 * Pure, and cheap enough (well below a millisecond) to be done whenever definitions are loaded.
 */
import type { Condition, SegmentDefinition } from '../language/definitions.js';
import { conditionReads, type ConditionReads } from './condition-reads.js';
import { compileRanking, type CompiledRanking } from './take-cutoffs.js';
import { lowerStatement, type Statement } from './lower/statement.sql.js';

/** Opaque to callers but for `reads`. */
export interface CompiledCondition {
  readonly reads: ConditionReads;
  /** What its percentiles rank by. */
  readonly rankings: readonly CompiledRanking[];
  readonly few: Statement;
  readonly many: Statement;
  readonly all: Statement;
}

/** Throws where a segment does not exist: the checker refuses that, so here it is a bug. */
export function compileCondition(
  condition: Condition,
  segments: ReadonlyMap<string, SegmentDefinition>,
): CompiledCondition {
  const few = lowerStatement(condition, segments, 'few');
  const many = lowerStatement(condition, segments, 'many');
  const all = lowerStatement(condition, segments, 'all');
  const reads = conditionReads(condition, segments);
  const rankings = [...reads.rankings.values()].map((asked) => compileRanking(asked, segments));
  return { few, many, all, reads, rankings };
}
