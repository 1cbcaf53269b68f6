/**
 * Stage 3, for those who look: a campaign over time. In: its id, and bounds of stretches of time. Out: who entered and who was
 * refused, stretch by stretch; what goes on next; who of its people is under way elsewhere. Along indexes; what would
 * have to read very many rows is counted from a sample, and says so.
 */
import { instantToSql, type Instant } from '../core/instant.js';
import type { Queryable } from '../core/queryable.js';
import { SHARD_COUNT } from '../core/shard.js';

export interface Entries {
  entered: number;
  refused: number;
}

/** Who entered and who was refused between each two of `bounds` (ascending). */
export async function entriesOverTime(
  sql: Queryable,
  campaign: string,
  bounds: readonly Instant[],
): Promise<Entries[]> {
  const { rows } = await sql.query<Entries>(
    `select entered.n as entered, refused.n as refused
     from unnest($2::timestamptz(3)[], $3::timestamptz(3)[]) with ordinality as b (from_at, to_at, place),
       lateral (select count(*) as n from enrolments
         where campaign = $1 and entered_at >= b.from_at and entered_at < b.to_at) entered,
       lateral (select count(*) as n from entry_refusals
         where campaign = $1 and at >= b.from_at and at < b.to_at) refused
     order by b.place`,
    [campaign, ...spansOf(bounds)],
  );
  return rows;
}

/** Up to so many under way are looked at one by one. */
const MOST_ACTIVE = 20_000;
/** Of more, those of every sixteenth shard: profiles lie in shards by chance. */
const SAMPLED = 16;

export interface Due {
  /** By stretch. */
  due: number[];
  /** Should have gone on before the first of them. */
  overdue: number;
  /** Counted from a sample. */
  estimated: boolean;
}

/** When its enrolments that wait go on, between each two of `bounds`; `active` = how many are under way, about. */
export async function stepsDue(
  sql: Queryable,
  { campaign, active }: { campaign: string; active: number },
  bounds: readonly Instant[],
): Promise<Due> {
  const estimated = active > MOST_ACTIVE;
  // Each has an index of its own: all of one campaign, or all of a shard by when they are due.
  const where = estimated
    ? `e.shard in (select s from generate_series(0, ${SHARD_COUNT - 1}, ${SAMPLED}) s) and e.due_at < $3::timestamptz(3)`
    : 'true';
  const { rows } = await sql.query<{ span: number; n: number }>(
    `select width_bucket(e.due_at, $2::timestamptz(3)[]) - 1 as span, count(*)::integer as n
     from enrolments e
     where e.campaign = $1 and e.state = 'active' and e.due_at < $3::timestamptz(3) and e.step is not null and ${where}
     group by 1`,
    [campaign, bounds.map(instantToSql), instantToSql(bounds.at(-1)!)],
  );
  const counted = new Map(rows.map(({ span, n }) => [span, n * (estimated ? SAMPLED : 1)]));
  return {
    due: bounds.slice(1).map((_, span) => counted.get(span) ?? 0),
    overdue: counted.get(-1) ?? 0,
    estimated,
  };
}

/** So many of those under way are looked at for what else they are in. */
const OVERLAP_SAMPLE = 1_000;

export interface Overlap {
  /** How many were looked at: those that entered last. */
  of: number;
  /** Other campaigns, with how many of those are under way there too; the most first. */
  campaigns: { campaign: string; n: number }[];
}

/** In what else its people are under way. */
export async function overlapOf(sql: Queryable, campaign: string): Promise<Overlap> {
  const { rows } = await sql.query<{ of: number; campaign: string | null; n: number }>(
    `with people as materialized (
       select distinct profile_id from (
         select profile_id from enrolments where campaign = $1 and state = 'active'
         order by id desc limit ${OVERLAP_SAMPLE}) latest)
     select (select count(*) from people)::integer as of, o.campaign, count(distinct o.profile_id)::integer as n
     from (values (true)) as always
     left join (people join enrolments o using (profile_id)) on o.state = 'active' and o.campaign <> $1
     group by o.campaign order by n desc, o.campaign`,
    [campaign],
  );
  return {
    of: rows[0]?.of ?? 0,
    campaigns: rows.flatMap(({ campaign: other, n }) =>
      other === null ? [] : [{ campaign: other, n }],
    ),
  };
}

function spansOf(bounds: readonly Instant[]): [string[], string[]] {
  return [bounds.slice(0, -1).map(instantToSql), bounds.slice(1).map(instantToSql)];
}
