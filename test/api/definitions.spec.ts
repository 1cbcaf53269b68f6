/** Definitions through REST: diagnostics as the command prints them, a plan with its hash, and applying that plan only. */
import { checkDefinitions } from '../../src/messages/check-definitions.js';
import { sourcesOfFiles } from '../../src/language/sources-of-files.js';
import { testDatabase, type TestDatabase } from '../support/database.js';
import { startRest, type Answer, type RestServer } from './rest-server.js';
import { eventually, FILES, readAll } from './world.js';

let db: TestDatabase;
let rest: RestServer;
beforeAll(async () => {
  db = await testDatabase();
  rest = await startRest(db, 'api,engine');
});
afterAll(async () => {
  await rest.stop();
  await db.close();
});

const call = (what: string, files: object, more: object = {}): Promise<Answer> =>
  rest.ask('POST', `/api/v1/definitions/${what}`, { files, ...more });
async function apply(files: object, more: object = {}): Promise<Answer> {
  const { body } = await call('plan', files);
  return call('apply', files, { hash: body.hash, ...more });
}
const without = (...paths: string[]): Record<string, string> =>
  Object.fromEntries(Object.entries(FILES).filter(([path]) => !paths.includes(path)));

const BROKEN = {
  ...FILES,
  'campaigns/hello.yaml': 'topic: offers\nenter: { event: a }\nstep: []\n',
};

test('validate answers the diagnostics that the command prints, with file, line and column', async () => {
  const { status, body } = await call('validate', BROKEN);
  expect([status, body.ok]).toEqual([200, false]);
  expect(body.diagnostics).toEqual((await checkDefinitions(sourcesOfFiles(BROKEN))).diagnostics);
  const start = { line: 3, column: 1 };
  expect(body.diagnostics).toContainEqual(
    expect.objectContaining({
      severity: 'error',
      file: 'campaigns/hello.yaml',
      range: expect.objectContaining({ start }),
    }),
  );
  expect((await call('validate', FILES)).body).toEqual({ ok: true, diagnostics: [] });
});

test('templates are compiled and their samples rendered', async () => {
  const broken = FILES['templates/hello.html']!.replace(
    '{{profile.first_name}},',
    '{{profile.frist_name}},',
  );
  const { body } = await call('validate', { ...FILES, 'templates/hello.html': broken });
  expect(body.diagnostics[0]).toMatchObject({ code: 'RK608', file: 'templates/hello.html' });
});

test('errors keep plan and apply from happening', async () => {
  for (const what of ['plan', 'apply']) {
    const { status, body } = await call(what, BROKEN, what === 'apply' ? { hash: 'x' } : {});
    expect([what, status]).toEqual([what, 422]);
    expect(body.diagnostics[0].file).toBe('campaigns/hello.yaml');
  }
  expect((await rest.ask('GET', '/api/v1/definitions')).body.items).toEqual([]);
});

