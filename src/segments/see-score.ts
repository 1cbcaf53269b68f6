/** Stage 2: what a score is of one profile at one instant, and what each rule of points gives. Counted by the very SQL of conditions. */
import type { Queryable } from '../core/queryable.js';
import type { SegmentDefinition } from '../language/definitions.js';
import { printPoints } from '../language/scores/print-score.js';
import { bandOf, type ScoreBody } from '../language/scores/score-shapes.js';
import type { Subject } from './evaluate.js';
import { lowerScoreShown } from './lower/score-value.sql.js';
import { fewValues } from './lower/subject-relation.sql.js';

export interface SeenScore {
  value: number;
  /** Null: the score has none. */
  band: string | null;
  base: number;
  /** In the order of the file. */
  rules: {
    /** `add: 10, if: { event: login, within_last: 30 days }` */
    says: string;
    /** How many points that is now. */
    gives: number;
  }[];
}

/** Null: there is no such profile. */
export async function seeScore(
  sql: Queryable,
  of: ScoreBody,
  segments: ReadonlyMap<string, SegmentDefinition>,
  subject: Omit<Subject, 'subjectId'>,
): Promise<SeenScore | null> {
  const { text, values, columns } = lowerScoreShown(of, segments);
  const { rows } = await sql.query<{ value: number; gives: number[] }>(text, [
    ...values,
    ...fewValues(columns, [{ ...subject, subjectId: 0 }]),
  ]);
  const [row] = rows;
  if (!row) return null;
  return {
    value: row.value / 1_000,
    band: bandOf(of, row.value),
    base: of.base,
    rules: of.points.map((rule, place) => ({
      says: printPoints(rule),
      gives: Number(row.gives[place]) / 1_000,
    })),
  };
}
