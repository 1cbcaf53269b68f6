/**
 * Publishes checked definitions. In: a whole configuration. Out: a new revision, or none when nothing
 * changed. One transaction under the exclusive definitions lock, so ingest and engine see the old set or
 * the new one. Versions are immutable: what changed gets a new one, what did not keeps its own; a definition
 * that comes back after it was removed gets a new one too, so that nobody mistakes its old state for its present.
 */
import { createHash } from 'node:crypto';
import { DatabaseClock } from '../core/clock.js';
import { instantToSql } from '../core/instant.js';
import type { Instant } from '../core/instant.js';
import type { Connection, ConnectionSource } from '../core/queryable.js';
import type { CampaignDefinition, Definition, Definitions } from '../language/definitions.js';
import { readsOf } from '../language/reads.js';
import { lockDefinitionsExclusive } from './definitions-lock.js';

export interface ApplyOptions {
  /** Who applies, for the history. */
  by: string;
  /** The business instant of the change; the database's time when absent. */
  at?: Instant;
  /** What the author wrote, by `<kind>/<id>`; kept beside the version. Without it the definition as JSON. */
  sources?: ReadonlyMap<string, string>;
}

interface Change {
  kind: Definition['kind'];
  name: string;
  change: 'added' | 'changed' | 'removed';
}

export interface Applied {
  /** The revision that is live now; the previous one when nothing changed. */
  revision: number;
  /** Empty when nothing changed; by kind and name. */
  changed: Change[];
}

interface Live {
  kind: Definition['kind'];
  name: string;
  hash: string;
}

interface Candidate extends Live {
  definition: Definition;
  source: string;
}

/** Applies `definitions`, which must come from `checkSources` without errors. */
export async function applyDefinitions(
  source: ConnectionSource,
  definitions: Definitions,
  options: ApplyOptions,
): Promise<Applied> {
  const connection = await source.connect();
  let broken = true;
  try {
    await connection.query('begin');
    try {
      const applied = await applyLocked(connection, definitions, options);
      await connection.query('commit');
      broken = false;
      return applied;
    } catch (error) {
      await connection.query('rollback');
      broken = false;
      throw error;
    }
  } finally {
    connection.release(broken);
  }
}

async function applyLocked(
  sql: Connection,
  definitions: Definitions,
  options: ApplyOptions,
): Promise<Applied> {
  await lockDefinitionsExclusive(sql);
  const at = options.at ?? (await new DatabaseClock().now(sql));
  const { rows: live } = await sql.query<Live>(
    'select l.kind, l.name, v.hash from live_definitions l join definition_versions v on v.id = l.version_id',
  );
  const { rows: last } = await sql.query<{ id: number | null }>(
    'select max(id) as id from revisions',
  );
  const candidates = candidatesOf(definitions, options.sources ?? new Map());
  const changed = compare(live, candidates);
  const previous = last[0]?.id ?? null;
  if (changed.length === 0 && previous !== null) return { revision: previous, changed };
  const isNew = new Set(changed.filter(({ change }) => change !== 'removed').map(keyOf));
  await insertVersions(
    sql,
    candidates.filter((candidate) => isNew.has(keyOf(candidate))),
    at,
  );
  await removeLive(
    sql,
    changed.filter(({ change }) => change === 'removed'),
  );
  return { revision: await insertRevision(sql, definitions, changed, options.by, at), changed };
}

function candidatesOf(
  { project, segments, campaigns, templates }: Definitions,
  sources: ReadonlyMap<string, string>,
): Candidate[] {
  return [project, ...segments, ...campaigns, ...templates].map((definition) => {
    const text = canonicalJson(definition);
    const source = sources.get(`${definition.kind}/${definition.id}`) ?? text;
    return {
      kind: definition.kind,
      name: definition.id,
      hash: createHash('sha256').update(text).digest('hex'),
      definition,
      source,
    };
  });
}

function compare(live: readonly Live[], candidates: readonly Candidate[]): Change[] {
  const before = new Map(live.map((one) => [keyOf(one), one.hash]));
  const after = new Set(candidates.map(keyOf));
  const changes: Change[] = [];
  for (const candidate of candidates) {
    const { kind, name, hash } = candidate;
    const old = before.get(keyOf(candidate));
    if (old !== hash) changes.push({ kind, name, change: old === undefined ? 'added' : 'changed' });
  }
  for (const one of live)
    if (!after.has(keyOf(one))) changes.push({ kind: one.kind, name: one.name, change: 'removed' });
  return changes.sort((a, b) => (keyOf(a) < keyOf(b) ? -1 : 1));
}

function keyOf({ kind, name }: { kind: string; name: string }): string {
  return `${kind}/${name}`;
}

async function insertVersions(
  sql: Connection,
  candidates: readonly Candidate[],
  at: Instant,
): Promise<void> {
  await sql.query(
    `with given as (
       select * from jsonb_to_recordset($1::jsonb) as g(kind text, name text, hash text, source text, definition jsonb)
     ), inserted as (
       insert into definition_versions (kind, name, version, hash, source, definition, created_at)
       select g.kind, g.name,
              1 + coalesce((select max(v.version) from definition_versions v where v.kind = g.kind and v.name = g.name), 0),
              g.hash, g.source, g.definition, $2
       from given g
       returning kind, name, id
     )
     insert into live_definitions (kind, name, version_id)
     select kind, name, id from inserted
     on conflict (kind, name) do update set version_id = excluded.version_id`,
    [JSON.stringify(candidates), instantToSql(at)],
  );
}

async function removeLive(sql: Connection, removed: readonly Change[]): Promise<void> {
  await sql.query(
    `delete from live_definitions l
     using unnest($1::text[], $2::text[]) as gone(kind, name)
     where l.kind = gone.kind and l.name = gone.name`,
    [removed.map(({ kind }) => kind), removed.map(({ name }) => name)],
  );
}

async function insertRevision(
  sql: Connection,
  definitions: Definitions,
  changed: readonly Change[],
  by: string,
  at: Instant,
): Promise<number> {
  const { rows: pinned } = await sql.query<{ definition: CampaignDefinition }>(
    'select v.definition from definition_versions v where v.id in (select distinct version_id from enrolments)',
  );
  const reads = readsOf(
    definitions,
    pinned.map(({ definition }) => definition),
  );
  const { rows } = await sql.query<{ id: number }>(
    `insert into revisions (applied_at, applied_by, summary, reads, project)
     values ($1, $2, $3::jsonb, $4::jsonb, $5::jsonb) returning id`,
    [
      instantToSql(at),
      by,
      JSON.stringify(changed),
      JSON.stringify(reads),
      JSON.stringify(definitions.project),
    ],
  );
  return rows[0]!.id;
}

/** JSON with sorted keys: equal definitions have equal text, in whatever order they were built. */
function canonicalJson(value: unknown): string {
  return JSON.stringify(value, (_key, inner: unknown) =>
    inner !== null && typeof inner === 'object' && !Array.isArray(inner)
      ? Object.fromEntries(Object.entries(inner).sort(([a], [b]) => (a < b ? -1 : 1)))
      : inner,
  );
}
