/**
 * Stage 2: cut-offs of percentiles. In: a ranking and an instant. Out: what parts the ranks at that instant, by what was known
 * then; stored, with a word to those whose standing it changes, or only looked at. One statement a ranking.
 */
import { instantToSql, type Instant } from '../core/instant.js';
import type { Queryable } from '../core/queryable.js';
import { SHARD_COUNT } from '../core/shard.js';
import type { Sampling } from '../language/conditions/sampled-shapes.js';
import type { Condition, SegmentDefinition } from '../language/definitions.js';
import { madeOf, rankingKey, rankingMeaning, type AskedRanking } from '../language/rankings.js';
import { conditionReads } from './condition-reads.js';
import { EARLIEST_AT } from './lower/lowering.js';
import { isCutoffNow, type CutoffNow } from './lower/lower-percentile.sql.js';
import { lowerCutoffs, type CutoffsSql } from './lower/lower-cutoffs.sql.js';
import { allValues, readsZones } from './lower/subject-relation.sql.js';
import { zonesIn } from './zones-in.sql.js';

/** Opaque but for what it is known by. */
export interface CompiledRanking {
  key: string;
  /** Another one: cut-offs taken for the former are of something else. */
  meaning: string;
  /** In percent, ascending. */
  ranks: readonly number[];
  sampling: Sampling;
  /** What its own segment, or its value, goes by: to be taken before it, at one instant. */
  readonly within: readonly CompiledRanking[];
  /** Of some of its ranks. */
  readonly sqlOf: (ranks: readonly number[]) => CutoffsSql;
}

/** Throws where a segment does not exist. */
export function compileRanking(
  asked: AskedRanking,
  segments: ReadonlyMap<string, SegmentDefinition>,
): CompiledRanking {
  const { ranking, ranks } = asked;
  const { among, sampling } = ranking;
  const first: Condition[] = [
    ...(among === null ? [] : [{ kind: 'segment' as const, segment: among, negated: false }]),
    ...madeOf(ranking),
  ];
  const within = conditionReads({ kind: 'all', of: first }, segments).rankings.values();
  return {
    key: rankingKey(ranking),
    meaning: rankingMeaning(ranking, segments),
    ranks,
    sampling,
    within: [...within].map((other) => compileRanking(other, segments)),
    sqlOf: (some) => lowerCutoffs({ ranking, ranks: [...some] }, segments),
  };
}

/** So that each comes after those that it goes by. The checker has refused circles. */
export function inTurn(rankings: readonly CompiledRanking[]): CompiledRanking[] {
  const depth = ({ within }: CompiledRanking): number =>
    within.reduce((deepest, other) => Math.max(deepest, depth(other) + 1), 0);
  return rankings.toSorted((a, b) => depth(a) - depth(b));
}

interface When {
  at: Instant;
  projectZone: string;
}

/**
 * Stores the cut-offs of these ranks at `at` and tells whom a new one concerns (inbox, `sample`). Returns how many were told. Those that its
 * segment goes by are read as they are stored.
 */
export async function takeCutoffs(
  sql: Queryable,
  { sqlOf }: CompiledRanking,
  ranks: readonly number[],
  when: When,
): Promise<number> {
  const { store, ...rest } = sqlOf(ranks);
  const { rows } = await sql.query<{ told: number }>(store, await valuesOf(sql, rest, when));
  return rows[0]!.told;
}

/** Cut-offs that are to be taken for stored ones, by `cutoffKey`; null where nobody has a value. Numbers as text, exactly. */
export type CutoffsNow = ReadonlyMap<string, string | null>;

/** Which ranks of a ranking, by its key, an apply takes again although they are taken. */
export type TakenAgain = ReadonlyMap<string, readonly number[]>;

/**
 * The cut-offs at an instant that nobody has taken yet: of definitions that are not live, or only just; and of those that are
 * to be taken again. Nothing is stored.
 */
export async function lookAtCutoffs(
  sql: Queryable,
  rankings: readonly CompiledRanking[],
  when: When & { again?: TakenAgain },
): Promise<CutoffsNow> {
  const found = new Map<string, string | null>();
  for (const ranking of rankings) {
    const again = when.again?.get(ranking.key) ?? [];
    const ranks = untaken(ranking, await loadTaken(sql, ranking), again);
    if (ranks.length === 0) continue;
    const { look, ...rest } = ranking.sqlOf(ranks);
    const within = await lookAtCutoffs(sql, ranking.within, when);
    const { rows } = await sql.query<{ rank: number; cutoff: string | null }>(
      look,
      await valuesOf(sql, rest, when, within),
    );
    for (const { rank, cutoff } of rows)
      found.set(cutoffKey({ cutoffOf: ranking.key, rank }), cutoff);
  }
  return found;
}

/** What cut-offs are stored of a ranking since its last daily sample. */
export interface Taken {
  meaning: string;
  ranks: readonly number[];
}

/** The ranks that nobody has taken yet; those that something live goes by stay as they are. */
export function untaken(
  { meaning, ranks }: CompiledRanking,
  taken: Taken | undefined,
  again: readonly number[] = [],
): number[] {
  return ranks.filter(
    (rank) => taken?.meaning !== meaning || !taken.ranks.includes(rank) || again.includes(rank),
  );
}

async function loadTaken(
  sql: Queryable,
  { key }: Pick<CompiledRanking, 'key'>,
): Promise<Taken | undefined> {
  const { rows } = await sql.query<Taken>(
    'select meaning, ranks from sample_clocks where ranking = $1',
    [key],
  );
  return rows[0];
}

const ALL_SHARDS = Array.from({ length: SHARD_COUNT }, (_, shard) => shard);

/** What a statement is given for these: where no cut-off is given, the one stored goes. */
export function valuesAt(
  values: readonly unknown[],
  earliest: Instant,
  cutoffs: CutoffsNow = new Map(),
): unknown[] {
  return values.map((value) => {
    if (value === EARLIEST_AT) return instantToSql(earliest);
    return isCutoffNow(value) ? (cutoffs.get(cutoffKey(value)) ?? null) : value;
  });
}

function cutoffKey({ cutoffOf, rank }: CutoffNow): string {
  return `${cutoffOf}/${rank}`;
}

async function valuesOf(
  sql: Queryable,
  { values, columns }: Pick<CutoffsSql, 'values' | 'columns'>,
  { at, projectZone }: When,
  within?: CutoffsNow,
): Promise<unknown[]> {
  const zones = readsZones(columns) ? await zonesIn(sql, ALL_SHARDS) : [];
  return [
    ...valuesAt(values, at, within),
    ...allValues(columns, zones, { shards: ALL_SHARDS, at, projectZone }),
  ];
}
