/**
 * Which version of each segment a shard has built. A segment that a shard has not built yet is left out
 * of everything there until its first build (first-builds.ts) has laid the baseline.
 */
import type { Queryable } from '../core/queryable.js';
import type { EngineDefinitions } from './engine-definitions.js';

/** `shard/segment` -> version id. */
export type Builds = ReadonlyMap<string, number>;

export async function loadBuilds(sql: Queryable, shards: readonly number[]): Promise<Builds> {
  const { rows } = await sql.query<{ shard: number; segment: string; version_id: number }>({
    name: 'engine-load-builds',
    text: `select shard, segment, version_id from segment_builds where shard = any($1::smallint[])`,
    values: [shards],
  });
  return new Map(rows.map((row) => [`${row.shard}/${row.segment}`, row.version_id]));
}

/** Whether the live version of `segment` is built in `shard`. */
export function isBuilt(
  builds: Builds,
  definitions: EngineDefinitions,
  shard: number,
  segment: string,
): boolean {
  const live = definitions.segments.get(segment);
  return live !== undefined && builds.get(`${shard}/${segment}`) === live.versionId;
}
