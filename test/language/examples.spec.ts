/**
 * The finished definitions of the language, most of which this version cannot run: each construct that is
 * not built says so at its place, and nothing else is wrong with them. When a construct is built its lines
 * disappear here; when all are, the examples apply.
 */
import { readFileSync, writeFileSync } from 'node:fs';
import { join, relative } from 'node:path';
import { readSources } from '../../src/app/read-sources.js';
import { checkSources } from '../../src/language/check.js';

const EXAMPLES = join(__dirname, 'examples');
const GOLDEN = join(__dirname, 'examples.out');

it('says what is not built yet, and nothing else', async () => {
  const folders = { config: join(EXAMPLES, 'config'), templates: join(EXAMPLES, 'templates') };
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
