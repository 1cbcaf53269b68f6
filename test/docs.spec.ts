/**
 * What the docs show is true: every block of YAML is accepted beside the shipped configuration, campaign tests are played,
 * templates are compiled; links lead somewhere.
 */
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { dirname, join, resolve } from 'node:path';
import { isMap, parseDocument } from 'yaml';
import { readSources } from '../src/app/read-sources.js';
import type { SourceFile } from '../src/language/source-file.js';
import { checkDefinitions } from '../src/messages/check-definitions.js';
import { playTests } from '../src/simulation/play-tests.js';
import { blocksOf, kindOf, PAGES, type Block } from './support/docs-blocks.js';
import { testDatabase } from './support/database.js';
import { workspacesOf } from './simulation/support.js';

const ROOT = resolve(__dirname, '..');

/** What the docs' blocks refer to and do not show. */
const BESIDE: SourceFile[] = [
  {
    path: 'config/segments/staff.yaml',
    kind: 'segment',
    id: 'staff',
    text: "who: { trait: email, ends_with: '@example.com' }\n",
  },
];

/** rekindle.yaml with parts put in; what stands in both is the part's, keys of maps one by one. */
function withParts(project: string, parts: readonly string[]): string {
  const document = parseDocument(project, { schema: 'failsafe' });
  for (const part of parts) {
    const { contents } = parseDocument(part, { schema: 'failsafe' });
    if (!isMap(contents)) throw new Error(`not a part of rekindle.yaml: ${part}`);
    for (const { key, value } of contents.items) {
      const before = document.get(key, true);
      if (isMap(before) && isMap(value))
        for (const item of value.items) before.set(item.key, item.value);
      else document.set(key, value);
    }
  }
  return document.toString({ lineWidth: 0 });
}

/** The file that the sentence before a block names, where it is none of those that are shipped. */
function nameOf({ before }: Block): string | null {
  const [, file, id] =
    /`config\/((?:campaigns|scores|segments)\/([\w-]+)\.yaml)`:\n+$/.exec(before) ?? [];
  return file !== undefined && !existsSync(join(ROOT, 'config', file)) ? id! : null;
}

const documented = PAGES.flatMap(blocksOf).map((block, index) => {
  const kind = kindOf(block.text);
  return { ...block, kind, id: nameOf(block) ?? `documented-${index + 1}` };
});

async function checkDocumented(): ReturnType<typeof checkDefinitions> {
  const folder = (name: string): string => join(ROOT, name);
  const shipped = await readSources({ config: folder('config'), templates: folder('templates') });
  const parts = documented.filter(({ kind }) => kind === 'project').map(({ text }) => text);
  const files = documented
    .filter(({ kind }) => kind !== 'project')
    .map(({ place, kind, id, text }): SourceFile => {
      const format = kind === 'template' ? ({ format: 'mjml' } as const) : {};
      return { path: place, kind, id, text, ...format };
    });
  const sources = shipped.map((file) =>
    file.kind === 'project' ? { ...file, text: withParts(file.text, parts) } : file,
  );
  return checkDefinitions([...sources, ...BESIDE, ...files]);
}

it('every block of YAML in the docs is accepted, and every documented test passes', async () => {
  const { definitions, tests, diagnostics } = await checkDocumented();
  expect(diagnostics.filter(({ severity }) => severity === 'error')).toEqual([]);
  const kinds = new Set(documented.map(({ kind }) => kind));
  expect([...kinds].sort()).toEqual([
    'campaign',
    'project',
    'score',
    'segment',
    'template',
    'test',
  ]);
  const files = tests.filter(({ path }) => path.startsWith('docs/'));
  expect(files).toHaveLength(documented.filter(({ kind }) => kind === 'test').length);
  const db = await testDatabase();
  try {
    const played = await playTests(workspacesOf(db), { definitions: definitions!, files });
    const failed = played.filter(({ failures }) => failures.length > 0);
    expect(failed.map(({ name, failures, story }) => ({ name, failures, story }))).toEqual([]);
    process.stderr.write(
      `${documented.length} blocks of YAML in the docs, ${played.length} played\n`,
    );
  } finally {
    await db.close();
  }
});

it('the cookbook has every shipped campaign, and each file as it stands', () => {
  const blocks = readFileSync(join(ROOT, 'docs/cookbook.md'), 'utf8').matchAll(
    /^`(config\/[\w/-]+\.yaml)`:\n\n```yaml\n(.*?)^```$/gms,
  );
  const shown = new Map([...blocks].map(([, file, text]) => [file!, text]));
  for (const [file, text] of shown)
    expect([file, text]).toEqual([file, readFileSync(join(ROOT, file), 'utf8')]);
  const campaigns = readdirSync(join(ROOT, 'config/campaigns'));
  expect(campaigns.filter((name) => !shown.has(`config/campaigns/${name}`))).toEqual([]);
});

it.each(PAGES)('%s links to what exists', (page) => {
  const text = readFileSync(join(ROOT, page), 'utf8');
  const links = [...text.matchAll(/\]\((?!https?:|#)([^)#]+)/g)].map(([, link]) => link!);
  const broken = links.filter((link) => !existsSync(join(ROOT, dirname(page), link)));
  expect(broken).toEqual([]);
});
