/** The commands that look at a workspace, as an author runs them: what they print, as text and as JSON, and their exit codes. */
import { execFile } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join, resolve } from 'node:path';
import { instantToSql } from '../../src/core/instant.js';
import { applyFiles, FILES } from '../api/world.js';
import { runTypescript } from '../support/processes.js';
import { testDatabase, type TestDatabase } from '../support/database.js';

const ROOT = resolve(__dirname, '../..');

// Each command is a process that compiles its sources.
jest.setTimeout(90_000);

let db: TestDatabase;
let folder: string;
beforeAll(async () => {
  db = await testDatabase();
  folder = mkdtempSync(join(tmpdir(), 'rekindle-commands-'));
  write(FILES);
  await applyFiles(db);
  await db.pool.query(
    `insert into profiles (id, shard, traits, created_at) values (7, 7, '{"email": "ann@example.com", "plan": "free"}', $1)`,
    [instantToSql(0)],
  );
  await db.pool.query(
    `insert into profile_keys (profile_id, kind, value, stated) values (7, 'user', 'ann', 1)`,
  );
});
afterAll(async () => {
  rmSync(folder, { recursive: true });
  await db.close();
});

function write(files: Record<string, string>): void {
  for (const [path, text] of Object.entries(files)) {
    const at = join(folder, path.startsWith('templates/') ? path : `config/${path}`);
    mkdirSync(dirname(at), { recursive: true });
    writeFileSync(at, text);
  }
}

function rekindle(...args: string[]): Promise<{ code: number; stdout: string; stderr: string }> {
  const env = {
    PATH: process.env.PATH,
    DATABASE_URL: db.url,
    REKINDLE_SCHEMA: db.schema,
    REKINDLE_DURABILITY: 'relaxed',
    REKINDLE_CONFIG: join(folder, 'config'),
    REKINDLE_TEMPLATES: join(folder, 'templates'),
  };
  const run = ['test/support/run-typescript.cjs', 'src/cli.ts', ...args];
  return new Promise((done) => {
    execFile(process.execPath, run, { cwd: ROOT, env }, (error, stdout, stderr) => {
      done({ code: typeof error?.code === 'number' ? error.code : 0, stdout, stderr });
    });
  });
}

it('explain: why somebody is not in a campaign, for people and as the REST API says it', async () => {
  const text = await rekindle('explain', 'ann', 'upgrade');
  expect(text.code).toBe(0);
  expect(text.stdout).toMatch(
    /^ann \(profile 7\) and upgrade v1 \(live\), as of \d{4}-\d\d-\d\d \d\d:\d\d in [\w/]+\n/,
  );
  expect(text.stdout).toContain('    ✗ trait: plan, is: pro — it is "free"\n');
  const json = await rekindle('explain', 'ann@example.com', 'upgrade', '--kind', 'email', '--json');
  expect(JSON.parse(json.stdout)).toMatchObject({ profileId: 7, who: { holds: false } });
});

it('explain: whom there is not is said with what to do, and is exit code 1', async () => {
  const slip = await rekindle('explain', 'ann', 'upgrad');
  expect(slip.stderr).toContain('there is no campaign upgrad: did you mean upgrade?');
  const { code, stderr, stdout } = await rekindle('explain', 'bob', 'upgrade');
  expect([code, stdout]).toEqual([1, '']);
  expect(stderr).toContain('there is no profile whose user is bob; --kind says what it is instead');
});

it('plan, apply of what it showed, and back again', async () => {
  const path = 'segments/pros.yaml';
  write({ [path]: 'who: { trait: plan, in: [pro, free] }\n' });
  const { stdout, code } = await rekindle('plan');
  expect(code).toBe(0);
  expect(stdout).toContain(`changed  segment pros v1 -> v2
  - who: trait: plan, is: pro
  + who: trait: plan, in: [ pro, free ]
  - description: Pays for pro
  > 1 member: 1 join and 0 leave; nobody enters a campaign by that
`);
  const [, hash] = /plan ([0-9a-f]{64})/.exec(stdout)!;
  expect(await rekindle('apply', '--plan', hash!.replace(/./g, '0'))).toMatchObject({
    code: 1,
    stderr: expect.stringContaining('nothing was applied'),
  });
  expect((await rekindle('apply', '--plan', hash!)).stdout).toContain('changed  segment pros');
  const back = await rekindle('rollback', '--json');
  const plan = JSON.parse(back.stdout);
  expect(plan.changes).toMatchObject([{ kind: 'segment', name: 'pros', from: 2, to: 3 }]);
  expect((await rekindle('rollback', '--plan', plan.hash)).stdout).toBe(
    'changed  segment pros\nrevision 3 is live\n',
  );
});

