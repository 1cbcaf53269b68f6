/** The campaign tests that came with what is live, as their authors wrote them. No part of what is live: nothing reads them but who plays them. */
import { instantToSql, type Instant } from '../core/instant.js';
import type { Queryable } from '../core/queryable.js';
import type { SourceFile } from '../language/source-file.js';

export interface TestText {
  path: string;
  campaign: string;
  text: string;
}

/** In the transaction of an apply: these are all there are from now on. */
export async function storeTestFiles(
  sql: Queryable,
  files: readonly TestText[],
  at: Instant,
): Promise<void> {
  await sql.query('delete from test_files where not path = any($1::text[])', [
    files.map(({ path }) => path),
  ]);
  await sql.query(
    `insert into test_files (path, campaign, source, applied_at)
     select path, campaign, text, $2::timestamptz(3)
     from jsonb_to_recordset($1::jsonb) as r (path text, campaign text, text text)
     on conflict (path) do update set campaign = excluded.campaign, source = excluded.source, applied_at = excluded.applied_at`,
    [JSON.stringify(files), instantToSql(at)],
  );
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
