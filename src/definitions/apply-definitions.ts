/**
 * Publishes checked definitions. In: a whole configuration. Out: a new revision, or none when nothing
 * changed. One transaction under the exclusive definitions lock, so ingest and engine see the old set or
 * the new one. Versions are immutable: what changed gets a new one, what did not keeps its own; a definition
 * that comes back after it was removed gets a new one too, so that nobody mistakes its old state for its present.
 */
import type { DataSource, EntityManager } from 'typeorm';
import { DatabaseClock } from '../core/clock.js';
import type { Instant } from '../core/instant.js';
import type { Queryable } from '../core/queryable.js';
import type { CampaignDefinition, Definitions } from '../language/definitions.js';
import { readsOf } from '../language/reads.js';
import { segmentsTouched } from '../language/segments-named.js';
import { askHeldAnew } from './ask-held-anew.sql.js';
import { candidatesOf, compare, keyOf, planHash, type Candidate } from './compare-definitions.js';
import { DefinitionVersion, LiveDefinition } from './definition-version.entity.js';
import { lockDefinitionsExclusive } from './definitions-lock.js';
import { drawAgain, emptyLines } from './empty-lines.sql.js';
import { setEndpoints } from './endpoints.sql.js';
import { setPaces } from './paces.sql.js';
import { removedCampaigns, type RemovedCampaign } from './removed-campaigns.js';
import { storeTestFiles, type TestText } from './test-files.sql.js';
import { Revision, type Change } from './revision.entity.js';

export interface ApplyOptions {
  /** Who applies, for the history. */
  by: string;
  /** The business instant of the change; the database's time when absent. */
  at?: Instant;
  /** What the author wrote, by `<kind>/<id>`; kept beside the version. Without it the definition as JSON. */
  sources?: ReadonlyMap<string, string>;
  /** The campaign tests that come along, all there are; without it those that are there stay. */
  tests?: readonly TestText[];
  /** Of the plan that is carried out (plan-definitions.ts); without it whatever is live is replaced. */
  plan?: string;
  /**
   * Told under the lock, before anything is written, of live campaigns that are missing here; throws to
   * refuse. Without it they are taken away.
   */
  onRemoval?: (removed: readonly RemovedCampaign[]) => void;
  /** Called when everything is written, in the transaction: what it writes is committed with it. */
  also?: (sql: Queryable, applied: Applied, at: Instant) => Promise<void>;
}

export interface Applied {
  /** The revision that is live now; the previous one when nothing changed. */
  revision: number;
  /** Empty when nothing changed; by kind and name. */
  changed: Change[];
}

/** What was planned is no longer what would be done: nothing was. */
export class PlanMoved extends Error {}

/** Applies `definitions`, which must come from `checkSources` without errors. Throws `PlanMoved`. */
export async function applyDefinitions(
  dataSource: DataSource,
  definitions: Definitions,
  options: ApplyOptions,
): Promise<Applied> {
  return dataSource.transaction(async (entities) => {
    // The transaction's own session, for the lock and the clock.
    const sql = (await entities.queryRunner!.connect()) as Queryable;
    await lockDefinitionsExclusive(sql);
    if (options.onRemoval) {
      const removed = await removedCampaigns(entities, definitions);
      if (removed.length > 0) options.onRemoval(removed);
    }
    const at = options.at ?? (await new DatabaseClock().now(sql));
    const applied = await applyLocked(entities, definitions, { ...options, at });
    if (options.tests) await storeTestFiles(sql, options.tests, { revision: applied.revision, at });
    await options.also?.(sql, applied, at);
    return applied;
  });
}