describe('plan and apply', () => {
  test('the first: everything is added; then nothing is left to change', async () => {
    const plan = await call('plan', FILES);
    expect(plan.body).toMatchObject({ revision: null, unchanged: 0, diagnostics: [] });
    expect(plan.body.changes[0]).toMatchObject({
      kind: 'campaign',
      name: 'hello',
      change: 'added',
      from: null,
      to: 1,
      inFlight: [],
    });
    const applied = await call('apply', FILES, { hash: plan.body.hash });
    expect(applied.status).toBe(200);
    expect(applied.body.changed).toHaveLength(plan.body.changes.length);
    const again = await call('plan', FILES);
    expect(again.body).toMatchObject({
      revision: applied.body.revision,
      changes: [],
      unchanged: plan.body.changes.length,
    });
    // The plan was for another state of things.
    expect((await call('apply', FILES, { hash: plan.body.hash })).status).toBe(409);
  });

  test('a plan that was made before somebody else applied is refused, whatever it says', async () => {
    const mine = { ...FILES, 'segments/pros.yaml': 'who: { trait: plan, is: team }\n' };
    const theirs = { ...FILES, 'segments/pros.yaml': 'who: { trait: plan, is: solo }\n' };
    const plan = await call('plan', mine);
    expect((await apply(theirs)).status).toBe(200);
    const refused = await call('apply', mine, { hash: plan.body.hash });
    expect(refused.status).toBe(409);
    expect((await rest.ask('GET', '/api/v1/segments/pros')).body.source).toContain('solo');
    // Nor does a hash stand for other files than those it was made of.
    const other = await call('plan', mine);
    expect((await call('apply', FILES, { hash: other.body.hash })).status).toBe(409);
    expect((await apply(FILES)).status).toBe(200);
  });

  test('a changed campaign says who is under way on which version, and they stay with it', async () => {
    await rest.ask('PUT', '/api/v1/profiles/ann', { traits: { email: 'ann@customers.example' } });
    const enrolled = await rest.ask('POST', '/api/v1/campaigns/welcome/enrolments', {
      userId: 'ann',
      entry: { plan: 'pro' },
    });
    expect(enrolled.body.entered).toBe(true);
    const longer = {
      ...FILES,
      'campaigns/welcome.yaml': FILES['campaigns/welcome.yaml']!.replace('1 day', '2 days'),
    };
    const plan = await call('plan', longer);
    expect(plan.body.changes).toEqual([
      {
        kind: 'campaign',
        name: 'welcome',
        change: 'changed',
        from: 1,
        to: 2,
        inFlight: [{ version: 1, active: 1 }],
        says: [{ place: 'step wait:later', before: 'wait: 1 day', after: 'wait: 2 days' }],
      },
    ]);
    expect(plan.body.impact).toEqual({
      segments: [],
      campaigns: [
        {
          campaign: 'welcome',
          entersNow: 0,
          entersBy: 'api',
          lacks: [],
          expected: null,
          slow: null,
          young: null,
          inFlight: [{ version: 1, step: 'wait:later', active: 1, kept: true }],
          waiting: [],
        },
      ],
    });
    expect((await call('apply', longer, { hash: plan.body.hash })).status).toBe(200);
    const view = await rest.ask('GET', '/api/v1/campaigns/welcome');
    expect(view.body).toMatchObject({ version: 2, appliedBy: 'api:rest', active: 1 });
    const versions = await readAll<{ version: number; live: boolean; source: string }>(
      rest,
      '/api/v1/definitions/campaign/welcome/versions?limit=1',
    );
    expect(versions.map(({ version, live }) => [version, live])).toEqual([
      [2, true],
      [1, false],
    ]);
    expect(versions[1]!.source).toBe(FILES['campaigns/welcome.yaml']);
    await apply(FILES);
  });

  test('a live campaign is not taken away unasked', async () => {
    const fewer = without('campaigns/hello.yaml');
    const refused = await apply(fewer);
    expect([refused.status, refused.body.removed]).toEqual([
      422,
      [{ name: 'hello', active: 0, waiting: 0 }],
    ]);
    expect((await apply(fewer, { allowRemoval: true })).status).toBe(200);
    expect((await rest.ask('GET', '/api/v1/campaigns/hello')).body.state).toBe('removed');
    await apply(FILES);
  });

  test('closing a campaign moves the plan as well: what is live has changed', async () => {
    const changed = { ...FILES, 'segments/pros.yaml': 'who: { trait: plan, is: gold }\n' };
    const plan = await call('plan', changed);
    await rest.ask('POST', '/api/v1/campaigns/hello/drain', { why: 'x' });
    expect((await call('apply', changed, { hash: plan.body.hash })).status).toBe(409);
    await rest.ask('POST', '/api/v1/campaigns/hello/resume');
  });

  test('revisions say who changed what, the latest first', async () => {
    const [latest, , ...older] = await readAll<{ appliedBy: string; changes: object[] }>(
      rest,
      '/api/v1/definitions/revisions?limit=3',
    );
    expect(latest).toMatchObject({
      appliedBy: 'api:rest',
      changes: [{ kind: 'campaign', name: 'hello', change: 'opened' }],
    });
    expect(older.length).toBeGreaterThan(3);
    const live = await readAll<{ kind: string; name: string }>(rest, '/api/v1/definitions?limit=2');
    expect(live.map(({ kind, name }) => `${kind}/${name}`)).toContain('segment/pros');
    expect(new Set(live.map((one) => JSON.stringify(one))).size).toBe(live.length);
  });

  test('the engine works with what was applied', async () => {
    await rest.ask('PUT', '/api/v1/profiles/gold', { traits: { plan: 'pro' } });
    await eventually(
      async () => (await rest.ask('GET', '/api/v1/segments/pros')).body,
      ({ members, built }) => built && members === 1,
    );
  });
});

describe('hostile files', () => {
  test.each([
    ['a path that climbs', { '../etc/passwd': 'x' }],
    ['an absolute path', { '/etc/passwd': 'x' }],
    ['NUL in a path', { 'a\0.yaml': 'x' }],
    ['a number for a text', { 'rekindle.yaml': 1 }],
    ['a list of files', []],
  ])('%s is 422', async (_, files) => {
    expect((await call('validate', files)).status).toBe(422);
  });

  test('what YAML can do is a diagnostic, quickly', async () => {
    const laughs = `a: &a [x,x,x,x,x,x,x,x,x]\nb: &b [*a,*a,*a,*a,*a,*a,*a,*a,*a]\nc: [*b,*b,*b]\n`;
    for (const text of [laughs, '['.repeat(100_000), 'a: 1\na: 2\n', '__proto__: 1\n', '\0', 'x']) {
      const { status, body } = await call('validate', { ...FILES, 'campaigns/hello.yaml': text });
      expect([status, body.ok]).toEqual([200, false]);
    }
    const nul = await call('plan', {
      ...FILES,
      'campaigns/hello.yaml': `# \0\n${FILES['campaigns/hello.yaml']}`,
    });
    expect(nul.status).toBe(422);
  });

  test('half a character in a text is a diagnostic, not a failure of the database', async () => {
    const body = JSON.stringify({ files: FILES }).replace(
      'topic: offers',
      '# \\ud800\\ntopic: offers',
    );
    expect((await rest.ask('POST', '/api/v1/definitions/plan', body)).status).toBe(422);
  });

  test('two megabytes are read, more are not', async () => {
    const large = (bytes: number) => ({ ...FILES, 'templates/README.md': 'x'.repeat(bytes) });
    expect((await call('validate', large(1_900_000))).status).toBe(200);
    const refused = await call('validate', large(2_100_000));
    expect(refused.status).toBe(413);
  });

  test('whoever may read looks at plans and applies none', async () => {
    const as = { authorization: `Bearer ${await rest.newKey('read')}` };
    expect((await rest.ask('POST', '/api/v1/definitions/plan', { files: FILES }, as)).status).toBe(
      200,
    );
    expect(
      (await rest.ask('POST', '/api/v1/definitions/apply', { files: FILES, hash: 'x' }, as)).status,
    ).toBe(403);
  });

  test.each([
    ['/api/v1/definitions/campaign/nobody/versions', 404],
    ['/api/v1/definitions/%00/hello/versions', 404],
  ])('%s is %i', async (path, status) => {
    expect((await rest.ask('GET', path)).status).toBe(status);
  });
});
