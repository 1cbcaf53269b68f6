/**
 * Stage 2: runs compiled conditions. In: subjects (a profile and the instant it is judged at) or whole
 * shards; out: truth and the instant it may change if nothing more arrives, never later than the true
 * one and always after the subject's own. One statement a call, whatever the number of subjects.
 */
import { NEVER, type Instant } from '../core/instant.js';
import type { Queryable } from '../core/queryable.js';
import { SHARD_COUNT } from '../core/shard.js';
import type { CompiledCondition } from './compile-condition.js';
import type { Form } from './lower/lowering.js';
import {
  allValues,
  fewValues,
  manyValues,
  readsZones,
  type Subject,
} from './lower/subject-relation.sql.js';
import { lookAtCutoffs, valuesAt, type TakenAgain } from './take-cutoffs.js';
import { zonesIn } from './zones-in.sql.js';

export type { Subject } from './lower/subject-relation.sql.js';

export interface Verdict {
  subjectId: number;
  /** null = undecided. Merged and unknown profiles are nobody: false for good. */
  holds: boolean | null;
  changesAt: Instant;
}

/** From this many subjects on joining beats probing (docs/adr/0020). */
const MANY = 5_000;

/** Beyond the dates a value can name, and beyond what an ISO timestamp writes with four digits. */
const END_OF_TIME = Date.UTC(9999, 11, 31);

interface Row {
  subject: number | string;
  holds: boolean | null;
  changes_at: number;
}

/** The verdicts, in the order of the subjects. `form` is chosen by their number unless given. */
export async function evaluate(
  sql: Queryable,
  condition: CompiledCondition,
  subjects: readonly Subject[],
  form: Form = subjects.length < MANY ? 'lateral' : 'grouped',
): Promise<Verdict[]> {
  if (subjects.length === 0) return [];
  const verdicts = subjects.map(({ subjectId }): Verdict => ({
    subjectId,
    holds: false,
    changesAt: NEVER,
  }));
  for (const row of await ask(sql, condition, subjects, form)) {
    const verdict = verdicts[Number(row.subject)]!;
    verdict.holds = row.holds;
    verdict.changesAt = instantOf(row.changes_at);
  }
  return verdicts;
}

async function ask(
  sql: Queryable,
  condition: CompiledCondition,
  subjects: readonly Subject[],
  form: Form,
): Promise<Row[]> {
  if (form === 'lateral') {
    const { name, text, values, columns } = condition.few;
    return (
      await sql.query<Row>({ name, text, values: [...values, ...fewValues(columns, subjects)] })
    ).rows;
  }
  const { text, columns } = condition.many;
  const earliest = subjects.reduce((least, { at }) => Math.min(least, at), NEVER);
  return (
    await sql.query<Row>(text, [
      ...valuesAt(condition.many.values, earliest),
      ...manyValues(columns, subjects),
    ])
  ).rows;
}

interface WholeShards {
  shards: number[];
  at: Instant;
  projectZone: string;
  /** The data that a broadcast brings. */
  entry?: Record<string, unknown>;
}

/**
 * A first build: the profiles of whole shards at one instant, outside enrolments. Leaves out those of
 * which it is not true and never will be by time alone.
 */
export async function evaluateProfiles(
  sql: Queryable,
  condition: CompiledCondition,
  of: WholeShards,
): Promise<{ profileId: number; shard: number; holds: boolean | null; changesAt: Instant }[]> {
  const { text, columns } = condition.all;
  const zones = readsZones(columns) ? await zonesIn(sql, of.shards) : [];
  const { rows } = await sql.query<Row & { shard: number }>(text, [
    ...valuesAt(condition.all.values, of.at),
    ...allValues(columns, zones, of),
  ]);
  return rows.map((row) => ({
    profileId: Number(row.subject),
    shard: row.shard,
    holds: row.holds,
    changesAt: instantOf(row.changes_at),
  }));
}

/**
 * A query for all profiles of which it is true at `at`, outside enrolments: its one column is `subject`, their ids. To be
 * built into a query of the caller's, whose own values follow these.
 */
export async function matchingQuery(
  sql: Queryable,
  condition: CompiledCondition,
  of: Omit<WholeShards, 'shards'> & { again?: TakenAgain },
): Promise<{ text: string; values: unknown[] }> {
  const { text, columns, values } = condition.all;
  const cutoffs = await lookAtCutoffs(sql, condition.rankings, of);
  const shards = Array.from({ length: SHARD_COUNT }, (_, shard) => shard);
  const zones = readsZones(columns) ? await zonesIn(sql, shards) : [];
  return {
    text: `select subject from (\n${text}\n) verdict where holds`,
    values: [...valuesAt(values, of.at, cutoffs), ...allValues(columns, zones, { ...of, shards })],
  };
}

function instantOf(ms: number): Instant {
  return ms > END_OF_TIME ? NEVER : ms;
}
