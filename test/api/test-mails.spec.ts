/** A real mail to whoever writes it: marked, harmless, to nobody else, counted nowhere; by API and in the console. */
import PostalMime from 'postal-mime';
import { listActions } from '../../src/core/audit.js';
import { addPerson } from '../../src/console/door/people.sql.js';
import { hashPassword } from '../../src/console/door/password.js';
import { askForTest } from '../../src/delivery/test-mails.js';
import { createApiKey } from '../../src/ingest/api-keys.js';
import { checkDefinitions } from '../../src/messages/check-definitions.js';
import { TemplateCache } from '../../src/messages/compile-template.js';
import { Browser, PASSWORD } from '../console/console-server.js';
import { testDatabase, type TestDatabase } from '../support/database.js';
import { startRest, type Answer, type RestServer } from './rest-server.js';
import { applyFiles, eventually, FILES, sourcesOf } from './world.js';

let db: TestDatabase;
let rest: RestServer;
beforeAll(async () => {
  db = await testDatabase();
  await applyFiles(db, {
    ...FILES,
    'templates/broken.html': FILES['templates/hello.html']!.replace(
      'Hello {{',
      'Issue {{entry.issue}}, {{',
    ).replace('sample:\n', 'sample:\n  entry: { issue: 7 }\n'),
  });
  rest = await startRest(db, 'api,engine,mailer');
  await rest.ask('PUT', '/api/v1/profiles/ann', {
    traits: { email: 'ann@customers.example', name: 'Ann', first_name: 'Ann' },
  });
});
afterAll(async () => {
  await rest.stop();
  await db.close();
});

const post = (body: object, profile = 'ann'): Promise<Answer> =>
  rest.ask('POST', `/api/v1/profiles/${profile}/test-mails`, body);
const settled = (id: number) =>
  eventually(
    async () => (await rest.ask('GET', `/api/v1/test-mails/${id}`)).body,
    ({ state }) => state === 'sent' || state === 'failed',
  );
const count = async (table: string): Promise<number> =>
  (await db.pool.query<{ n: number }>(`select count(*) as n from ${table}`)).rows[0]!.n;

