/**
 * Every diagnostic, shown: `fixtures/*.yaml` is what an author wrote, `*.out` what validate prints. After a
 * wanted change: UPDATE_GOLDEN=1 npx jest test/language/diagnostics (refused under CI), then read the diff.
 */
import { existsSync, readFileSync, readdirSync, writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { checkDefinitions } from '../../src/messages/check-definitions.js';
import { CODES, LIVE_CODES } from '../../src/language/codes.js';
import { printDiagnostics } from '../../src/language/print-diagnostics.js';
import { fixtureSources } from './fixture-files.js';

const FIXTURES = join(__dirname, 'fixtures');
const PAGES = resolve(__dirname, '../../docs/diagnostics');
/** When the fixtures are checked: what has passed by then has. */
const NOW = Date.UTC(2026, 0, 1);
const update = process.env.UPDATE_GOLDEN === '1';
const names = readdirSync(FIXTURES)
  .filter((name) => name.endsWith('.yaml'))
  .map((name) => name.replace(/\.yaml$/, ''));

/** What only a database knows has its fixtures where there is one (test/definitions/live-fixtures.spec.ts). */
const ALL_CODES = { ...CODES, ...LIVE_CODES };
const allNames = [
  ...names,
  ...readdirSync(resolve(__dirname, '../definitions/fixtures')).filter((name) =>
    name.endsWith('.yaml'),
  ),
];

if (update && process.env.CI) throw new Error('golden files are not written under CI');

describe('diagnostics', () => {
  afterAll(() => {
    const codes = Object.keys(ALL_CODES);
    const shown = codes.filter((code) => allNames.some((name) => name.startsWith(code)));
    process.stderr.write(
      `${shown.length} of ${codes.length} diagnostics with fixtures and pages, ${allNames.length} fixtures; ${goldenFiles()} golden files in all\n`,
    );
  });

  it.each(names)('%s', async (name) => {
    const sources = fixtureSources(readFileSync(join(FIXTURES, `${name}.yaml`), 'utf8'));
    const { diagnostics, definitions } = await checkDefinitions(sources, undefined, NOW);
    const texts = new Map(sources.map(({ path, text }) => [path, text]));
    const printed = printDiagnostics(diagnostics, texts, { colours: false });
    const golden = join(FIXTURES, `${name}.out`);
    if (update) writeFileSync(golden, printed);
    expect(printed).toBe(readFileSync(golden, 'utf8'));
    // Whoever is told what is wrong is told what to do.
    expect(diagnostics.filter(({ help }) => help === undefined)).toEqual([]);
    expect(definitions === null).toBe(diagnostics.some(({ severity }) => severity === 'error'));
    const [code] = /^RK\d{3}/.exec(name) ?? [];
    if (code) expect(diagnostics.map((one) => one.code)).toContain(code);
  });

  it.each(Object.entries(ALL_CODES))('%s (%s) has a fixture and a page', (code, title) => {
    expect(allNames.filter((name) => name.startsWith(code))).not.toEqual([]);
    const page = join(PAGES, `${code}.md`);
    expect(existsSync(page)).toBe(true);
    expect(readFileSync(page, 'utf8')).toMatch(new RegExp(`^# ${code}: `));
    expect(readFileSync(page, 'utf8')).toContain(title);
  });

  it('the list of pages has all of them, with their titles', () => {
    const titles = readdirSync(PAGES)
      .filter((name) => name.startsWith('RK'))
      .map((name) => {
        const [title] = readFileSync(join(PAGES, name), 'utf8').split('\n') as [string];
        return `- [${name.replace('.md', '')}](${name}) ${title.replace(/^# RK\d{3}: /, '')}`;
      });
    const list = readFileSync(join(PAGES, 'README.md'), 'utf8').split('\n');
    expect(list.filter((line) => line.startsWith('- '))).toEqual(titles);
  });

  it('every page says its messages as they are said today', async () => {
    const said = new Map<string, Set<string>>();
    for (const name of names) {
      const { diagnostics } = await checkDefinitions(
        fixtureSources(readFileSync(join(FIXTURES, `${name}.yaml`), 'utf8')),
        undefined,
        NOW,
      );
      for (const { code, message } of diagnostics)
        said.set(code, (said.get(code) ?? new Set()).add(message));
    }
    const wrong = Object.keys(CODES).flatMap((code) => {
      const messages = [...(said.get(code) ?? [])];
      const patterns = wordingOf(code);
      const missing = messages.filter(
        (message) => !patterns.some(({ rule }) => rule.test(message)),
      );
      const stale = patterns.filter(({ rule }) => !messages.some((message) => rule.test(message)));
      return [
        ...missing.map((message) => `${code} does not say: ${message}`),
        ...stale.map(({ text }) => `${code} says what nothing does: ${text}`),
      ];
    });
    expect(wrong).toEqual([]);
  });

  it('no page describes a code that does not exist', () => {
    const pages = readdirSync(PAGES).filter((name) => /^RK\d/.test(name));
    expect(pages.map((name) => name.replace(/\.md$/, ''))).toEqual(Object.keys(ALL_CODES).sort());
  });
});

/** Files that tests compare with what is made today: diagnostics, SQL, mails. */
function goldenFiles(): number {
  const below = readdirSync(resolve(__dirname, '..'), { recursive: true, encoding: 'utf8' });
  return below.filter((path) => /\.(?:out|golden|snap)$|[/\\]golden[/\\].+\.\w+$/.test(path))
    .length;
}

/** What a page lists under **Says.**; `…` stands for whatever varies. */
function wordingOf(code: string): { text: string; rule: RegExp }[] {
  const page = readFileSync(join(PAGES, `${code}.md`), 'utf8');
  const list = /^\*\*Says\.\*\*\n\n((?:- .*\n)+)/m.exec(page)?.[1] ?? '';
  return list
    .trimEnd()
    .split('\n')
    .map((line) => line.slice(2))
    .map((text) => {
      const pieces = text.split('…').map((piece) => piece.replace(/[\\^$.*+?()[\]{}|]/g, '\\$&'));
      return { text, rule: new RegExp(`^${pieces.join('.+')}$`, 's') };
    });
}
