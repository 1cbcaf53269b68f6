/**
 * Stage 2, for those who look: the live segments, who is in them, and how that changed over time. Out: rows as the
 * engine committed them; a segment that some shards have yet to build is known in part, and says so.
 */
import type { Instant } from '../core/instant.js';
import { instantToSql } from '../core/instant.js';
import type { Queryable } from '../core/queryable.js';
import type { TransitionCause } from '../core/reasons.js';
import { SHARD_COUNT } from '../core/shard.js';
import { userIdOf } from '../ingest/profiles.sql.js';
import type { SegmentDefinition } from '../language/definitions.js';

export interface StoredSegment {
  id: string;
  version: number;
  appliedAt: Instant;
  definition: SegmentDefinition;
  source: string;
  members: number;
  /** Every shard has judged its profiles by this version. */
  built: boolean;
}

const SELECT = `
  select v.name as id, v.version, v.created_at as "appliedAt", v.definition, v.source,
    (select count(*) from segment_states s where s.segment = v.name and s.member) as members,
    (select count(*) from segment_builds b where b.segment = v.name and b.version_id = v.id) >= ${SHARD_COUNT} as built
  from live_definitions l join definition_versions v on v.id = l.version_id
  where l.kind = 'segment'`;

/** Live segments by id, those after `after`; those of campaigns (`CAMPAIGN/who`) too. */
export async function listSegments(
  sql: Queryable,
  { after, limit }: { after: string | null; limit: number },
): Promise<StoredSegment[]> {
  const { rows } = await sql.query<StoredSegment>(
    `${SELECT} and ($1::text is null or l.name > $1) order by l.name limit $2`,
    [after, limit],
  );
  return rows;
}

/** One live segment, null when there is none of this id. */
export async function loadSegment(sql: Queryable, id: string): Promise<StoredSegment | null> {
  const { rows } = await sql.query<StoredSegment>(`${SELECT} and l.name = $1`, [id]);
  return rows[0] ?? null;
}

export interface StoredMember {
  profileId: number;
  /** The application's own id, of several the one stated latest; null for an anonymous profile. */
  userId: string | null;
  /** The `email` trait where it is a text. */
  address: string | null;
  since: Instant;
}

const MEMBER = `
  select s.profile_id as "profileId", s.since,
    ${userIdOf('s')} as "userId",
    (select case when jsonb_typeof(p.traits -> 'email') = 'string' then p.traits ->> 'email' end
     from profiles p where p.id = s.profile_id) as address
  from segment_states s
  where s.segment = $1 and s.member`;

/** Members by our number, those after `after`. */
export async function listMembers(
  sql: Queryable,
  segment: string,
  { after, limit }: { after: number | null; limit: number },
): Promise<StoredMember[]> {
  const { rows } = await sql.query<StoredMember>(
    `${MEMBER} and ($2::bigint is null or s.profile_id > $2) order by s.profile_id limit $3`,
    [segment, after, limit],
  );
  return rows;
}

/** Those of these profiles that are members. */
export async function membersAmong(
  sql: Queryable,
  segment: string,
  profileIds: readonly number[],
): Promise<StoredMember[]> {
  const { rows } = await sql.query<StoredMember>(
    `${MEMBER} and s.profile_id = any($2::bigint[]) order by s.profile_id`,
    [segment, profileIds],
  );
  return rows;
}

interface Movement {
  entered: boolean;
  cause: TransitionCause;
  n: number;
}

export interface Span {
  entered: number;
  exited: number;
  /** Members at its end. */
  members: number;
  /** The same apart by what caused it. */
  movements: Movement[];
}

/**
 * Who came and went between each two of `bounds` (ascending), and how many there were at the end of each span: from
 * how many there are now, going back. Along an index alone.
 */
export async function segmentHistory(
  sql: Queryable,
  segment: string,
  bounds: readonly Instant[],
): Promise<Span[]> {
  const [{ rows }, present] = await Promise.all([
    sql.query<Movement & { span: number }>(
      `select b.place::integer - 1 as span, t.entered, t.cause, t.n
       from unnest($2::timestamptz(3)[], $3::timestamptz(3)[]) with ordinality as b (from_at, to_at, place), lateral (
         select entered, cause, count(*)::integer as n from transitions
         where segment = $1 and at >= b.from_at and at < b.to_at group by 1, 2) t`,
      [segment, bounds.slice(0, -1).map(instantToSql), bounds.slice(1).map(instantToSql)],
    ),
    membersAt(sql, segment, bounds.at(-1)!),
  ]);
  const spans: Span[] = [];
  let members = present;
  for (let span = bounds.length - 2; span >= 0; span -= 1) {
    const movements = rows
      .filter((row) => row.span === span)
      .map(({ entered, cause, n }) => ({ entered, cause, n }));
    const [entered, exited] = [true, false].map((way) =>
      movements.reduce((sum, one) => sum + (one.entered === way ? one.n : 0), 0),
    ) as [number, number];
    spans.unshift({ entered, exited, members, movements });
    members += exited - entered;
  }
  return spans;
}

/** How many there were at an instant that is not long ago, or are, where it is still to come. */
async function membersAt(sql: Queryable, segment: string, at: Instant): Promise<number> {
  const { rows } = await sql.query<{ members: number }>(
    `select (select count(*) from segment_states where segment = $1 and member)
       - (select count(*) filter (where entered) - count(*) filter (where not entered)
          from transitions where segment = $1 and at >= $2::timestamptz(3)) as members`,
    [segment, instantToSql(at)],
  );
  return rows[0]!.members;
}

export interface Membership {
  segment: string;
  since: Instant;
}

/** The live segments that a profile is in now. */
export async function listMemberships(sql: Queryable, profileId: number): Promise<Membership[]> {
  const { rows } = await sql.query<Membership>(
    `select s.segment, s.since from segment_states s
     join live_definitions l on l.kind = 'segment' and l.name = s.segment
     where s.profile_id = $1 and s.member order by s.segment`,
    [profileId],
  );
  return rows;
}

/** Whether a profile was a member of a segment at an instant, and since when; null: it was not. */
export async function membershipAt(
  sql: Queryable,
  { profileId, segment, at }: { profileId: number; segment: string; at: Instant },
): Promise<{ since: Instant } | null> {
  const { rows } = await sql.query<{ entered: boolean; since: Instant }>(
    `select entered, since from (
       select member as entered, since from segment_states where profile_id = $1 and segment = $2
       union all select entered, at from transitions where profile_id = $1 and segment = $2
     ) known where since <= $3::timestamptz(3) order by since desc limit 1`,
    [profileId, segment, instantToSql(at)],
  );
  return rows[0]?.entered ? { since: rows[0].since } : null;
}