async function applyLocked(
  entities: EntityManager,
  definitions: Definitions,
  { by, at, sources, plan }: ApplyOptions & { at: Instant },
): Promise<Applied> {
  const live = await entities.find(LiveDefinition, {
    select: { kind: true, name: true, version: { id: true, hash: true } },
    relations: { version: true },
  });
  const [previous] = await entities.find(Revision, {
    select: { id: true, project: true },
    order: { id: 'DESC' },
    take: 1,
  });
  const candidates = candidatesOf(definitions, sources);
  if (plan !== undefined && plan !== planHash(previous?.id ?? null, candidates))
    throw new PlanMoved('the definitions changed since the plan was made');
  const changed = compare(
    live.map(({ kind, name, version: { hash } }) => ({ kind, name, hash })),
    candidates,
  );
  if (changed.length === 0 && previous) return { revision: previous.id, changed };
  const isNew = new Set(changed.filter(({ change }) => change !== 'removed').map(keyOf));
  await insertVersions(
    entities,
    candidates.filter((candidate) => isNew.has(keyOf(candidate))),
    at,
  );
  for (const { kind, name, change } of changed)
    if (change === 'removed') await entities.delete(LiveDefinition, { kind, name });
  const sql = (await entities.queryRunner!.connect()) as Queryable;
  await buildAnew(sql, definitions, changed);
  await drawAgain(sql, await emptyLines(sql, definitions, changed));
  await setPaces(sql, definitions, at);
  const before = previous?.project ?? null;
  await askHeldAnew(sql, { before, project: definitions.project }, at);
  await setEndpoints(sql, definitions.project, at);
  const revision = await insertRevision(entities, definitions, changed, { by, at });
  return { revision, changed };
}

/** Segments that name a changed one keep their version, and hold others from now on: every shard builds them again. */
async function buildAnew(
  sql: Queryable,
  { segments }: Definitions,
  changed: readonly Change[],
): Promise<void> {
  const names = changed.filter(({ kind }) => kind === 'segment').map(({ name }) => name);
  const touched = segmentsTouched(segments, names);
  if (touched.length > 0)
    await sql.query('update segment_builds set version_id = 0 where segment = any($1::text[])', [
      touched,
    ]);
}

/** Stores the candidates as the next versions of their kind and name, and makes them live. */
async function insertVersions(
  entities: EntityManager,
  candidates: readonly Candidate[],
  createdAt: Instant,
): Promise<void> {
  const newest = await newestVersions(entities);
  const versions = candidates.map((candidate) =>
    entities.create(DefinitionVersion, {
      ...candidate,
      version: 1 + (newest.get(keyOf(candidate)) ?? 0),
      createdAt,
    }),
  );
  await entities.save(versions);
  await entities.upsert(
    LiveDefinition,
    versions.map(({ kind, name, id }) => ({ kind, name, versionId: id })),
    ['kind', 'name'],
  );
}

/** The highest version of every definition there ever was, by `keyOf`. */
async function newestVersions(entities: EntityManager): Promise<ReadonlyMap<string, number>> {
  const rows = await entities
    .createQueryBuilder(DefinitionVersion, 'v')
    .select(['v.kind as kind', 'v.name as name', 'max(v.version) as version'])
    .groupBy('v.kind')
    .addGroupBy('v.name')
    .getRawMany<{ kind: string; name: string; version: number }>();
  return new Map(rows.map((row) => [keyOf(row), row.version]));
}

async function insertRevision(
  entities: EntityManager,
  definitions: Definitions,
  summary: Change[],
  { by, at }: { by: string; at: Instant },
): Promise<number> {
  const pinned = await entities.query<{ definition: CampaignDefinition }[]>(
    `select v.definition from definition_versions v
     where v.id in (select distinct version_id from enrolments)
        or v.id in (select to_version_id from enrolment_migrations m
             where exists (select from migrating_profiles q where q.migration_id = m.id))
        or v.id in (select m.to_version_id from inbox i join enrolment_migrations m on m.id = (i.data ->> 'migration')::uuid
             where i.kind = 'migrate')
        or v.id in (select version_id from broadcasts b where b.cancelled_at is null and exists (
             select from broadcast_shards s where s.broadcast_id = b.id and s.done_at is null))`,
  );
  const reads = readsOf(
    definitions,
    pinned.map(({ definition }) => definition),
  );
  const revision = entities.create(Revision, {
    appliedAt: at,
    appliedBy: by,
    summary,
    reads,
    project: definitions.project,
  });
  await entities.save(revision);
  // What nobody reads is not stored from now on; whoever reads it again gets its history anew.
  await entities.query('delete from own_event_histories where not name = any($1::text[])', [
    reads.events,
  ]);
  return revision.id;
}
