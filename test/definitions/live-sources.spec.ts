/** What is live, as files again: they mean the same, so that changing one of them changes nothing else. */
import { resolve } from 'node:path';
import { readSources } from '../../src/app/read-sources.js';
import { applyDefinitions } from '../../src/definitions/apply-definitions.js';
import { loadLiveSources, pathOf } from '../../src/definitions/live-sources.sql.js';
import { planDefinitions } from '../../src/definitions/plan-definitions.js';
import { sourceTexts } from '../../src/definitions/source-texts.js';
import { checkDefinitions } from '../../src/messages/check-definitions.js';
import { testDatabase, type TestDatabase } from '../support/database.js';

const ROOT = resolve(__dirname, '../..');

let db: TestDatabase;
beforeAll(async () => {
  db = await testDatabase();
  const sources = await readSources({
    config: `${ROOT}/config`,
    templates: `${ROOT}/templates`,
  });
  const { definitions } = await checkDefinitions(sources);
  await applyDefinitions(db.dataSource, definitions!, {
    by: 'test',
    sources: sourceTexts(sources),
  });
});
afterAll(() => db.close());

test('checked again they are no change', async () => {
  const { definitions, diagnostics } = await checkDefinitions(await loadLiveSources(db.pool));
  expect(diagnostics).toEqual([]);
  const plan = await planDefinitions(db.pool, definitions!);
  expect(plan.changes).toEqual([]);
  expect(plan.unchanged).toBeGreaterThan(8);
});

test('with one file changed exactly that one is a change', async () => {
  const path = pathOf({ kind: 'campaign', name: 'win-back' });
  const sources = (await loadLiveSources(db.pool)).map((file) =>
    file.path === path ? { ...file, text: `${file.text}\ndraft: true\n` } : file,
  );
  const { definitions, diagnostics } = await checkDefinitions(sources);
  expect(diagnostics.filter(({ severity }) => severity === 'error')).toEqual([]);
  const { changes } = await planDefinitions(db.pool, definitions!);
  expect(changes.map(({ kind, name, change }) => [kind, name, change])).toEqual([
    ['campaign', 'win-back', 'changed'],
  ]);
});