it('goes to who asked, marked, with the data of the person, who gets nothing', async () => {
  const asked = await post({ template: 'hello', to: 'Me@acme.example' });
  expect([asked.status, asked.body]).toMatchObject([202, { state: 'waiting', reply: null }]);
  expect(await settled(asked.body.id as number)).toMatchObject({
    state: 'sent',
    address: 'Me@acme.example',
  });
  const { rows } = await db.pool.query<{ mail_to: string; source: Buffer }>(
    'select mail_to, source from dev_mails',
  );
  expect(rows.map(({ mail_to }) => mail_to)).toEqual(['Me@acme.example']);
  const mail = await PostalMime.parse(rows[0]!.source);
  expect(mail.subject).toMatch(/^\[test\] Hello/);
  const headers = mail.headers.map(({ key }) => key);
  expect(headers).not.toContain('list-unsubscribe');
  expect(headers).not.toContain('feedback-id');
  expect(mail.html).toContain('/u/');
  expect([...mail.html!.matchAll(/\/u\/([^"]+)"/g)].every(([, token]) => token!.length < 10)).toBe(
    true,
  );
  // Nothing that caps, the send log or the person's timeline could count.
  expect([await count('messages'), await count('attempts'), await count('enrolments')]).toEqual([
    0, 0, 0,
  ]);
  const [action] = await listActions(db.pool, {
    before: null,
    subject: 'template/hello',
    limit: 1,
  });
  expect(action).toMatchObject({ action: 'template.test', detail: { address: 'Me@acme.example' } });
});

it.each([
  [{ template: 'hello', to: 'ann@CUSTOMERS.example' }, 409, 'a test goes to somebody else'],
  [{ template: 'hello', to: 'gone@acme.example' }, 409, 'suppressed: manual'],
  [{ template: 'broken', to: 'me@acme.example' }, 422, 'cannot be rendered'],
  [{ template: 'nowhere', to: 'me@acme.example' }, 404, 'no such template'],
  [{ template: 'hello', to: 'me@acme.example', campaign: 'nowhere' }, 404, 'no such campaign'],
  [{ template: 'hello', to: 'a@b.example, c@d.example' }, 422, 'not one mail address'],
  [{ template: 'hello', to: 'a@b.example\r\nBcc: c@d.example' }, 422, 'not one mail address'],
  [{ template: 'hello' }, 422, 'to'],
])('refuses %j with %i', async (body, status, detail) => {
  await rest.ask('POST', '/api/v1/suppressions', { address: 'gone@acme.example' });
  const before = await count('message_copies');
  const refused = await post(body);
  expect([refused.status, refused.body.detail]).toEqual([status, expect.stringContaining(detail)]);
  expect(await count('message_copies')).toBe(before);
});

it('waits while all sending is paused, and is taken away with the person', async () => {
  await rest.ask('PUT', '/api/v1/profiles/bob', {
    traits: { email: 'bob@customers.example', first_name: 'Bob', name: 'Bob' },
  });
  await rest.ask('PUT', '/api/v1/pauses', { scope: 'all', why: 'look first' });
  const held = await post({ template: 'hello', to: 'me@acme.example' }, 'bob');
  await post({ template: 'hello', to: 'me@acme.example' });
  expect((await rest.ask('DELETE', '/api/v1/profiles/bob')).status).toBe(200);
  expect((await rest.ask('GET', `/api/v1/test-mails/${held.body.id}`)).status).toBe(404);
  const { rows } = await db.pool.query(
    `select state from message_copies where test is not null order by id desc limit 1`,
  );
  expect(rows).toEqual([{ state: 'waiting' }]);
  await rest.ask('DELETE', '/api/v1/pauses?scope=all');
  await eventually(
    () => count(`message_copies where state = 'waiting'`),
    (n) => n === 0,
  );
});

it('the preview in the console sends one, and shows what became of it', async () => {
  const password = await hashPassword(PASSWORD, { N: 1024, r: 8, p: 1 });
  for (const role of ['viewer', 'author'] as const)
    await addPerson(db.pool, { name: `a-${role}`, password, role, now: 0 });
  const as = async (role: string): Promise<Browser> => {
    const browser = new Browser(rest.url);
    await browser.post('/console/login', { name: `a-${role}`, password: PASSWORD });
    await browser.get('/console');
    return browser;
  };
  const { profileId } = (await rest.ask('GET', '/api/v1/profiles/ann')).body;
  const at = `/console/profiles/${profileId}/preview`;
  const author = await as('author');
  const page = await author.get(`${at}?template=hello`);
  expect(page.text).toContain('Send a test to yourself');
  const sent = await author.post(`${at}/test`, { template: 'hello', to: 'author@acme.example' });
  expect(sent.headers.get('location')).toBe(`${at}?width=600&template=hello&done=testSent`);
  await eventually(
    () => author.get(`${at}?template=hello`),
    ({ text }) => text.includes('author@acme.example') && !text.includes('waiting'),
  );
  // The next one is offered the same address.
  expect((await author.get(`${at}?template=hello`)).text).toContain('value="author@acme.example"');
  const viewer = await as('viewer');
  expect((await viewer.get(`${at}?template=hello`)).text).not.toContain('Send a test to yourself');
  expect(
    (await viewer.post(`${at}/test`, { template: 'hello', to: 'v@acme.example' })).status,
  ).toBe(403);
  const mailbox = await author.get('/console/mailbox?to=author');
  expect(mailbox.text).toContain('[test] Hello');
});

it('of a template that is not live yet: as it was when it was asked for, and nothing becomes live', async () => {
  const { definitions } = await checkDefinitions(
    sourcesOf({
      ...FILES,
      'templates/young.html': FILES['templates/hello.html']!.replace('Hello {{', 'Quite new {{'),
    }),
  );
  const { project, templates } = definitions!;
  const template = templates.find(({ id }) => id === 'young')!;
  const { rows } = await db.pool.query<{ id: number }>(
    `select profile_id as id from profile_keys where value = 'ann'`,
  );
  const request = {
    profileId: rows[0]!.id,
    template: 'young',
    campaign: null,
    entry: null,
    locale: null,
    draft: { project, campaigns: [], template },
    address: 'draft@acme.example',
  };
  const limits = { perActor: 1, perAddress: 1 };
  const rendering = { templates: new TemplateCache(1), links: 'http://links.example', limits };
  const asked = await askForTest(db.pool, request, rendering, { actor: 'me', now: Date.now() });
  if (!('test' in asked)) throw new Error('it was refused');
  expect(await settled(asked.test.id)).toMatchObject({ state: 'sent' });
  const sent = await db.pool.query<{ subject: string }>(
    `select subject from dev_mails where mail_to = 'draft@acme.example'`,
  );
  expect(sent.rows).toEqual([{ subject: expect.stringMatching(/^\[test\] Quite new Ann/) }]);
  expect((await post({ template: 'young', to: 'me@acme.example' })).status).toBe(404);
});

describe('how many there may be within an hour', () => {
  let own: TestDatabase;
  let limited: RestServer;
  beforeAll(async () => {
    own = await testDatabase();
    await applyFiles(own, FILES);
    limited = await startRest(own, 'api', {
      REKINDLE_TEST_MAILS_PER_ADDRESS: '2',
      REKINDLE_TEST_MAILS_PER_ACTOR: '3',
    });
    await limited.ask('PUT', '/api/v1/profiles/ann', {
      traits: { email: 'ann@customers.example', name: 'Ann', first_name: 'Ann' },
    });
  });
  beforeEach(() => own.pool.query('delete from message_copies'));
  afterAll(async () => {
    await limited.stop();
    await own.close();
  });

  const test = (to: string, headers = {}) =>
    limited.ask('POST', '/api/v1/profiles/ann/test-mails', { template: 'hello', to }, headers);
  const another = () =>
    createApiKey(own.dataSource.manager, { name: 'another', scopes: ['manage'], now: 0 });
  const statuses = (answers: Answer[]) => answers.map(({ status }) => status).sort((a, b) => a - b);

  it('to one address, whoever asks and however it is written; also when all ask at once', async () => {
    const other = { authorization: `Bearer ${await another()}` };
    const answers = await Promise.all([
      test('me@acme.example'),
      test('ME@acme.example', other),
      test('Me@Acme.example'),
      test('me@acme.example', other),
    ]);
    expect(statuses(answers)).toEqual([202, 202, 429, 429]);
    const { body, headers } = answers.find(({ status }) => status === 429)!;
    expect(body.detail).toContain('this address has been sent as many');
    const wait = Number(headers.get('retry-after'));
    expect([wait > 3_500, wait <= 3_600]).toEqual([true, true]);
    // An hour later there may be others.
    await own.pool.query(`update message_copies set asked_at = asked_at - interval '1 hour'`);
    expect((await test('me@acme.example')).status).toBe(202);
  });

  it('for one key, over all addresses; of another key nothing is taken', async () => {
    const to = (n: number) => `me-${n}@acme.example`;
    expect(statuses(await Promise.all([1, 2, 3, 4, 5].map((n) => test(to(n)))))).toEqual([
      202, 202, 202, 429, 429,
    ]);
    expect((await test(to(6))).body.detail).toContain('you have asked for as many');
    const other = { authorization: `Bearer ${await another()}` };
    expect((await test(to(6), other)).status).toBe(202);
  });
});
