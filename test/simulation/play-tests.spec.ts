/** `rekindle test`: the shipped tests pass, one by one and all at once; a wrong expectation says what happened instead. */
import { execFile } from 'node:child_process';
import { join, resolve } from 'node:path';
import { checkConfiguration } from '../../src/app/check-configuration.js';
import { checkDefinitions } from '../../src/messages/check-definitions.js';
import { backtest } from '../../src/simulation/backtest.js';
import { playTests, type PlayedTest } from '../../src/simulation/play-tests.js';
import { fixtureSources } from '../language/fixture-files.js';
import { testDatabase, type TestDatabase } from '../support/database.js';
import { HELLO, workspacesOf } from './support.js';

const ROOT = resolve(__dirname, '../..');
// The command is a process that compiles its sources.
jest.setTimeout(120_000);

let db: TestDatabase;
beforeAll(async () => {
  db = await testDatabase();
});
afterAll(() => db.close());

/** Plays a file of tests about the campaign hello. */
async function play(tests: string): Promise<PlayedTest[]> {
  const sources = fixtureSources(`${HELLO}#: config/tests/hello.test.yaml\n${tests}`);
  const { definitions, tests: files, diagnostics } = await checkDefinitions(sources);
  if (!definitions) throw new Error(JSON.stringify(diagnostics));
  return playTests(workspacesOf(db), { definitions, files });
}

/** A test of ann, who is a pro in Berlin, as YAML. */
const story = (timeline: string): string => `campaign: hello
tests:
  - name: ann
    profiles: { ann: { email: ann@example.com, first_name: Ann, timezone: Europe/Berlin, topics: { offers: subscribed }, traits: { plan: pro } } }
    timeline:
${timeline.replace(/^/gm, '      ')}`;

test('the shipped tests pass', async () => {
  const folder = (name: string): string => join(ROOT, name);
  const { definitions, tests } = await checkConfiguration({
    config: folder('config'),
    templates: folder('templates'),
  });
  const campaigns = definitions!.campaigns.map(({ id }) => id);
  expect(new Set(tests.map(({ campaign }) => campaign))).toEqual(new Set(campaigns));
  const played = await playTests(workspacesOf(db), { definitions: definitions!, files: tests });
  const failed = played.filter(({ failures }) => failures.length > 0);
  expect(failed.map(({ name, failures, story: told }) => ({ name, failures, told }))).toEqual([]);
  const ms = played.map((one) => one.ms).sort((a, b) => a - b);
  process.stderr.write(`${played.length} campaign tests, median ${ms[ms.length >> 1]} ms\n`);
});

test('a profile goes the way of a split that its test names', async () => {
  const sources = fixtureSources(`${HELLO}#: config/campaigns/lots.yaml
topic: offers
enter: { event: signed_up }
steps:
  - split:
      mail: { share: 50%, steps: [{ send: welcome }] }
      none: { share: 50%, steps: [] }
    id: lot
#: config/tests/lots.test.yaml
campaign: lots
tests:
  - name: one each way
    profiles:
      ann: { email: ann@example.com, first_name: Ann, split: { lot: mail } }
      bob: { email: bob@example.com, first_name: Bob, split: { lot: none } }
    timeline:
      - { at: 2026-01-05 12:00, profile: ann, event: signed_up, expect: { sends: welcome } }
      - { at: 2026-01-05 12:00, profile: bob, event: signed_up, expect: { ends: completed } }
`);
  const { definitions, tests: files, diagnostics } = await checkDefinitions(sources);
  expect(diagnostics).toEqual([]);
  expect(await playTests(workspacesOf(db), { definitions: definitions!, files })).toMatchObject([
    { failures: [] },
  ]);
});

test('an arm that the test does not name is drawn, and its story says so', async () => {
  const sources = fixtureSources(`${HELLO}#: config/campaigns/lots.yaml
topic: offers
enter: { event: signed_up }
steps: [{ split: { all: { share: 100%, steps: [{ wait: 1 day }] } }, id: lot }, { wait: 1 day, id: more }]
#: config/tests/lots.test.yaml
campaign: lots
tests:
  - name: by lot
    profiles: { ann: { email: ann@example.com } }
    timeline:
      - { at: 2026-01-05 12:00, event: signed_up }
      - { after: 2 days, expect: { ends: completed } }
`);
  const { definitions, tests: files } = await checkDefinitions(sources);
  const [played] = await playTests(workspacesOf(db), { definitions: definitions!, files });
  expect(played).toMatchObject({
    failures: [],
    story: [
      'ann entered at 2026-01-05 12:00',
      'ann ended completed at 2026-01-07 12:00',
      'ann went the way all of lot by lot: say split: { lot: all } of ann to be sure of it',
    ],
  });
});

