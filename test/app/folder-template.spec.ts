/** Which template a command shows: the folder's with what is wrong with it, and the live one where the folder has none. */
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { templateToShow } from '../../src/app/commands/folder-template.js';
import { FILES } from '../api/world.js';

let folder: string;
let printed: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'rekindle-shown-'));
  printed = '';
  jest.spyOn(process.stderr, 'write').mockImplementation((text) => {
    printed += String(text);
    return true;
  });
});
afterEach(() => {
  jest.restoreAllMocks();
  rmSync(folder, { recursive: true });
});

const HELLO = 'templates/hello.html';

function show(files: Record<string, string>, template = 'hello', live?: true) {
  for (const [path, text] of Object.entries({ ...FILES, ...files })) {
    const at = join(folder, path.startsWith('templates/') ? path : `config/${path}`);
    mkdirSync(dirname(at), { recursive: true });
    writeFileSync(at, text);
  }
  const options = {
    config: join(folder, 'config'),
    templates: join(folder, 'templates'),
  };
  return templateToShow(template, { ...options, ...(live ? { live } : {}) }, null);
}

it('of the folder, with the campaigns that send it; what is wrong elsewhere is not said', async () => {
  const { draft, from } = await show({
    'segments/broken.yaml': 'who: { trat: plan }\n',
  });
  expect(draft!.template.id).toBe('hello');
  expect(draft!.campaigns.map(({ id }) => id)).toEqual(['hello', 'upgrade', 'welcome']);
  expect(from).toMatch(/hello\.html, as in the folder$/);
  expect(printed).toBe('');
});

it('what is wrong with it stands first; what cannot be read is not shown, and live is not taken for it', async () => {
  const spoilt = FILES[HELLO]!.replace('subject:', 'subjekt:');
  await expect(show({ [HELLO]: spoilt })).rejects.toThrow(/hello\.html cannot be shown: 1 error/);
  expect(printed).toContain('hello.html:');
  expect(printed).toContain('did you mean subject?');
});

it('live, and said to be: where the folder has none of the name, and where it is asked for', async () => {
  expect(await show({}, 'other')).toMatchObject({
    draft: null,
    from: expect.stringMatching(/^the live template; .*templates has none of this name$/),
  });
  expect(await show({}, 'hello', true)).toEqual({
    draft: null,
    from: 'the live template',
    instead: null,
  });
});
