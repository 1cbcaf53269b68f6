/** The finished definitions of the language are accepted as they stand, and their own tests pass: all of it can be run. */
import { join } from 'node:path';
import { readSources } from '../../src/app/read-sources.js';
import { checkDefinitions } from '../../src/messages/check-definitions.js';
import { playTests } from '../../src/simulation/play-tests.js';
import { workspacesOf } from '../simulation/support.js';
import { testDatabase } from '../support/database.js';

const EXAMPLES = join(__dirname, 'examples');

const folders = { config: join(EXAMPLES, 'config'), templates: join(EXAMPLES, 'templates') };

it('says nothing against them', async () => {
  const sources = await readSources(folders);
  expect(sources.length).toBeGreaterThan(40);
  const { diagnostics, definitions } = await checkDefinitions(sources);
  expect(diagnostics.filter(({ severity }) => severity === 'error')).toEqual([]);
  expect(definitions?.scores?.map(({ id }) => id)).toEqual(['happiness']);
});

it('plays their tests, as they are written', async () => {
  const { definitions, tests: files } = await checkDefinitions(await readSources(folders));
  const db = await testDatabase();
  try {
    const played = await playTests(workspacesOf(db), { definitions: definitions!, files });
    const failed = played.filter(({ failures }) => failures.length > 0);
    expect(failed.map(({ campaign, name, failures }) => ({ campaign, name, failures }))).toEqual(
      [],
    );
    expect(new Set(played.map(({ campaign }) => campaign)).size).toBe(6);
  } finally {
    await db.close();
  }
});