test('a trait is taken away; moments stay in the zone of the beginning', async () => {
  const [played] = await play(
    story(`- { at: 2026-01-05 12:00, event: signed_up, expect: { sends: welcome } }
- { after: 1 day, unset: plan }
- { after: 1 hour, set: { timezone: America/New_York } }
- at: 2026-01-08 10:00
  expect: [{ skips: again, because: if }]`),
  );
  expect(played!.failures).toEqual([]);
  const { definitions, diagnostics, tests } = await checkDefinitions(
    fixtureSources(`${HELLO}#: config/campaigns/free.yaml
topic: offers
enter: { trait: plan, changed: { to: { missing: true } } }
steps: [{ wait: 1 day }]
#: config/tests/free.test.yaml
campaign: free
tests:
  - name: has no plan any more
    profiles: { ann: { email: ann@example.com, traits: { plan: pro } } }
    timeline:
      - { at: 2026-01-05 12:00, unset: [plan], expect: { enters: true } }
`),
  );
  expect(diagnostics).toEqual([]);
  expect(
    await playTests(workspacesOf(db), { definitions: definitions!, files: tests }),
  ).toMatchObject([{ failures: [] }]);
});

test('what is expected is compared with the mail that was rendered', async () => {
  const [right] = await play(
    story(`- at: 2026-01-05 12:00
  event: signed_up
  expect: { sends: welcome, to: ann@example.com, subject: "Welcome, Ann", contains: [Good to have you, Ann.] }
- at: 2026-01-08 10:00
  expect: [{ sends: again }, { ends: completed }]`),
  );
  expect(right).toMatchObject({ failures: [] });
  const [wrong] = await play(
    story(`- at: 2026-01-05 12:00
  event: signed_up
  expect: { sends: welcome, to: ben@example.com, subject: Hello, contains: Goodbye }
- at: 2026-01-08 10:00
  expect: { sends: again }`),
  );
  expect(wrong!.failures).toMatchObject([
    { line: 8, message: 'welcome went to ann@example.com, not to ben@example.com' },
    { line: 8, message: 'the subject of welcome is "Welcome, Ann", not "Hello"' },
    { line: 8, message: 'welcome does not contain "Goodbye"' },
  ]);
});

test('a wrong time, a mail too many, and what did not happen say so', async () => {
  const [played] = await play(
    story(`- at: 2026-01-05 12:00
  event: signed_up
- at: 2026-01-08 11:00
  expect: [{ sends: again }, { ends: converted }]
- at: 2026-01-09 10:00
  expect: [{ nothing: true }, { not_entered: again_never }, { skips: again, because: unsubscribed }]`),
  );
  expect(played!.failures).toMatchObject([
    { line: 6, message: 'welcome was sent to ann at 2026-01-05 12:00, which no entry expects' },
    {
      line: 9,
      message: 'the mail again was expected at 2026-01-08 11:00; it happened at 2026-01-08 10:00',
    },
    {
      line: 9,
      message:
        'the end converted was expected at 2026-01-08 11:00; ann ended completed at 2026-01-08 10:00',
    },
    { line: 11, message: 'a refused entry (again_never) was expected at 2026-01-09 10:00' },
    {
      line: 11,
      message:
        'that again is skipped (unsubscribed) was expected at 2026-01-09 10:00; again was sent to ann at 2026-01-08 10:00',
    },
  ]);
  expect(played!.story).toEqual([
    'ann entered at 2026-01-05 12:00',
    'welcome was sent to ann at 2026-01-05 12:00',
    'again was sent to ann at 2026-01-08 10:00',
    'ann ended completed at 2026-01-08 10:00',
  ]);
});

