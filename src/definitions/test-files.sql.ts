/** The campaign tests that came with what is live, as their authors wrote them. No part of what is live: nothing reads them but who plays them. */
import { instantToSql, type Instant } from '../core/instant.js';
import type { Queryable } from '../core/queryable.js';
import type { SourceFile } from '../language/source-file.js';

export interface TestText {
  path: string;
  campaign: string;
  text: string;
}

/**
 * In the transaction of an apply: these are all there are from `revision` on. What they replace stays the tests of the
 * revisions that it was of.
 */
export async function storeTestFiles(
  sql: Queryable,
  files: readonly TestText[],
  { revision, at }: { revision: number; at: Instant },
): Promise<void> {
  const wanted = 'jsonb_to_recordset($1::jsonb) as r (path text, campaign text, text text)';
  const given = JSON.stringify(files);
  await sql.query(
    `with replaced as (
       delete from test_files t
       where not exists (
         select from ${wanted} where (r.path, r.campaign, r.text) = (t.path, t.campaign, t.source))
       returning path, since, campaign, source)
     insert into past_test_files (path, since, until, campaign, source)
     select path, since, $2, campaign, source from replaced where since < $2`,
    [given, revision],
  );
  await sql.query(
    `insert into test_files (path, campaign, source, applied_at, since)
     select path, campaign, text, $2::timestamptz(3), $3 from ${wanted}
     on conflict (path) do update set applied_at = excluded.applied_at`,
    [given, instantToSql(at), revision],
  );
}

/** Those of a revision, as they were when the next one came; by path. */
export async function loadTestsOf(sql: Queryable, revision: number): Promise<TestText[]> {
  const { rows } = await sql.query<TestText>(
    `select path, campaign, source as text from test_files where since <= $1
     union all
     select path, campaign, source from past_test_files where since <= $1 and $1 < until
     order by path`,
    [revision],
  );
  return rows;
}

/** Those of one campaign, by path. */
export async function loadTestFiles(sql: Queryable, campaign: string): Promise<SourceFile[]> {
  const { rows } = await sql.query<{ path: string; text: string }>(
    'select path, source as text from test_files where campaign = $1 order by path',
    [campaign],
  );
  return rows.map(({ path, text }) => ({ path, kind: 'test', id: path, text }));
}

/** Checked tests with their texts. */
export function testTexts(
  tests: readonly { path: string; campaign: string }[],
  sources: readonly SourceFile[],
): TestText[] {
  const texts = new Map(sources.map(({ path, text }) => [path, text]));
  return tests.map(({ path, campaign }) => ({ path, campaign, text: texts.get(path)! }));
}
