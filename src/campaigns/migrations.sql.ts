/**
 * Stage 3: migrations as rows: who is under way on earlier versions and where, what somebody asked for, and how far it has
 * come. The engine does the rest (engine/settle-moves.ts).
 */
import type { Instant } from '../core/instant.js';
import { instantToSql } from '../core/instant.js';
import type { Queryable } from '../core/queryable.js';
import type { CampaignDefinition } from '../language/definitions.js';
import type { StepMap } from './decide-move.js';

/** Enrolments under way at one step of one version, in one zone. */
export interface StandingGroup {
  versionId: number;
  /** Null: before the first one. */
  step: string | null;
  inRounds: boolean;
  /** Of the profiles, '' = the project's. */
  zone: string;
  active: number;
  /** Of `arrived_at`. */
  first: Instant;
  last: Instant;
}

/** Who is under way on these versions of a campaign. */
export async function countStanding(
  sql: Queryable,
  campaign: string,
  versions: readonly number[],
): Promise<StandingGroup[]> {
  const { rows } = await sql.query<StandingGroup>(
    `select e.version_id as "versionId", e.step, e.anchor_at is not null as "inRounds", coalesce(p.zone, '') as zone,
       count(*) as active, min(coalesce(e.arrived_at, e.entered_at)) as first, max(coalesce(e.arrived_at, e.entered_at)) as last
     from enrolments e join profiles p on p.id = e.profile_id
     where e.campaign = $1 and e.state = 'active' and e.version_id = any($2::bigint[])
     group by 1, 2, 3, 4 order by 1, 2 nulls first, 3, 4`,
    [campaign, versions],
  );
  return rows;
}

/** How many of a group came to their step by each of two instants. */
export async function countArrived(
  sql: Queryable,
  campaign: string,
  groups: readonly (StandingGroup & { due: Instant; late: Instant })[],
): Promise<{ due: number; late: number }[]> {
  if (groups.length === 0) return [];
  const { rows } = await sql.query<{ due: number; late: number }>(
    `select count(e.id) filter (where e.arrived_at <= g.due) as due, count(e.id) filter (where e.arrived_at <= g.late) as late
     from unnest($2::bigint[], $3::text[], $4::boolean[], $5::text[], $6::timestamptz[], $7::timestamptz[])
       with ordinality as g (version_id, step, in_rounds, zone, due, late, n)
     left join (enrolments e join profiles p on p.id = e.profile_id)
       on e.campaign = $1 and e.state = 'active' and e.version_id = g.version_id and e.step = g.step
         and (e.anchor_at is not null) = g.in_rounds and coalesce(p.zone, '') = g.zone
     group by g.n order by g.n`,
    [
      campaign,
      groups.map(({ versionId }) => versionId),
      groups.map(({ step }) => step),
      groups.map(({ inRounds }) => inRounds),
      groups.map(({ zone }) => zone),
      groups.map(({ due }) => instantToSql(due)),
      groups.map(({ late }) => instantToSql(late)),
    ],
  );
  return rows;
}

/** How many of those at `from` have left `to` behind before, under the iteration in which they are. */
export async function countBehind(
  sql: Queryable,
  campaign: string,
  pairs: readonly { versionId: number; from: string; to: string }[],
): Promise<number[]> {
  if (pairs.length === 0) return [];
  const { rows } = await sql.query<{ n: number }>(
    `select count(e.id) as n
     from unnest($2::bigint[], $3::text[], $4::text[]) with ordinality as g (version_id, step, target, n)
     left join enrolments e on e.campaign = $1 and e.state = 'active' and e.version_id = g.version_id and e.step = g.step
       and exists (select from enrolment_steps s where s.profile_id = e.profile_id and s.enrolment_id = e.id
         and s.step = g.target and s.iteration = e.iteration)
     group by g.n order by g.n`,
    [
      campaign,
      pairs.map(({ versionId }) => versionId),
      pairs.map(({ from }) => from),
      pairs.map(({ to }) => to),
    ],
  );
  return rows.map(({ n }) => n);
}

export interface StandingEnrolment {
  id: number;
  profileId: number;
  versionId: number;
  step: string | null;
  enteredAt: Instant;
  causeAt: Instant;
  convertedAt: Instant | null;
  entry: Record<string, unknown>;
  traits: Record<string, unknown>;
  zone: string | null;
}

/** Some of those under way on these versions, spread over all. */
export async function sampleStanding(
  sql: Queryable,
  { campaign, versions, most }: { campaign: string; versions: readonly number[]; most: number },
): Promise<StandingEnrolment[]> {
  const { rows } = await sql.query<StandingEnrolment>(
    `select e.id, e.profile_id as "profileId", e.version_id as "versionId", e.step, e.entered_at as "enteredAt",
       e.cause_at as "causeAt", e.converted_at as "convertedAt", e.entry, p.traits,
       p.zone
     from enrolments e join profiles p on p.id = e.profile_id
     where e.campaign = $1 and e.state = 'active' and e.version_id = any($2::bigint[])
     order by hashint8(e.id) limit $3`,
    [campaign, versions, most],
  );
  return rows;
}

export interface EarlierVersion {
  id: number;
  version: number;
  definition: CampaignDefinition;
  active: number;
}