test('actions: traits that change, topics refused, events repeated; several profiles; summer time', async () => {
  const played = await play(`campaign: hello
zone: Europe/Berlin
tests:
  - name: traits change
    profiles:
      ann: { email: ann@example.com, first_name: Ann, topics: { offers: subscribed }, traits: { plan: pro } }
      ben: { email: ben@example.com, first_name: Ben, topics: { offers: subscribed }, traits: { plan: free } }
    timeline:
      - at: 2026-03-27 12:00
        profile: ann
        event: signed_up
        repeat: 2
        expect: [{ enters: true }, { sends: welcome }, { not_entered: already_active }]
      - at: 2026-03-27 12:00
        profile: ben
        event: signed_up
        expect: { not_entered: if }
      - after: 1 day
        profile: ann
        set: { plan: free }
      - at: 2026-03-30 10:00
        profile: ann
        expect: [{ skips: again, because: if }, { ends: completed }]
      - at: 2026-03-31 10:00
        profile: ben
        expect: { nothing: true }
  - name: a topic refused
    profiles: { ann: { email: ann@example.com, first_name: Ann, topics: { offers: subscribed }, traits: { plan: pro } } }
    timeline:
      - at: 2026-01-05 12:00
        event: signed_up
        expect: { sends: welcome }
      - at: 2026-01-06 12:00
        unsubscribes: offers
      - at: 2026-01-08 10:00
        expect: { skips: again, because: unsubscribed }
`);
  expect(played.map(({ failures }) => failures)).toEqual([[], []]);
});

test('people open, click and complain, addresses do not exist; of a mail that was not sent nothing can come', async () => {
  const sources = fixtureSources(`#: config/campaigns/offer.yaml
topic: offers
enter: { event: begun }
steps:
  - send: welcome
  - wait: 30 minutes
  - wait_for: { message: offer/welcome, was: clicked }
    at_most: 2 days
    then: [{ send: welcome, id: thanks }]
    else: [{ send: welcome, id: reminder }]
  - wait: 1 day
  - send: welcome
    id: last
    if: { message: offer, was: opened, count: { at_least: 2 } }
#: config/tests/offer.test.yaml
campaign: offer
tests:
  - name: all that may become of it
    profiles:
      ann: { email: Ann@example.com }
      bob: { email: bob@example.com }
      cid: { email: cid@example.com }
    timeline:
      - { at: 2026-01-05 10:00, profile: ann, event: begun, expect: { sends: welcome } }
      - { at: 2026-01-05 10:00, profile: bob, event: begun, expect: { sends: welcome } }
      - { at: 2026-01-05 10:00, profile: cid, event: begun, expect: { sends: welcome } }
      - { at: 2026-01-05 10:10, profile: ann, opens: welcome }
      - { at: 2026-01-05 10:10, profile: ann, clicks: welcome }
      - { at: 2026-01-05 10:30, profile: ann, expect: { sends: thanks } }
      - { at: 2026-01-05 12:00, profile: ann, opens: thanks }
      - { at: 2026-01-05 12:00, profile: bob, bounces: welcome }
      - { at: 2026-01-05 12:00, profile: cid, complains: welcome }
      - { at: 2026-01-06 10:30, profile: ann, expect: { sends: last } }
      - { at: 2026-01-07 10:30, profile: bob, expect: { skips: reminder, because: suppressed } }
      - { at: 2026-01-07 10:30, profile: cid, expect: { skips: reminder, because: suppressed } }
  - name: too early
    profiles: { ann: { email: ann@example.com } }
    timeline:
      - { at: 2026-01-05 10:00, event: begun, expect: { sends: welcome } }
      - { after: 1 hour, clicks: reminder }
`);
  const { definitions, tests: files, diagnostics } = await checkDefinitions(sources);
  if (!definitions) throw new Error(JSON.stringify(diagnostics));
  const tests = await playTests(workspacesOf(db), { definitions, files });
  expect(tests.map(({ failures }) => failures.map(({ line, message }) => [line, message]))).toEqual(
    [[], [[25, 'ann clicks reminder at 2026-01-05 11:00, which was not sent before']]],
  );
});

test('nothing of it is left, and nothing live was touched', async () => {
  const { rows } = await db.pool.query(
    `select (select count(*) from pg_namespace where nspname like 'simulation%') as schemas,
            (select count(*) from profiles) as profiles, (select count(*) from revisions) as revisions`,
  );
  expect(rows).toEqual([{ schemas: 0, profiles: 0, revisions: 0 }]);
});

test('the command says what passed, takes a pattern, and exits with 1 when a test fails', async () => {
  const rekindle = (...args: string[]): Promise<{ code: number; stdout: string; stderr: string }> =>
    new Promise((done) => {
      const run = ['test/support/run-typescript.cjs', 'src/cli.ts', 'test', ...args];
      const env = { PATH: process.env.PATH, DATABASE_URL: db.url, REKINDLE_DURABILITY: 'relaxed' };
      execFile(process.execPath, run, { cwd: ROOT, env }, (error, stdout, stderr) =>
        done({ code: typeof error?.code === 'number' ? error.code : 0, stdout, stderr }),
      );
    });
  const some = await rekindle('no return');
  expect(some).toMatchObject({ code: 0 });
  expect(some.stdout).toMatch(
    /^✓ short-first-session: 35 seconds, no return \(\d+ ms\)\n1 passed, 0 failed\n$/,
  );
  const none = await rekindle('nonsense');
  expect(none.code).toBe(1);
  expect(none.stderr).toContain(
    'no test matches `nonsense`; there are tests of: abandoned-cart, card-expiring',
  );
  const json = await rekindle('short-first-session', '--json');
  expect(JSON.parse(json.stdout)).toMatchObject({ passed: 3, failed: 0, tests: [{}, {}, {}] });
});

