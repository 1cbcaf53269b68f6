/**
 * Stage 2, for those who look: the live segments, who is in them, and how that changed over time. Out: rows as the
 * engine committed them; a segment that some shards have yet to build is known in part, and says so.
 */
import type { Instant } from '../core/instant.js';
import { instantToSql } from '../core/instant.js';
import type { Queryable } from '../core/queryable.js';
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
  since: Instant;
}

/** Members by our number, those after `after`. */
export async function listMembers(
  sql: Queryable,
  segment: string,
  { after, limit }: { after: number | null; limit: number },
): Promise<StoredMember[]> {
  const { rows } = await sql.query<StoredMember>(
    `select s.profile_id as "profileId", s.since, ${userIdOf('s')} as "userId"
     from segment_states s
     where s.segment = $1 and s.member and ($2::bigint is null or s.profile_id > $2)
     order by s.profile_id limit $3`,
    [segment, after, limit],
  );
  return rows;
}

export interface Span {
  entered: number;
  exited: number;
  /** Members at its end. */
  members: number;
}

/**
 * Who came and went between each two of `bounds` (ascending), and how many there were at the end of each span: from
 * how many there are now, going back.
 */
export async function segmentHistory(
  sql: Queryable,
  segment: string,
  bounds: readonly Instant[],
): Promise<Span[]> {
  const { rows } = await sql.query<Span>(
    `with span as (
       select n, from_at, lead(from_at) over (order by n) as to_at
       from unnest($2::timestamptz(3)[]) with ordinality as b (from_at, n)),
     counted as (
       select span.n, count(*) filter (where t.entered) as entered, count(*) filter (where not t.entered) as exited
       from span left join transitions t on t.segment = $1 and t.at >= span.from_at and t.at < span.to_at
       where span.to_at is not null group by span.n),
     present as (
       select (select count(*) from segment_states where segment = $1 and member)
         - (select count(*) filter (where entered) - count(*) filter (where not entered)
            from transitions where segment = $1 and at >= $3::timestamptz(3)) as members)
     select entered, exited, present.members
         - coalesce(sum(entered - exited) over (order by n desc rows between unbounded preceding and 1 preceding), 0)::bigint as members
     from counted, present order by n`,
    [segment, bounds.map(instantToSql), instantToSql(bounds.at(-1)!)],
  );
  return rows;
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