/** Versions of a campaign, other than this one, on which somebody is under way; the oldest first. */
export async function earlierVersions(
  sql: Queryable,
  campaign: string,
  live: number,
): Promise<EarlierVersion[]> {
  const { rows } = await sql.query<EarlierVersion>(
    `select v.id, v.version, v.definition, e.active
     from (select version_id, count(*) as active from enrolments
           where campaign = $1 and state = 'active' and version_id <> $2 group by version_id) e
     join definition_versions v on v.id = e.version_id order by v.version`,
    [campaign, live],
  );
  return rows;
}

/** Enrolments of a live campaign that go on with another version than what is live; 0 for one that is not. */
export async function countEarlier(sql: Queryable, campaign: string): Promise<number> {
  const { rows } = await sql.query<{ n: number }>(
    `select count(*) as n from enrolments e join live_definitions l on l.kind = 'campaign' and l.name = e.campaign
     where e.campaign = $1 and e.state = 'active' and e.version_id <> l.version_id`,
    [campaign],
  );
  return rows[0]!.n;
}

export interface NewMigration {
  id: string;
  campaign: string;
  from: readonly number[];
  to: number;
  map: StepMap;
  by: string;
  now: Instant;
}

/** Writes it down with everybody whom it is to come to; returns how many enrolments that are. */
export async function insertMigration(sql: Queryable, o: NewMigration): Promise<number> {
  await sql.query(
    `insert into enrolment_migrations (id, campaign, from_versions, to_version_id, map, requested_at, requested_by, asked)
     select $1, $2, $3::bigint[], $4, $5::jsonb, $6::timestamptz(3), $7,
       (select count(*) from enrolments where campaign = $2 and state = 'active' and version_id = any($3::bigint[]))`,
    [o.id, o.campaign, o.from, o.to, JSON.stringify(o.map), instantToSql(o.now), o.by],
  );
  await sql.query(
    `insert into migrating_profiles (shard, migration_id, profile_id)
     select distinct shard, $1::uuid, profile_id from enrolments
     where campaign = $2 and state = 'active' and version_id = any($3::bigint[])`,
    [o.id, o.campaign, o.from],
  );
  return (await loadMigration(sql, o.id))!.asked;
}

export interface StoredMigration {
  id: string;
  campaign: string;
  /** Versions of the campaign. */
  from: number[];
  to: number;
  map: StepMap;
  requestedAt: Instant;
  requestedBy: string;
  /** Enrolments that it was to look at. */
  asked: number;
  moved: number;
  /** Profiles that it has yet to come to. */
  left: number;
}

const SELECT = `
  select m.id, m.campaign, m.map, m.requested_at as "requestedAt", m.requested_by as "requestedBy", m.asked, t.version as to,
    (select array_agg(v.version order by v.version) from definition_versions v where v.id = any(m.from_versions)) as from,
    (select count(*) from enrolment_moves o where o.migration_id = m.id) as moved,
    (select count(*) from migrating_profiles q where q.migration_id = m.id)
      + (select count(*) from inbox i where i.kind = 'migrate' and i.data ->> 'migration' = m.id::text) as left
  from enrolment_migrations m join definition_versions t on t.id = m.to_version_id`;

export async function loadMigration(sql: Queryable, id: string): Promise<StoredMigration | null> {
  const { rows } = await sql.query<StoredMigration>(`${SELECT} where m.id = $1`, [id]);
  return rows[0] ?? null;
}

/** Of a campaign, the latest first; `before` is (requested_at, id) of the last one seen. */
export async function listMigrations(
  sql: Queryable,
  {
    campaign,
    before,
    limit,
  }: { campaign: string; before: [Instant, string] | null; limit: number },
): Promise<StoredMigration[]> {
  const { rows } = await sql.query<StoredMigration>(
    `${SELECT} where m.campaign = $1 and ($2::timestamptz(3) is null or (m.requested_at, m.id) < ($2, $3::uuid))
     order by m.requested_at desc, m.id desc limit $4`,
    [campaign, before && instantToSql(before[0]), before?.[1] ?? null, limit],
  );
  return rows;
}

/** One passage from version to version of an enrolment. */
export interface StoredMove {
  at: Instant;
  from: number;
  to: number;
  fromStep: string | null;
  toStep: string | null;
  by: string;
}

/** Of these enrolments, in order. */
export async function listMoves(
  sql: Queryable,
  enrolments: readonly number[],
): Promise<Map<number, StoredMove[]>> {
  const moves = new Map<number, StoredMove[]>();
  if (enrolments.length === 0) return moves;
  const { rows } = await sql.query<StoredMove & { enrolmentId: number }>(
    `select o.enrolment_id as "enrolmentId", o.at, f.version as from, t.version as to, o.from_step as "fromStep",
       o.to_step as "toStep", m.requested_by as by
     from enrolments e join enrolment_moves o on o.profile_id = e.profile_id and o.enrolment_id = e.id
     join enrolment_migrations m on m.id = o.migration_id
     join definition_versions f on f.id = o.from_version_id join definition_versions t on t.id = m.to_version_id
     where e.id = any($1::bigint[]) order by o.at, m.requested_at`,
    [enrolments],
  );
  for (const { enrolmentId, ...move } of rows) {
    const known = moves.get(enrolmentId);
    if (known) known.push(move);
    else moves.set(enrolmentId, [move]);
  }
  return moves;
}
