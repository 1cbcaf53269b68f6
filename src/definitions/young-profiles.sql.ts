/**
 * How many profiles a negative window is true of only because they are young (RK308): `validate` has no
 * database and warns without a number, a plan has one and says it.
 */
import { instantToSql, type Instant } from '../core/instant.js';
import type { Queryable } from '../core/queryable.js';
import { negativeWindows } from '../language/checks/negative-window.js';
import type { Definitions } from '../language/definitions.js';

export interface YoungProfiles {
  /** The segment's id; `win-back/who` of a campaign's own. */
  segment: string;
  /** Profiles whose life began within its longest such window. */
  young: number;
  all: number;
}

/** One row per segment with a negative window that nothing anchors; none costs no statement. */
export async function youngProfiles(
  sql: Queryable,
  { segments, campaigns, project }: Pick<Definitions, 'segments' | 'campaigns' | 'project'>,
  now: Instant,
): Promise<YoungProfiles[]> {
  const broadcasts = campaigns.flatMap(({ id, enter }) =>
    enter.kind === 'broadcast' || enter.kind === 'schedule'
      ? [{ id: `${id}/who`, who: enter.who }]
      : [],
  );
  const windows = [...segments, ...broadcasts].flatMap(({ id, who }) => {
    const lengths = negativeWindows(who, project.profileStart).map(({ ms }) => ms);
    return lengths.length === 0 ? [] : [{ id, from: instantToSql(now - Math.max(...lengths)) }];
  });
  if (windows.length === 0) return [];
  const { rows } = await sql.query<YoungProfiles>(
    `select w.segment, count(*) filter (where p.born_at > w.since or p.born_at is null)::int as young, count(p.id)::int as "all"
     from unnest($1::text[], $2::timestamptz[]) with ordinality as w(segment, since, i)
     left join profiles p on p.merged_into is null
     group by w.i, w.segment having count(p.id) > 0 order by w.i`,
    [windows.map(({ id }) => id), windows.map(({ from }) => from)],
  );
  return rows;
}
