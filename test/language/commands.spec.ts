/** `rekindle validate` and `rekindle apply` as an author runs them. */
import { execFile } from 'node:child_process';
import { mkdirSync, mkdtempSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join, resolve } from 'node:path';
import { loadLive } from '../../src/definitions/load-definitions.js';
import { testDatabase, type TestDatabase } from '../support/database.js';
import { fixtureSources } from './fixture-files.js';

const ROOT = resolve(__dirname, '../..');
const RUN = ['test/support/run-typescript.cjs', 'src/cli.ts'];
const GOOD = `#: config/campaigns/win-back.yaml
topic: offers
enter: { event: signed_up }
steps: [{ send: welcome }]
`;

// Each command is a process that compiles its sources.
jest.setTimeout(90_000);

let db: TestDatabase;
let folder: string;
beforeAll(async () => {
  db = await testDatabase();
});
afterAll(() => db.close());
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'rekindle-language-'));
});
afterEach(() => rmSync(folder, { recursive: true }));

function write(fixture: string): void {
  for (const { path, text } of fixtureSources(fixture)) {
    mkdirSync(dirname(join(folder, path)), { recursive: true });
    writeFileSync(join(folder, path), text);
  }
}

/** Runs a command on the folder; templates are found beside the configuration. */
function rekindle(...args: string[]): Promise<{ code: number; stdout: string; stderr: string }> {
  const env = {
    PATH: process.env.PATH,
    DATABASE_URL: db.url,
    REKINDLE_SCHEMA: db.schema,
    REKINDLE_DURABILITY: 'relaxed',
  };
  const all = [...RUN, args[0]!, '--config', join(folder, 'config'), ...args.slice(1)];
  return new Promise((done) => {
    execFile(process.execPath, all, { cwd: ROOT, env }, (error, stdout, stderr) => {
      done({ code: typeof error?.code === 'number' ? error.code : 0, stdout, stderr });
    });
  });
}

it('validate exits 1 with a code frame on an error, 0 without', async () => {
  write(GOOD);
  expect(await rekindle('validate')).toMatchObject({ code: 0, stderr: '' });
  write(GOOD.replace('event:', 'evnt:'));
  const { code, stderr } = await rekindle('validate');
  expect(code).toBe(1);
  expect(stderr).toContain('win-back.yaml:2:10: error RK408: `evnt` is not a kind of entry');
  expect(stderr).toContain('help: did you mean event?');
  const json = JSON.parse((await rekindle('validate', '--json')).stdout);
  expect(json).toMatchObject({
    ok: false,
    diagnostics: [{ code: 'RK408', range: { start: { line: 2, column: 10 } } }],
  });
});

it('a bad file never replaces a good one that is running', async () => {
  write(GOOD);
  expect(await rekindle('apply')).toMatchObject({
    code: 0,
    stdout: expect.stringContaining('revision 1 is live'),
  });
  const before = await loadLive(db.pool);
  write(GOOD.replace('send: welcome', 'send: welcom'));
  expect(await rekindle('apply')).toMatchObject({
    code: 1,
    stderr: expect.stringContaining('nothing was applied'),
  });
  expect(await loadLive(db.pool)).toEqual(before);
  write(GOOD);
  expect((await rekindle('apply')).stdout).toContain('nothing changed; revision 1 stays live');
});

it('apply takes a live campaign away only when told so', async () => {
  write(GOOD);
  expect(await rekindle('apply')).toMatchObject({ code: 0 });
  const path = join(folder, 'config/campaigns/win-back.yaml');
  renameSync(path, `${path}.txt`);
  const refused = await rekindle('apply');
  expect(refused.code).toBe(1);
  expect(refused.stderr).toContain('warning RK108');
  expect(refused.stderr).toContain('  win-back: 0 active enrolments');
  expect(refused.stderr).toContain('--allow-removal');
  const { stdout } = await rekindle('apply', '--allow-removal');
  expect(stdout).toContain('removed  campaign win-back');
});

it('a file given as the folder is said without a stack', async () => {
  write(GOOD);
  const file = join(folder, 'config/rekindle.yaml');
  const { code, stderr } = await rekindle('validate', '--config', file, '--templates', folder);
  expect(code).toBe(1);
  expect(stderr).toBe(`rekindle: ${file} is a file; name the folder it is in: ${dirname(file)}\n`);
});

it('a bare word is answered with the option that was meant', async () => {
  const { code, stderr } = await rekindle('validate', 'config');
  expect(code).toBe(1);
  expect(stderr).toBe(
    'rekindle: validate does not take `config`; did you mean `rekindle validate --config config`?\n',
  );
});

it('the hash of a plan without its option is answered with that', async () => {
  const hash = 'f'.repeat(64);
  const { stderr } = await rekindle('apply', hash);
  expect(stderr).toContain(`did you mean \`rekindle apply --plan ${hash}\`?`);
});

it('plan and apply say how many are too young for a negative window', async () => {
  write(
    `#: config/segments/quiet.yaml\nwho: { event: login, never: true, within_last: 30 days }\n${GOOD}`,
  );
  await db.pool.query(
    `insert into profiles (shard, born_at, created_at)
     select 0, now() - days * interval '1 day', now() from unnest(array[1, 2, 400]) as days`,
  );
  const planned = await rekindle('plan', '--json');
  expect(JSON.parse(planned.stdout).impact.segments).toMatchObject([
    { segment: 'quiet', young: { young: 2, all: 3 } },
  ]);
  const { code, stderr } = await rekindle('apply', '--allow-removal');
  expect(code).toBe(0);
  expect(stderr).toContain('warning RK308');
  expect(stderr).toContain('segment quiet: 2 of 3 profiles are younger than its window (RK308)');
});
