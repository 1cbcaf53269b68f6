/**
 * Stage 2: cut-offs of percentiles. In: a ranking and an instant. Out: what parts the ranks at that instant, by what was known
 * then; stored, with a word to those whose standing it changes, or only looked at. One statement a ranking.
 */
import { instantToSql, type Instant } from '../core/instant.js';
import type { Queryable } from '../core/queryable.js';
import { SHARD_COUNT } from '../core/shard.js';
import type { Sampling } from '../language/conditions/sampled-shapes.js';
import type { SegmentDefinition } from '../language/definitions.js';
import { rankingKey, rankingMeaning, type AskedRanking } from '../language/rankings.js';
import { EARLIEST_AT } from './lower/lowering.js';
import { lowerCutoffs, type CutoffsSql } from './lower/lower-cutoffs.sql.js';
import { allValues, readsZones } from './lower/subject-relation.sql.js';
import { zonesIn } from './zones-in.sql.js';

/** Opaque but for what is known by it. */
export interface CompiledRanking {
  key: string;
  /** Another one: cut-offs taken for the former are of something else. */
  meaning: string;
  sampling: Sampling;
  readonly sql: CutoffsSql;
}

/** Throws where a segment does not exist. */
export function compileRanking(
  asked: AskedRanking,
  segments: ReadonlyMap<string, SegmentDefinition>,
): CompiledRanking {
  return {
    key: rankingKey(asked.ranking),
    meaning: rankingMeaning(asked, segments),
    sampling: asked.ranking.sampling,
    sql: lowerCutoffs(asked, segments),
  };
}

interface When {
  at: Instant;
  projectZone: string;
}

/** Stores the cut-offs of `at` and tells whom a new one concerns (inbox, `sample`). Returns how many were told. */
export async function takeCutoffs(
  sql: Queryable,
  { sql: { store, ...rest } }: CompiledRanking,
  when: When,
): Promise<number> {
  const { rows } = await sql.query<{ told: number }>(store, await valuesOf(sql, rest, when));
  return rows[0]!.told;
}

/** The cut-offs of `at` by rank, null where nobody has a value; nothing is stored. Numbers as text, exactly. */
export async function lookAtCutoffs(
  sql: Queryable,
  { sql: { look, ...rest } }: CompiledRanking,
  when: When,
): Promise<Map<number, string | null>> {
  const { rows } = await sql.query<{ rank: number; cutoff: string | null }>(
    look,
    await valuesOf(sql, rest, when),
  );
  return new Map(rows.map(({ rank, cutoff }) => [rank, cutoff]));
}

/** Whether cut-offs of this very meaning are stored already. */
export async function isTaken(
  sql: Queryable,
  { key, meaning }: Pick<CompiledRanking, 'key' | 'meaning'>,
): Promise<boolean> {
  const { rowCount } = await sql.query(
    'select from sample_clocks where ranking = $1 and meaning = $2',
    [key, meaning],
  );
  return rowCount === 1;
}

const ALL_SHARDS = Array.from({ length: SHARD_COUNT }, (_, shard) => shard);

async function valuesOf(
  sql: Queryable,
  { values, columns }: Pick<CutoffsSql, 'values' | 'columns'>,
  { at, projectZone }: When,
): Promise<unknown[]> {
  const zones = readsZones(columns) ? await zonesIn(sql, ALL_SHARDS) : [];
  return [
    ...values.map((value) => (value === EARLIEST_AT ? instantToSql(at) : value)),
    ...allValues(columns, zones, { shards: ALL_SHARDS, at, projectZone }),
  ];
}
