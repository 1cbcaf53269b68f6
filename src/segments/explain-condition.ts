/**
 * Stage 2, for those who ask why: a condition clause by clause for one profile at one instant. In: the condition and the
 * subject. Out: the same tree with what it says in the language's words and whether it is true; a named segment with the
 * clauses of its own. Each clause is judged by the very SQL that the engine runs.
 */
import type { Instant } from '../core/instant.js';
import type { Queryable } from '../core/queryable.js';
import { printCondition } from '../language/conditions/print-condition.js';
import type { Condition, SegmentDefinition } from '../language/definitions.js';
import { compileCondition } from './compile-condition.js';
import { evaluate, type Subject } from './evaluate.js';

export interface Clause {
  /** `all`, `any`, or a leaf in the language's words. */
  says: string;
  /** Null = undecided, which is not true. */
  holds: boolean | null;
  /** The earliest instant it may change if nothing more arrives; NEVER = by time alone it does not. */
  changesAt: Instant;
  of: Clause[];
}

/** More clauses are not asked one by one: their condition is, as a whole. */
const MOST_CLAUSES = 60;

type Segments = ReadonlyMap<string, SegmentDefinition>;

/** `subject`: who is asked about, when, and in which enrolment. */
export async function explainCondition(
  sql: Queryable,
  condition: Condition,
  segments: Segments,
  subject: Omit<Subject, 'subjectId'>,
): Promise<Clause> {
  let left = MOST_CLAUSES;
  const explain = async (one: Condition): Promise<Clause> => {
    left -= 1;
    const [verdict] = await evaluate(sql, compileCondition(one, segments), [
      { ...subject, subjectId: 0 },
    ]);
    const children = left > 0 ? childrenOf(one, segments) : [];
    const of: Clause[] = [];
    // One after another: a page that explains must not take every connection.
    for (const child of children) of.push(await explain(child));
    const isGroup = one.kind === 'all' || one.kind === 'any';
    const says = isGroup && of.length > 0 ? one.kind : printCondition(one);
    return { says, holds: verdict!.holds, changesAt: verdict!.changesAt, of };
  };
  return explain(condition);
}

function childrenOf(condition: Condition, segments: Segments): Condition[] {
  if (condition.kind === 'all' || condition.kind === 'any') return condition.of;
  if (condition.kind !== 'segment') return [];
  const segment = segments.get(condition.segment);
  return segment ? [segment.who] : [];
}
