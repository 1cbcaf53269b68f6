/**
 * Campaigns that take their present members in at a pace for which one day is not enough: `validate` has no database and
 * cannot know, `apply` has one and says it.
 */
import type { Queryable } from '../core/queryable.js';
import type { Definitions } from '../language/definitions.js';
import { paceTakes, type PaceTakes } from '../language/gates/pace-takes.js';

export interface SlowPace extends PaceTakes {
  campaign: string;
  members: number;
}

/** Of campaigns with `current: true`; none costs no statement. */
export async function slowPaces(
  sql: Queryable,
  { campaigns, project }: Definitions,
): Promise<SlowPace[]> {
  const paced = campaigns.flatMap(({ id, enter, pace, sendWindow }) =>
    pace && enter.kind === 'segment' && enter.current
      ? [{ id, segment: enter.segment, pace, window: sendWindow ?? project.sendWindow ?? null }]
      : [],
  );
  if (paced.length === 0) return [];
  const { rows } = await sql.query<{ segment: string; members: number }>(
    `select segment, count(*)::int as members from segment_states
     where segment = any($1::text[]) and member group by segment`,
    [paced.map(({ segment }) => segment)],
  );
  const members = new Map(rows.map((row) => [row.segment, row.members]));
  return paced
    .map(({ id, segment, pace, window }) => {
      const n = members.get(segment) ?? 0;
      return { campaign: id, members: n, ...paceTakes(n, pace, window) };
    })
    .filter(({ days }) => days > 1);
}