test('a broadcast goes to everybody who matches at its minute, with what was filled in, and to nobody else', async () => {
  const sources = fixtureSources(`#: config/campaigns/news.yaml
topic: offers
enter: { api: broadcast, who: { trait: plan, is: pro }, per: issue }
steps:
  - send: welcome
#: templates/welcome.html
---
subject: Issue {{entry.issue}}
sample: { entry: { issue: 7 } }
---
<p>Hello.</p><p><a href="{{unsubscribe_url}}">Unsubscribe</a></p>
#: config/tests/news.test.yaml
campaign: news
tests:
  - name: who is a pro by then
    profiles:
      ann: { email: ann@example.com, topics: { offers: subscribed }, traits: { plan: pro } }
      ben: { email: ben@example.com, topics: { offers: subscribed }, traits: { plan: free } }
    timeline:
      - { at: 2026-01-05 09:00, profile: ann, expect: [nothing: true] }
      - at: 2026-01-05 10:00
        profile: ann
        broadcast: true
        with: { issue: 7 }
        expect:
          - enters: true
          - { sends: welcome, subject: Issue 7 }
          - ends: completed
      - { at: 2026-01-05 10:00, profile: ben, expect: [nothing: true] }
      - { at: 2026-01-05 11:00, profile: ben, set: { plan: pro }, expect: [nothing: true] }
      - at: 2026-01-06 10:00
        profile: ann
        broadcast: true
        with: { issue: 7 }
        expect: [not_entered: again_never]
      - { at: 2026-01-06 10:00, profile: ben, expect: [enters: true, sends: welcome, ends: completed] }
  - name: without its field
    profiles: { ann: { email: ann@example.com, traits: { plan: pro } } }
    timeline:
      - { at: 2026-01-05 10:00, broadcast: true, expect: [not_entered: needs] }
`);
  const { definitions, tests, diagnostics } = await checkDefinitions(sources);
  if (!definitions) throw new Error(JSON.stringify(diagnostics));
  const played = await playTests(workspacesOf(db), { definitions, files: tests });
  expect(played.map(({ name, failures }) => ({ name, failures }))).toEqual([
    { name: 'who is a pro by then', failures: [] },
    { name: 'without its field', failures: [] },
  ]);
  expect(played[0]!.story[0]).toBe('ann entered at 2026-01-05 10:00');
  const [from, to] = [Date.UTC(2026, 0, 1), Date.UTC(2026, 1, 1)];
  const replayed = await backtest(workspacesOf(db), { definitions, campaign: 'news', from, to });
  expect(replayed).toMatchObject({ entered: 0, refused: {} });
});

test('nobody is in a sample but whom the test names, and the default of a topic counts until it is said otherwise', async () => {
  const sources = fixtureSources(`#: config/segments/lucky.yaml
who: { all: [{ sample: 50% }, { topic: offers }] }
#: config/campaigns/hello.yaml
topic: offers
enter: { event: signed_up, if: { segment: lucky } }
steps: [{ send: welcome }]
#: config/tests/hello.test.yaml
campaign: hello
tests:
  - name: lots
    profiles:
      ann: { email: ann@example.com, sample: lucky }
      bob: { email: bob@example.com }
      eve: { email: eve@example.com, sample: [lucky, other], topics: { offers: unsubscribed } }
    timeline:
${['ann', 'bob', 'eve'].map((name) => `      - { at: 2026-01-05 10:00, profile: ${name}, event: signed_up, expect: ${name === 'ann' ? '{ sends: welcome }' : '{ not_entered: if }'} }`).join('\n')}
`);
  const { definitions, tests: files, diagnostics } = await checkDefinitions(sources);
  expect(diagnostics.filter(({ severity }) => severity === 'error')).toEqual([]);
  const [played] = await playTests(workspacesOf(db), { definitions: definitions!, files });
  expect(played!.failures).toEqual([]);
});
