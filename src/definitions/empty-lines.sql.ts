/**
 * Stage 1: percentiles whose line was drawn over nobody (docs/adr/0189). In: definitions, and which of them an apply changes.
 * Out: the lines that these read and that stand empty, so that the apply has them drawn again by whoever has the value by now.
 */
import type { Queryable } from '../core/queryable.js';
import type { Definitions } from '../language/definitions.js';
import { rankingKey } from '../language/rankings.js';
import { rankingsOf } from '../language/reads.js';
import { segmentsNamed, segmentsReached, segmentsTouched } from '../language/segments-named.js';
import type { Change } from './revision.entity.js';

/** A rank of a ranking, by `rankingKey`. */
export interface EmptyLine {
  ranking: string;
  rank: number;
}

/** Of what `changed` adds or changes, and of what names it or is named by it; whose latest sample counted nobody. */
export async function emptyLines(
  sql: Queryable,
  definitions: Definitions,
  changed: readonly Change[],
): Promise<EmptyLine[]> {
  const asked = rankingsOf(concerned(definitions, changed)).flatMap(({ ranking, ranks }) =>
    ranks.map((rank) => ({ ranking: rankingKey(ranking), rank })),
  );
  if (asked.length === 0) return [];
  const { rows } = await sql.query<EmptyLine>(
    `select a.ranking, a.rank::float8 as rank
     from unnest($1::text[], $2::numeric[]) as a (ranking, rank)
     cross join lateral (
       select c.counted from percentile_cutoffs c
       where c.ranking = a.ranking and c.rank = a.rank order by c.sampled_at desc limit 1) latest
     where latest.counted = 0`,
    [asked.map(({ ranking }) => ranking), asked.map(({ rank }) => rank)],
  );
  return rows;
}

/** Lets the engine draw them again: as with a rank that is new, nobody has taken them yet. */
export async function drawAgain(sql: Queryable, lines: readonly EmptyLine[]): Promise<void> {
  if (lines.length === 0) return;
  await sql.query(
    `update sample_clocks s
     set ranks = array(
       select rank from unnest(s.ranks) as rank
       where not exists (
         select from unnest($1::text[], $2::float8[]) as e (ranking, empty) where e.ranking = s.ranking and e.empty = rank))
     where s.ranking = any($1::text[])`,
    [lines.map(({ ranking }) => ranking), lines.map(({ rank }) => rank)],
  );
}

function concerned(
  { segments, campaigns }: Definitions,
  changed: readonly Change[],
): Pick<Definitions, 'segments' | 'campaigns'> {
  const names = (kind: Change['kind']): string[] =>
    changed.filter((one) => one.kind === kind && one.change !== 'removed').map(({ name }) => name);
  const own = new Set(names('campaign'));
  const among = campaigns.filter(({ id }) => own.has(id));
  const ids = segmentsReached(segments, [
    ...segmentsTouched(segments, names('segment')),
    ...among.flatMap((campaign) => [...segmentsNamed(campaign)]),
  ]);
  return { segments: segments.filter(({ id }) => ids.has(id)), campaigns: among };
}
