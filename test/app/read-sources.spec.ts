/** A configuration is read from disk whole: links inside the folder are followed, no other one is passed over. */
import { mkdirSync, mkdtempSync, realpathSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { readSources, sourceFolders } from '../../src/app/read-sources.js';
import { checkSources } from '../../src/language/check.js';

let folder: string;
beforeEach(() => {
  folder = realpathSync(mkdtempSync(join(tmpdir(), 'rekindle-sources-')));
});
afterEach(() => rmSync(folder, { recursive: true }));

function write(path: string, text = 'who: { trait: plan, is: pro }\n'): void {
  mkdirSync(dirname(join(folder, path)), { recursive: true });
  writeFileSync(join(folder, path), text);
}

function link(path: string, target: string): void {
  mkdirSync(dirname(join(folder, path)), { recursive: true });
  symlinkSync(target, join(folder, path));
}

async function read(): Promise<string[]> {
  const config = join(folder, 'config');
  const sources = await readSources(sourceFolders({ config, templates: config }, { config }));
  return sources.map(({ path, kind, link: problem }) =>
    [path.slice(folder.length + 1), problem ?? kind].join(': '),
  );
}

it('reads a ConfigMap as Kubernetes mounts it, each file once', async () => {
  write('config/..2026_11_22/rekindle.yaml', 'project: Acme\nzone: UTC\n');
  write('config/..2026_11_22/segments/payers.yaml');
  write('config/..2026_11_22/templates/hello.html', '---\nsubject: Hi\n---\n');
  link('config/..data', '..2026_11_22');
  link('config/rekindle.yaml', '..data/rekindle.yaml');
  link('config/segments', '..data/segments');
  link('config/templates', '..data/templates');
  expect(await read()).toEqual([
    'config/rekindle.yaml: project',
    'config/segments/payers.yaml: segment',
    'config/templates/hello.html: template',
  ]);
});

it('a folder that is a link itself is read', async () => {
  write('of-today/rekindle.yaml', 'project: Acme\nzone: UTC\n');
  write('mails/hello.html', '---\nsubject: Hi\n---\n');
  link('config', 'of-today');
  link('of-today/templates', '../mails');
  expect(await read()).toEqual([
    'config/rekindle.yaml: project',
    'config/templates/hello.html: template',
  ]);
});

it('a link that leaves, leads nowhere or round is an error that names it and its target', async () => {
  write('elsewhere.yaml');
  write('config-of-others/payers.yaml');
  link('config/segments/outside.yaml', '../../elsewhere.yaml');
  link('config/segments/others', join(folder, 'config-of-others'));
  link('config/segments/dangling.yaml', 'gone.yaml');
  link('config/segments/self.yaml', 'self.yaml');
  link('config/campaigns/up', '..');
  const config = join(folder, 'config');
  const sources = await readSources({ config, templates: join(folder, 'templates') });
  const { definitions, diagnostics } = checkSources(sources);
  expect(definitions).toBeNull();
  const said = diagnostics.filter(({ code }) => code === 'RK110');
  expect(said.map(({ file, message }) => `${file.slice(config.length + 1)}: ${message}`)).toEqual([
    'campaigns/up: this link to .. leads round in a circle',
    'segments/dangling.yaml: this link to gone.yaml leads nowhere',
    `segments/others: this link to ${join(folder, 'config-of-others')} leads out of the folder`,
    'segments/outside.yaml: this link to ../../elsewhere.yaml leads out of the folder',
    'segments/self.yaml: this link to self.yaml leads round in a circle',
  ]);
});

it('templates that lead nowhere are not no templates', async () => {
  write('config/rekindle.yaml', 'project: Acme\nzone: UTC\n');
  link('templates', 'gone');
  const folders = { config: join(folder, 'config'), templates: join(folder, 'templates') };
  await expect(readSources(folders)).rejects.toThrow('there is no folder');
});

it('folders that multiply through links end', async () => {
  for (let i = 0; i < 16; i++) {
    link(`config/d${i}/a`, `../d${i + 1}`);
    link(`config/d${i}/b`, `../d${i + 1}`);
  }
  write('config/d16/x.yaml');
  const config = join(folder, 'config');
  await expect(readSources({ config, templates: join(folder, 'templates') })).rejects.toThrow(
    'holds more than 20000 files',
  );
});
