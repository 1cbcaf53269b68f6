/** What the docs show is true: their YAML is accepted beside the shipped configuration, their links lead somewhere. */
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { dirname, join, resolve } from 'node:path';
import { readSources } from '../src/app/read-sources.js';
import { checkSources } from '../src/language/check.js';
import type { SourceFile } from '../src/language/source-file.js';

const ROOT = resolve(__dirname, '..');
const PAGES = [
  'README.md',
  ...readdirSync(join(ROOT, 'docs')).map((name) => `docs/${name}`),
].filter((path) => path.endsWith('.md'));

function yamlBlocks(page: string): string[] {
  const text = readFileSync(join(ROOT, page), 'utf8');
  return [...text.matchAll(/^```yaml\n(.*?)^```$/gms)].map(([, yaml]) => yaml!);
}

function kindOf(text: string): SourceFile['kind'] {
  if (text.startsWith('who:')) return 'segment';
  return text.startsWith('campaign:') ? 'test' : 'campaign';
}

it('the YAML of the docs is accepted', async () => {
  const shipped = await readSources({
    config: join(ROOT, 'config'),
    templates: join(ROOT, 'templates'),
  });
  const staff: SourceFile = {
    path: 'config/segments/staff.yaml',
    kind: 'segment',
    id: 'staff',
    text: "who: { trait: email, ends_with: '@example.com' }\n",
  };
  const blocks = [...yamlBlocks('docs/campaigns.md'), ...yamlBlocks('docs/api.md')];
  const parts = blocks.filter((text) => text.startsWith('billing:'));
  expect(parts).toHaveLength(2);
  // Parts of rekindle.yaml stand in it, those of one name one after the other.
  const billing = parts.map((text) => text.replace(/^billing:\n/, '')).join('');
  const project = shipped.find(({ kind }) => kind === 'project')!;
  project.text += `billing:\n${billing}`;
  const documented = blocks
    .filter((text) => !parts.includes(text))
    .map((text, index): SourceFile => {
      const path = `docs block ${index + 1}`;
      return { path, kind: kindOf(text), id: `documented-${index + 1}`, text };
    });
  expect(documented.length).toBeGreaterThan(1);
  const { definitions, diagnostics } = checkSources([...shipped, staff, ...documented]);
  expect(diagnostics.filter(({ severity }) => severity === 'error')).toEqual([]);
  expect(definitions?.campaigns.map(({ id }) => id)).toContain('documented-1');
});

it.each(PAGES)('%s links to what exists', (page) => {
  const text = readFileSync(join(ROOT, page), 'utf8');
  const links = [...text.matchAll(/\]\((?!https?:|#)([^)#]+)/g)].map(([, link]) => link!);
  const broken = links.filter((link) => !existsSync(join(ROOT, dirname(page), link)));
  expect(broken).toEqual([]);
});
