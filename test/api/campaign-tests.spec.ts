/** Campaign tests for those who have no folder: sent along, or kept from the last apply and played with a changed text. */
import { resolve } from 'node:path';
import { addPerson } from '../../src/console/door/people.sql.js';
import { hashPassword } from '../../src/console/door/password.js';
import { Browser, PASSWORD } from '../console/console-server.js';
import { testDatabase, type TestDatabase } from '../support/database.js';
import { startRest, type RestServer } from './rest-server.js';
import { FILES } from './world.js';

const ROOT = resolve(__dirname, '../..');
const COMMAND = [`${ROOT}/test/support/run-typescript.cjs`, `${ROOT}/src/cli.ts`];

const files: Record<string, string> = {
  ...FILES,
  'tests/hello.test.yaml': `campaign: hello
tests:
  - name: who says hello is answered
    profiles: { ann: { email: ann@x.example, first_name: Ann } }
    timeline:
      - at: 2026-01-05 10:00
        event: said_hello
        expect: { sends: hello }
`,
};

let db: TestDatabase;
let rest: RestServer;
beforeAll(async () => {
  db = await testDatabase();
  process.env['REKINDLE_DURABILITY'] = 'relaxed';
  rest = await startRest(db, 'api', {}, COMMAND);
});
afterAll(async () => {
  await rest.stop();
  await db.close();
});

it('plays what is sent, in a process of its own, one request at a time', async () => {
  const at = '/api/v1/definitions/test';
  const [first, second] = await Promise.all([
    rest.ask('POST', at, { files, campaign: 'hello' }),
    rest.ask('POST', at, { files }),
  ]);
  const statuses = [first.status, second.status].sort((a, b) => a - b);
  expect(statuses).toEqual([200, 429]);
  const busy = first.status === 429 ? first : second;
  expect(busy.headers.get('retry-after')).toBe('5');
  const played = first.status === 200 ? first.body : second.body;
  expect(played).toMatchObject({
    passed: 1,
    failed: 0,
    tests: [{ campaign: 'hello', name: 'who says hello is answered', failures: [] }],
  });
  const later = files['campaigns/hello.yaml']!.replace('steps:\n', 'steps:\n  - wait: 1 day\n');
  const wrong = await rest.ask('POST', at, { files: { ...files, 'campaigns/hello.yaml': later } });
  const where = 'ann is in it since 2026-01-05 10:00, at wait:hello';
  expect(wrong.body.tests[0].failures).toMatchObject([
    { because: [expect.stringContaining(where)] },
  ]);
  const none = await rest.ask('POST', at, { files, campaign: 'welcome' });
  expect([none.status, none.body.detail]).toEqual([422, 'there are no such tests among the files']);
  const broken = { ...files, 'campaigns/hello.yaml': 'topic: offers\n' };
  expect((await rest.ask('POST', at, { files: broken })).status).toBe(422);
}, 60_000);

it('an apply keeps its tests; the console plays them with a text that is not live', async () => {
  const { body: plan } = await rest.ask('POST', '/api/v1/definitions/plan', { files });
  await rest.ask('POST', '/api/v1/definitions/apply', { files, hash: plan.hash });
  const password = await hashPassword(PASSWORD, { N: 1024, r: 8, p: 1 });
  await addPerson(db.pool, { name: 'a-author', password, role: 'author', now: 0 });
  const author = new Browser(rest.url);
  await author.post('/console/login', { name: 'a-author', password: PASSWORD });
  const href = '/console/definitions/campaign/hello';
  expect((await author.get(href)).text).toContain('Play its tests');
  expect((await author.get('/console/definitions/campaign/welcome')).text).not.toContain(
    'Play its tests',
  );
  const text = files['campaigns/hello.yaml']!;
  expect((await author.post(`${href}/test`, { text })).text).toContain('The test passed');
  const later = text.replace('steps:\n', 'steps:\n  - wait: 1 day\n');
  const failed = await author.post(`${href}/test`, { text: later });
  expect(failed.text).toContain('1 failed, 0 passed');
  expect(failed.text).toContain('tests/hello.test.yaml:3');
  expect(failed.text).toContain(`<a href="${href}">Back to what is live</a>`);
  expect(failed.text).toContain('ann is in it since 2026-01-05 10:00, at wait:hello');
  const wrong = await author.post(`${href}/test`, { text: 'topic: offers\n' });
  expect(wrong.text).not.toContain('1 failed');
  expect(wrong.text).toContain('RK');
  expect((await author.post('/console/definitions/campaign/welcome/test', { text })).status).toBe(
    404,
  );
  // The next folder without them takes them away.
  const { body: next } = await rest.ask('POST', '/api/v1/definitions/plan', { files: FILES });
  await rest.ask('POST', '/api/v1/definitions/apply', { files: FILES, hash: next.hash });
  expect((await author.get(href)).text).not.toContain('Play its tests');
}, 60_000);