it('preview: the mail of one person, or what it lacks', async () => {
  const path = 'templates/hello.html';
  write({ [path]: FILES[path]!.replace('Hello {{', 'Good day {{') });
  const { stdout, code } = await rekindle('preview', 'hello', '--profile', 'ann');
  expect(code).toBe(0);
  expect(stdout).toMatch(/^\S*templates\/hello.html, as in the folder\n/);
  expect(stdout).toContain('to ann@example.com; as hello sends it, at the step hello\n');
  expect(stdout).toContain('missing: profile.first_name; its default is "there"\n');
  expect(stdout).toContain('Subject: Good day there\n');
  const live = await rekindle('preview', 'hello', '--profile', 'ann', '--live');
  expect(live.stdout).toMatch(/^the live template\n/);
  expect(live.stdout).toContain('Subject: Hello there\n');
  const asking = '<p>{{default profile.city "your town"}}{{#if profile.pet}}!{{/if}}</p>\n';
  write({ [path]: FILES[path]! + asking });
  const asked = await rekindle('preview', 'hello', '--profile', 'ann');
  expect(asked.stdout).toContain('missing: profile.city; its default is "your town"\n');
  expect(asked.stdout).toContain('missing: profile.pet, which the mail can do without\n');
  write({ [path]: FILES[path]! });
  const slip = await rekindle('preview', 'helo', '--profile', 'ann');
  expect(slip).toMatchObject({
    code: 1,
    stderr: expect.stringContaining(
      'there is no template helo in the folder or live: did you mean hello?',
    ),
  });
});

it('new: a file that is accepted as it stands, and never over another', async () => {
  const made = await rekindle('new', 'campaign', 'back-again');
  expect(made).toMatchObject({ code: 0, stdout: expect.stringContaining('back-again.yaml') });
  expect(await rekindle('new', 'campaign', 'back-again')).toMatchObject({
    code: 1,
    stderr: expect.stringContaining('is there already'),
  });
  expect(await rekindle('new', 'score', 'keenness')).toMatchObject({ code: 0 });
  expect(await rekindle('validate')).toMatchObject({
    code: 0,
    stdout: expect.stringMatching(/campaigns, 1 segment, 1 score, 2 templates, no errors$/m),
  });
});

it('validate: segments are those with a file, and with a warning it is not said that all is well', async () => {
  const name = 'campaigns/inline.yaml';
  write({
    [name]:
      'topic: offers\nenter: { who: { trait: plan, is: "pro,team" } }\nsteps: [{ send: hello }]\n',
  });
  const { code, stdout, stderr } = await rekindle('validate');
  rmSync(join(folder, 'config', name));
  expect({ code, stdout }).toEqual({
    code: 0,
    stdout: expect.stringMatching(
      /campaigns, 1 segment, 1 score, 2 templates, it can be applied$/m,
    ),
  });
  expect(stderr).toContain('RK433');
  expect(stderr).toContain('0 errors, 1 warning\n');
});

it('schema: one of them, as an editor reads it', async () => {
  const { stdout } = await rekindle('schema', 'campaign');
  expect(JSON.parse(stdout)).toMatchObject({
    properties: { steps: {} },
    additionalProperties: false,
  });
});

it('schema --out: the line that names it, as seen from the files of each kind', async () => {
  const { stdout } = await rekindle('schema', '--out', join(folder, '.rekindle'));
  expect(stdout).toBe(`project: # yaml-language-server: $schema=../.rekindle/project.schema.json
segment: # yaml-language-server: $schema=../../.rekindle/segment.schema.json
score: # yaml-language-server: $schema=../../.rekindle/score.schema.json
campaign: # yaml-language-server: $schema=../../.rekindle/campaign.schema.json
test: # yaml-language-server: $schema=../../.rekindle/test.schema.json
`);
});

it('validate --watch checks again when a file changes, until it is stopped', async () => {
  const watching = runTypescript('src/cli.ts', ['validate', '--watch', '--json'], {
    env: {
      REKINDLE_CONFIG: join(folder, 'config'),
      REKINDLE_TEMPLATES: join(folder, 'templates'),
    },
  });
  await watching.line(/"ok":true/);
  write({ 'segments/broken.yaml': 'who: { trat: plan }\n' });
  expect(await watching.line(/"ok":false/)).toContain('did you mean trait?');
  watching.kill('SIGTERM');
  await watching.ended;
  rmSync(join(folder, 'config/segments/broken.yaml'));
});

it('doctor: every part, what is wrong with what to do, and exit code 1 for it', async () => {
  const { code, stdout } = await rekindle('doctor');
  expect(code).toBe(1);
  expect(stdout).toMatch(/✓ database: .* answers, and its tables are of this version\n/);
  expect(stdout).toContain(
    '✗ database: fsync is off: a power cut may destroy the whole database\n    ALTER',
  );
  expect(stdout).toMatch(/✓ definitions: revision \d+ is live\n/);
  expect(stdout).toContain('✓ queue: wake-ups travel through PostgreSQL\n');
  expect(stdout).toContain('✗ mail: there is no mail server: nothing leaves\n    set SMTP_URL');
  expect(stdout).toContain('✗ dns: mails are not signed\n');
});
