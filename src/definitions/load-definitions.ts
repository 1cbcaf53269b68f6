/**
 * Definitions out of the database: what is live now, and any version an enrolment is pinned to.
 * In: a session (its search_path is the workspace). Out: the checked definitions as apply stored them.
 * Versions are immutable, so whoever caches by version id is never wrong.
 */
import { instantToSql, type Instant } from '../core/instant.js';
import type { Queryable } from '../core/queryable.js';
import type {
  CampaignDefinition,
  Definition,
  ProjectDefinition,
  SegmentDefinition,
} from '../language/definitions.js';
import type { Reads } from '../language/reads.js';
import type { ScoreDefinition } from '../language/scores/score-shapes.js';

/** A definition and the version it is stored as. */
interface Versioned<D> {
  versionId: number;
  definition: D;
}

/** Everything live at one revision. Templates are left in the database: load one with `loadVersion`. */
export interface LiveDefinitions {
  revision: number;
  /** Ingest has decided by them what the engine hears of, since then. */
  appliedAt: Instant;
  /** Of everything live, and of what enrolments are pinned to. */
  reads: Reads;
  project: ProjectDefinition;
  /** By segment id; implicit ones are `<campaign>/who`. */
  segments: ReadonlyMap<string, Versioned<SegmentDefinition>>;
  /** By score id. */
  scores: ReadonlyMap<string, Versioned<ScoreDefinition>>;
  /** By campaign id, drafts included. */
  campaigns: ReadonlyMap<string, Versioned<CampaignDefinition>>;
  /** By template id. */
  templates: ReadonlyMap<string, { versionId: number }>;
}

/** The newest revision's number, null before the first apply. */
export async function currentRevision(sql: Queryable): Promise<number | null> {
  const { rows } = await sql.query<{ revision: number | null }>(
    'select max(id) as revision from revisions',
  );
  return rows[0]?.revision ?? null;
}

/** What ingest and delivery need of the newest revision; null before the first apply. */
export async function currentReads(
  sql: Queryable,
): Promise<{ revision: number; reads: Reads; project: ProjectDefinition } | null> {
  const { rows } = await sql.query<{ revision: number; reads: Reads; project: ProjectDefinition }>(
    'select id as revision, reads, project from revisions order by id desc limit 1',
  );
  return rows[0] ?? null;
}

/**
 * The live definitions, null before the first apply. One statement, so that it sees one revision even
 * outside a transaction.
 */
export async function loadLive(sql: Queryable): Promise<LiveDefinitions | null> {
  const { rows } = await sql.query<LiveRow>(`
    select r.id as revision, r.applied_at, r.reads, r.project, ${LIVE_COLUMNS}
    from (select id, applied_at, reads, project from revisions order by id desc limit 1) r
    left join live_definitions l on true
    left join definition_versions v on v.id = l.version_id
    order by l.kind, l.name`);
  return toLive(rows);
}

/** What was live at an instant, null before the first apply; what had been taken away by then is still there. */
export async function loadLiveAt(sql: Queryable, at: Instant): Promise<LiveDefinitions | null> {
  const { rows } = await sql.query<LiveRow>(
    `select r.id as revision, r.applied_at, r.reads, r.project, ${LIVE_COLUMNS}
     from (select id, applied_at, reads, project from revisions where applied_at <= $1::timestamptz(3) order by id desc limit 1) r
     left join (select distinct on (kind, name) kind, name, id as version_id from definition_versions
       where created_at <= $1::timestamptz(3) order by kind, name, version desc) l on true
     left join definition_versions v on v.id = l.version_id
     order by l.kind, l.name`,
    [instantToSql(at)],
  );
  return toLive(rows);
}

interface LiveRow {
  revision: number;
  applied_at: Instant;
  reads: Reads;
  project: ProjectDefinition;
  kind: string | null;
  name: string;
  version_id: number;
  definition: Definition | null;
}

const LIVE_COLUMNS = `l.kind, l.name, l.version_id,
  case when l.kind in ('segment', 'score', 'campaign') then v.definition end as definition`;

function toLive(rows: readonly LiveRow[]): LiveDefinitions | null {
  const first = rows[0];
  if (!first) return null;
  const segments = new Map<string, Versioned<SegmentDefinition>>();
  const scores = new Map<string, Versioned<ScoreDefinition>>();
  const campaigns = new Map<string, Versioned<CampaignDefinition>>();
  const templates = new Map<string, { versionId: number }>();
  for (const { name, version_id: versionId, kind, definition } of rows) {
    if (definition?.kind === 'segment') segments.set(name, { versionId, definition });
    else if (definition?.kind === 'score') scores.set(name, { versionId, definition });
    else if (definition?.kind === 'campaign') campaigns.set(name, { versionId, definition });
    else if (kind === 'template') templates.set(name, { versionId });
  }
  const { revision, applied_at: appliedAt, reads, project } = first;
  return { revision, appliedAt, reads, project, segments, scores, campaigns, templates };
}

/** One stored version, whatever its kind; an id that does not exist is a bug and throws. */
export async function loadVersion(sql: Queryable, versionId: number): Promise<Definition> {
  const { rows } = await sql.query<{ definition: Definition }>(
    'select definition from definition_versions where id = $1',
    [versionId],
  );
  if (!rows[0]) throw new Error(`definition version ${versionId} does not exist`);
  return rows[0].definition;
}

/** Versions of campaigns by `<campaign>/<version>`. */
export async function loadCampaignVersions(
  sql: Queryable,
  wanted: readonly { campaign: string; version: number }[],
): Promise<ReadonlyMap<string, CampaignDefinition>> {
  if (wanted.length === 0) return new Map();
  const { rows } = await sql.query<{ key: string; definition: CampaignDefinition }>(
    `select distinct on (v.id) v.name || '/' || v.version as key, v.definition
     from unnest($1::text[], $2::integer[]) as w (name, version)
     join definition_versions v on v.kind = 'campaign' and v.name = w.name and v.version = w.version`,
    [wanted.map(({ campaign }) => campaign), wanted.map(({ version }) => version)],
  );
  return new Map(rows.map(({ key, definition }) => [key, definition]));
}
