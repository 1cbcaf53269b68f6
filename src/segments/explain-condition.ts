/**
 * Stage 2, for those who ask why: a condition clause by clause for one profile at one instant. In: the condition and the
 * subject. Out: the same tree with what it says in the language's words, whether it is true and what it saw; a named
 * segment with the clauses of its own. Each clause is judged by the very SQL that the engine runs.
 */
import { NEVER, type Instant } from '../core/instant.js';
import type { Queryable } from '../core/queryable.js';
import { printCondition, printValueOf } from '../language/conditions/print-condition.js';
import { takenBy } from '../language/conditions/values-taken.js';
import type { Condition, SegmentDefinition } from '../language/definitions.js';
import { compileCondition } from './compile-condition.js';
import { evaluate, type Subject, type Verdict } from './evaluate.js';
import { lowerSeen, type RankFigures } from './lower/seen.sql.js';
import { fewValues } from './lower/subject-relation.sql.js';
import { seeScore, type SeenScore } from './see-score.js';

/** What a leaf looked at. */
export type Seen =
  /** A trait or a field of the entry; null = missing. */
  | { kind: 'value'; value: unknown }
  | {
      kind: 'events';
      /** The window has a start; without one nothing counts. */
      begun: boolean;
      /** Events that match, of `distinct` different values. */
      times: number;
      /** When the latest of them occurred. */
      last: Instant | null;
      /** What the numbers come to; null where none is asked for, or there are none. */
      figure: number | null;
    }
  | {
      kind: 'rank';
      /** What is ranked; null = it has no value. */
      value: number | null;
      /** What `value` and cut-offs are. Of instants one that is long ago has a high rank. */
      figures: RankFigures;
      /** `cutoff`: the least value at that percentile, of `among` values; null = nobody had one. */
      cutoffs: { rank: number; cutoff: number | null; among: number; sampledAt: Instant }[];
      nextAt: Instant;
    }
  | {
      /** What the last daily sample found. */
      kind: 'trend';
      /** How many came in the `overMs` before the sample, and in as much time before that. */
      current: number;
      base: number;
      overMs: number;
      /** The life had lasted both; else it is undecided. */
      lived: boolean;
      sampledAt: Instant;
      nextAt: Instant;
    }
  | ({ kind: 'score' } & SeenScore)
  /** Of `members:`, how many of the company's members there are, or of how many `who` is true. */
  | { kind: 'members'; times: number }
  /** It belongs to no company that could be asked. */
  | { kind: 'no_company' };

export interface Clause {
  /** `all`, `any`, or a leaf in the language's words. */
  says: string;
  /** Null = undecided, which is not true. */
  holds: boolean | null;
  /** The earliest instant it may change if nothing more arrives; NEVER = by time alone it does not. */
  changesAt: Instant;
  /** Null for groups, and for leaves that have nothing to show. */
  seen: Seen | null;
  /** The values that its tests were compared with, as they were then; null = missing. */
  lookedUp: LookedUp[];
  of: Clause[];
}

export interface LookedUp {
  /** `entry.feature` */
  name: string;
  value: unknown;
}

/** More clauses are not asked one by one: their condition is, as a whole. */
const MOST_CLAUSES = 60;

/** Instants at which a condition is looked at again to see when it turns; further ones are not looked for. */
const MOST_TURNS = 40;

type Segments = ReadonlyMap<string, SegmentDefinition>;
type Asked = Omit<Subject, 'subjectId'>;

/** `subject`: who is asked about, when, and in which enrolment. */
export async function explainCondition(
  sql: Queryable,
  condition: Condition,
  segments: Segments,
  subject: Asked,
): Promise<Clause> {
  let left = MOST_CLAUSES;
  const explain = async (one: Condition): Promise<Clause> => {
    left -= 1;
    const { holds, changesAt } = await judge(sql, one, segments, subject);
    const { seen, lookedUp } = await look(sql, one, segments, subject);
    // Without a company its parts would say only that, each of them.
    const isOpen = left > 0 && seen?.kind !== 'no_company';
    const children = isOpen ? childrenOf(one, segments) : [];
    const of: Clause[] = [];
    // One after another: a page that explains must not take every connection.
    for (const child of children) of.push(await explain(child));
    const isGroup = one.kind === 'all' || one.kind === 'any';
    const says = isGroup && of.length > 0 ? one.kind : printCondition(one);
    return { says, holds, changesAt, seen, lookedUp, of };
  };
  return explain(condition);
}

/**
 * The instant at which a condition becomes true (`wanted`), or is true no more, by time alone: if nothing more arrives.
 * The subject's own instant when it is so already; NEVER when it will not be, or not within many turns.
 */
export async function turnsAt(
  sql: Queryable,
  condition: Condition,
  segments: Segments,
  { subject, wanted }: { subject: Asked; wanted: boolean },
): Promise<Instant> {
  let { at } = subject;
  for (let turns = 0; turns < MOST_TURNS && at !== NEVER; turns += 1) {
    const { holds, changesAt } = await judge(sql, condition, segments, { ...subject, at });
    if ((holds === true) === wanted) return at;
    at = changesAt;
  }
  return NEVER;
}

/**
 * What keeps a clause from being true: its part that is not, with the choices of an `any` side by side; null when it is
 * true.
 */
export function lacking(clause: Clause): Clause | null {
  if (clause.holds === true) return null;
  const { says, of } = clause;
  // A denied segment has a clause that is true: what it denies.
  const parts = of.flatMap((child) => lacking(child) ?? []);
  if (parts.length === 0) return { ...clause, of: [] };
  return parts.length === 1 && says !== 'any' ? parts[0]! : { ...clause, of: parts };
}

async function judge(
  sql: Queryable,
  condition: Condition,
  segments: Segments,
  subject: Asked,
): Promise<Verdict> {
  const compiled = compileCondition(condition, segments);
  return (await evaluate(sql, compiled, [{ ...subject, subjectId: 0 }]))[0]!;
}

async function look(
  sql: Queryable,
  condition: Condition,
  segments: Segments,
  subject: Asked,
): Promise<Pick<Clause, 'seen' | 'lookedUp'>> {
  if (condition.kind === 'score' && !('rank' in condition)) {
    const score = await seeScore(sql, condition.of, segments, subject);
    return { seen: score && { kind: 'score', ...score }, lookedUp: [] };
  }
  const statement = lowerSeen(condition, segments);
  if (!statement) return { seen: null, lookedUp: [] };
  const { rows } = await sql.query<{ seen: Seen; looked_up: unknown[] }>(statement.text, [
    ...statement.values,
    ...fewValues(statement.columns, [{ ...subject, subjectId: 0 }]),
  ]);
  const [row] = rows;
  const lookedUp = takenBy(condition).map((one, index) => ({
    name: printValueOf(one),
    value: row?.looked_up[index] ?? null,
  }));
  return { seen: row?.seen ?? null, lookedUp };
}

function childrenOf(condition: Condition, segments: Segments): Condition[] {
  if (condition.kind === 'all' || condition.kind === 'any') return condition.of;
  if (condition.kind === 'account') {
    const { of } = condition;
    // What is asked of the company stays asked of it.
    return of.kind === 'all' || of.kind === 'any'
      ? of.of.map((child) => ({ kind: 'account', of: child }))
      : [];
  }
  if (condition.kind !== 'segment') return [];
  const segment = segments.get(condition.segment);
  return segment ? [segment.who] : [];
}
