/** What was live at an earlier revision, as apply takes it: for whoever goes back to it. */
import { instantToSql, type Instant } from '../core/instant.js';
import type { Queryable } from '../core/queryable.js';
import type { Definition, Definitions } from '../language/definitions.js';
import { keyOf } from './compare-definitions.js';
import type { Change } from './revision.entity.js';
import { loadTestsOf, type TestText } from './test-files.sql.js';

export interface StoredConfiguration {
  revision: number;
  definitions: Definitions;
  /** What the authors wrote, by `<kind>/<id>`. */
  sources: ReadonlyMap<string, string>;
  /** The campaign tests that it had when the next one came. */
  tests: TestText[];
}

/** The configuration of a revision, without a number of the one before the live one; null when there is none. */
export async function loadRevision(
  sql: Queryable,
  wanted: number | null,
): Promise<StoredConfiguration | null> {
  const { rows } = await sql.query<{ id: number; appliedAt: Instant; summary: Change[] }>(
    'select id, applied_at as "appliedAt", summary from revisions order by id',
  );
  const place = wanted === null ? rows.length - 2 : rows.findIndex(({ id }) => id === wanted);
  const revision = rows[place];
  if (!revision) return null;
  const live = new Map<string, Change>();
  for (const { summary } of rows.slice(0, place + 1))
    for (const change of summary)
      if (change.change === 'removed') live.delete(keyOf(change));
      else live.set(keyOf(change), change);
  const versions = await sql.query<{ definition: Definition; source: string }>(
    `select distinct on (v.kind, v.name) v.definition, v.source
     from unnest($1::text[], $2::text[]) as c (kind, name) join definition_versions v using (kind, name)
     where v.created_at <= $3::timestamptz(3) order by v.kind, v.name, v.version desc`,
    [
      [...live.values()].map(({ kind }) => kind),
      [...live.values()].map(({ name }) => name),
      instantToSql(revision.appliedAt),
    ],
  );
  const tests = await loadTestsOf(sql, revision.id);
  return { revision: revision.id, tests, ...assemble(versions.rows) };
}

function assemble(rows: readonly { definition: Definition; source: string }[]) {
  const all = rows.map(({ definition }) => definition);
  const definitions: Definitions = {
    project: all.find((one) => one.kind === 'project')!,
    segments: all.filter((one) => one.kind === 'segment'),
    scores: all.filter((one) => one.kind === 'score'),
    campaigns: all.filter((one) => one.kind === 'campaign'),
    templates: all.filter((one) => one.kind === 'template'),
  };
  const sources = new Map(
    rows.map(({ definition: { kind, id }, source }) => [`${kind}/${id}`, source]),
  );
  return { definitions, sources };
}
