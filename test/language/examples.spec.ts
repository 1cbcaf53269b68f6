/**
 * The finished definitions of the language, most of which this version cannot run: each construct that is
 * not built says so at its place, and nothing else is wrong with them. When a construct is built its lines
 * disappear here; when all are, the examples apply.
 */
import { readFileSync, writeFileSync } from 'node:fs';
import { join, relative } from 'node:path';
import { readSources } from '../../src/app/read-sources.js';
import { checkSources } from '../../src/language/check.js';
import type { SourceFile } from '../../src/language/source-file.js';
import { checkDefinitions } from '../../src/messages/check-definitions.js';
import { playTests } from '../../src/simulation/play-tests.js';
import { workspacesOf } from '../simulation/support.js';
import { testDatabase } from '../support/database.js';

const EXAMPLES = join(__dirname, 'examples');
const GOLDEN = join(__dirname, 'examples.out');

const folders = { config: join(EXAMPLES, 'config'), templates: join(EXAMPLES, 'templates') };

it('says what is not built yet, and nothing else', async () => {
  const sources = await readSources(folders);
  expect(sources.length).toBeGreaterThan(40);
  const { diagnostics, definitions } = checkSources(sources);
  expect(definitions).toBeNull();
  expect(new Set(diagnostics.map(({ code }) => code))).toEqual(new Set(['RK103']));
  const lines = diagnostics.map(({ file, range, severity, message }) => {
    const path = relative(EXAMPLES, join(process.cwd(), file));
    return `${path}:${range.start.line}:${range.start.column}: ${severity}: ${message}\n`;
  });
  if (process.env.UPDATE_GOLDEN === '1' && !process.env.CI) writeFileSync(GOLDEN, lines.join(''));
  expect(lines.join('')).toBe(readFileSync(GOLDEN, 'utf8'));
});

it('plays the tests of all that it can run, as they are written', async () => {
  let sources = await readSources(folders);
  let checked = await checkDefinitions(sources);
  // What is refused, and what names it.
  while (checked.definitions === null) {
    const refused = new Set(checked.diagnostics.map(({ file }) => file));
    sources = sources.flatMap((source) => {
      if (!refused.has(source.path)) return [source];
      return source.kind === 'project' ? [withoutEndpoints(source)] : [];
    });
    checked = await checkDefinitions(sources);
  }
  const db = await testDatabase();
  try {
    const { definitions, tests: files } = checked;
    const played = await playTests(workspacesOf(db), { definitions, files });
    const failed = played.filter(({ failures }) => failures.length > 0);
    expect(failed.map(({ campaign, name, failures }) => ({ campaign, name, failures }))).toEqual(
      [],
    );
    expect(new Set(played.map(({ campaign }) => campaign)).size).toBe(6);
  } finally {
    await db.close();
  }
});

/** The last key of the file. */
function withoutEndpoints(source: SourceFile): SourceFile {
  return { ...source, text: source.text.replace(/^endpoints:[\s\S]*$/m, '') };
}
