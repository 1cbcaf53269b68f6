/**
 * The daily samples of what people are ranked by (semantics.md, Sampled kinds). Time does not pass one by: a window ends just
 * before it, and the engine that comes to it first takes it in its own transaction, as of its instant, before anybody is judged
 * at it; whom a new cut-off concerns hears of it as a fact. A ranking that is new, or ranks others, is sampled at once, so
 * that what is built then finds its cut-offs; of a rank that is new that one alone, since nobody applied another cut-off of the others.
 */
import { instantToSql, type Instant } from '../core/instant.js';
import type { Queryable } from '../core/queryable.js';
import { samplesAround } from '../segments/sampling.js';
import {
  takeCutoffs,
  untaken,
  type CompiledRanking,
  type Taken,
} from '../segments/take-cutoffs.js';
import type { EngineDefinitions } from './engine-definitions.js';
import { reached } from './schedule-clocks.sql.js';

interface Here {
  definitions: EngineDefinitions;
  /** Up to where all of the shards at hand have settled; null = one of them nothing yet. */
  settledAt: Instant | null;
}

/**
 * Takes what is due and has been come up to; returns where the window ends that was to go up to `asked`. Two engines at one
 * sample: the later one begins anew (40001) and finds it taken.
 */
export async function cutAtSample(sql: Queryable, o: Here, asked: Instant): Promise<Instant> {
  const { rankings } = o.definitions;
  const clocks = await loadClocks(sql);
  const retired = [...clocks.keys()].filter((key) => !rankings.has(key));
  if (retired.length > 0)
    await sql.query('delete from sample_clocks where ranking = any($1::text[])', [retired]);
  let until = asked;
  for (const ranking of rankings.values()) {
    const clock = clocks.get(ranking.key);
    let dueAt = clock?.dueAt;
    const ranks = untaken(ranking, clock);
    if (ranks.length > 0) {
      const at = Math.max(await beginning(sql, asked), (clock?.sampledAt ?? -Infinity) + 1);
      // One sample an instant: of another meaning it is for the next one.
      if (at <= asked) dueAt = await take(sql, o, ranking, { at, ranks });
    }
    if (dueAt !== undefined)
      until = Math.min(until, await comeTo(sql, o, { ranking, dueAt, asked }));
  }
  return until;
}

/** Takes what is due of one ranking where the shards stand before it; how far they may go. */
async function comeTo(
  sql: Queryable,
  o: Here,
  { ranking, dueAt, asked }: { ranking: CompiledRanking; dueAt: Instant; asked: Instant },
): Promise<Instant> {
  if (dueAt > asked) return asked;
  if (o.settledAt === null || o.settledAt < dueAt - 1) return dueAt - 1;
  const next = await take(sql, o, ranking, { at: dueAt, ranks: ranking.ranks });
  return Math.min(asked, next - 1);
}

/** When a new ranking is sampled: where the furthest shard is, or when the definitions were applied. */
async function beginning(sql: Queryable, asked: Instant): Promise<Instant> {
  const { settledAt, appliedAt } = await reached(sql);
  return Math.min(asked, Math.max(appliedAt, settledAt ?? asked));
}

/** Takes a sample of these ranks; returns when the next one is due. */
async function take(
  sql: Queryable,
  { definitions: { project } }: Here,
  ranking: CompiledRanking,
  { at, ranks }: { at: Instant; ranks: readonly number[] },
): Promise<Instant> {
  const dueAt = samplesAround(at, ranking.sampling).next;
  await sql.query(
    `insert into sample_clocks (ranking, meaning, ranks, sampled_at, due_at)
     values ($1, $2, $5::float8[], $3::timestamptz, $4::timestamptz)
     on conflict (ranking) do update
       set meaning = excluded.meaning, ranks = excluded.ranks, sampled_at = excluded.sampled_at, due_at = excluded.due_at`,
    [ranking.key, ranking.meaning, instantToSql(at), instantToSql(dueAt), ranking.ranks],
  );
  await takeCutoffs(sql, ranking, ranks, { at, projectZone: project.zone });
  return dueAt;
}

async function loadClocks(
  sql: Queryable,
): Promise<Map<string, Taken & { sampledAt: Instant; dueAt: Instant }>> {
  const { rows } = await sql.query<{
    ranking: string;
    meaning: string;
    ranks: number[];
    sampledAt: Instant;
    dueAt: Instant;
  }>({
    name: 'engine-load-sample-clocks',
    text: `select ranking, meaning, ranks, sampled_at as "sampledAt", due_at as "dueAt" from sample_clocks order by ranking`,
  });
  return new Map(rows.map(({ ranking, ...clock }) => [ranking, clock]));
}
