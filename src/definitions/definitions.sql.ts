/** Definitions for those who look: what is live, every version there was, and who changed what. */
import type { Instant } from '../core/instant.js';
import type { Queryable } from '../core/queryable.js';
import type { Definition } from '../language/definitions.js';
import type { Change } from './revision.entity.js';

export interface LiveVersion {
  kind: Definition['kind'];
  name: string;
  version: number;
  appliedAt: Instant;
}

/** What is live by kind and name, what comes after `after`. */
export async function listLive(
  sql: Queryable,
  { after, limit }: { after: readonly [string, string] | null; limit: number },
): Promise<LiveVersion[]> {
  const { rows } = await sql.query<LiveVersion>(
    `select l.kind, l.name, v.version, v.created_at as "appliedAt"
     from live_definitions l join definition_versions v on v.id = l.version_id
     where ($1::text is null or (l.kind, l.name) > ($1, $2::text))
     order by l.kind, l.name limit $3`,
    [after?.[0] ?? null, after?.[1] ?? null, limit],
  );
  return rows;
}

export interface StoredVersion extends LiveVersion {
  live: boolean;
  /** Null: it was not written down. */
  appliedBy: string | null;
  /** What the author wrote. */
  source: string;
}

/** Versions of one definition, the latest first; `before` a version. */
export async function listVersions(
  sql: Queryable,
  { kind, name }: { kind: string; name: string },
  { before, limit }: { before: number | null; limit: number },
): Promise<StoredVersion[]> {
  const { rows } = await sql.query<StoredVersion>(
    `select v.kind, v.name, v.version, v.created_at as "appliedAt", v.source,
       exists (select from live_definitions l where l.version_id = v.id) as live,
       (select r.applied_by from revisions r
        where r.applied_at = v.created_at and r.summary @> jsonb_build_array(jsonb_build_object('kind', v.kind, 'name', v.name))
        order by r.id limit 1) as "appliedBy"
     from definition_versions v
     where v.kind = $1 and v.name = $2 and ($3::integer is null or v.version < $3)
     order by v.version desc limit $4`,
    [kind, name, before, limit],
  );
  return rows;
}

/** What the author wrote: of the newest version, of a given one, or of the one that is live; null when there is none. */
export async function loadSource(
  sql: Queryable,
  { kind, name, version }: { kind: string; name: string; version?: number | 'live' },
): Promise<string | null> {
  const { rows } = await sql.query<{ source: string }>(
    `select v.source from definition_versions v
     where v.kind = $1 and v.name = $2 and ($3::integer is null or v.version = $3)
       and (not $4 or exists (select from live_definitions l where l.version_id = v.id))
     order by v.version desc limit 1`,
    [kind, name, typeof version === 'number' ? version : null, version === 'live'],
  );
  return rows[0]?.source ?? null;
}

export interface StoredRevision {
  id: number;
  appliedAt: Instant;
  appliedBy: string;
  changes: Change[];
}

/** Who changed what is live, the latest first; `before` a revision. */
export async function listRevisions(
  sql: Queryable,
  { before, limit }: { before: number | null; limit: number },
): Promise<StoredRevision[]> {
  const { rows } = await sql.query<StoredRevision>(
    `select id, applied_at as "appliedAt", applied_by as "appliedBy", summary as changes
     from revisions where ($1::bigint is null or id < $1) order by id desc limit $2`,
    [before, limit],
  );
  return rows;
}

/** The number of one version of a campaign among all versions; null when there is none. */
export async function findCampaignVersion(
  sql: Queryable,
  campaign: string,
  version: number,
): Promise<number | null> {
  const { rows } = await sql.query<{ id: number }>(
    `select id from definition_versions where kind = 'campaign' and name = $1 and version = $2`,
    [campaign, version],
  );
  return rows[0]?.id ?? null;
}
