/** What people do in the console: they see the number first, it is done once, and it is written down who did it. */
import { listActions } from '../../src/core/audit.js';
import { listPauses } from '../../src/delivery/pauses.sql.js';
import { findSuppression } from '../../src/messages/suppressions.sql.js';
import { seedDefinitions, seedPending } from '../delivery/pending-messages.js';
import { testDatabase, type TestDatabase } from '../support/database.js';
import { type Browser, startConsole, type ConsoleServer } from './console-server.js';

let db: TestDatabase;
let server: ConsoleServer;
let operator: Browser;
let viewer: Browser;
beforeAll(async () => {
  db = await testDatabase();
  await seedPending(db.pool, await seedDefinitions(db.pool), { count: 3, domain: 'example.com' });
  server = await startConsole(db);
  operator = await server.as('operator');
  viewer = await server.as('viewer');
});
afterAll(async () => {
  await server.stop();
  await db.close();
});

const now = () => Date.now();
const lastAction = async () =>
  (await listActions(db.pool, { before: null, subject: null, limit: 1 }))[0];

test('pausing everything says how many messages it holds, then holds them, with a banner on every page', async () => {
  const question = await operator.get('/console/pauses/new?scope=all');
  expect(question.text).toContain('3 messages are due now and would wait');
  expect(await listPauses(db.pool, now())).toEqual([]);
  const answer = await operator.post('/console/pauses', { scope: 'all', why: 'wrong <b>mail</b>' });
  expect(answer.headers.get('location')).toBe('/console/system?done=paused');
  expect(await listPauses(db.pool, now())).toMatchObject([
    { scope: 'all', setBy: 'console:a-operator', why: 'wrong <b>mail</b>', holds: 3 },
  ]);
  expect(await lastAction()).toMatchObject({
    actor: 'console:a-operator',
    action: 'pause.set',
    subject: 'pause/all',
    detail: { why: 'wrong <b>mail</b>' },
  });
  const banner = (await viewer.get('/console/suppressions')).text;
  expect(banner).toContain('All sending is paused by console:a-operator: wrong &lt;b>mail&lt;/b>');

  const lifting = await operator.get('/console/pauses/lift?scope=all');
  expect(lifting.text).toContain('3 messages that are due will be sent from now on');
  await operator.post('/console/pauses/lift', { scope: 'all', name: '' });
  expect(await listPauses(db.pool, now())).toEqual([]);
  expect(await lastAction()).toMatchObject({ action: 'pause.lift', subject: 'pause/all' });
  expect((await operator.post('/console/pauses/lift', { scope: 'all' })).status).toBe(404);
});

test('a pause that was asked for on the page of a campaign, or in the send log, leads back there', async () => {
  const asked = await operator.get('/console/pauses/new?scope=campaign&name=hello&from=campaign');
  expect(asked.text).toContain('href="/console/campaigns/hello"');
  const form = { scope: 'campaign', name: 'hello', from: 'campaign' };
  const paused = await operator.post('/console/pauses', { ...form, why: 'a look' });
  expect(paused.headers.get('location')).toBe('/console/campaigns/hello?done=paused');
  const lifted = await operator.post('/console/pauses/lift', form);
  expect(lifted.headers.get('location')).toBe('/console/campaigns/hello?done=resumed');
  const inLog = { scope: 'domain', name: 'example.com', from: 'messages', why: 'a look' };
  const held = await operator.post('/console/pauses', inLog);
  expect(held.headers.get('location')).toBe('/console/messages?domain=example.com&done=paused');
  const all = { scope: 'all', from: 'messages', why: 'a look' };
  const stopped = await operator.post('/console/pauses', all);
  expect(stopped.headers.get('location')).toBe('/console/messages?done=paused');
  await operator.post('/console/pauses/lift', inLog);
  await operator.post('/console/pauses/lift', all);
  const elsewhere = await operator.get('/console/pauses/new?scope=all&from=//evil.example');
  expect(elsewhere.status).toBe(422);
});

test('a pause needs a reason, and a name where it has one', async () => {
  expect((await operator.post('/console/pauses', { scope: 'all', why: ' ' })).status).toBe(422);
  expect((await operator.get('/console/pauses/new?scope=domain')).status).toBe(422);
  expect((await operator.get('/console/pauses/new?scope=everything')).status).toBe(422);
  const domain = await operator.get('/console/pauses/new?scope=domain&name=EXAMPLE.com');
  expect(domain.text).toContain('3 messages are due');
});

test('an address is suppressed in its one form, once, and lifted after a look at what waits for it', async () => {
  const add = () =>
    operator.post('/console/suppressions', { address: ' Win-Back-1@Example.com', detail: 'asked' });
  expect((await add()).headers.get('location')).toContain('done=suppressed');
  expect((await add()).headers.get('location')).toContain('done=suppressedAlready');
  const key = 'win-back-1@example.com';
  expect(await findSuppression(db.pool, key)).toMatchObject({ source: 'console:a-operator' });
  const question = await operator.get(`/console/suppressions/lift?address=${key}`);
  expect(question.text).toContain('1 message is pending for it now');
  await operator.post('/console/suppressions/lift', { address: key });
  expect(await findSuppression(db.pool, key)).toBeNull();
  expect(await lastAction()).toMatchObject({
    action: 'suppression.lift',
    subject: `suppression/${key}`,
    detail: { reason: 'manual', detail: 'asked' },
  });
});

test('what is no address is refused with a sentence', async () => {
  const answer = await operator.post('/console/suppressions', { address: 'a@b.c, d@e.f' });
  expect(answer.status).toBe(422);
  expect(answer.text).toContain('address is not one mail address');
});

test.each([
  ['/console/pauses', { scope: 'all', why: 'x' }],
  ['/console/pauses/lift', { scope: 'all' }],
  ['/console/suppressions', { address: 'ann@example.com' }],
  ['/console/suppressions/lift', { address: 'ann@example.com' }],
  ['/console/campaigns/win-back/stop', { why: 'x' }],
])('a viewer cannot %s, and is not shown how', async (path, fields) => {
  const before = await lastAction();
  const answer = await viewer.post(path, fields);
  expect(answer.status).toBe(403);
  expect(answer.text).toContain('this takes the role operator');
  expect(await lastAction()).toEqual(before);
  for (const page of ['/console/system', '/console/suppressions'])
    expect((await viewer.get(page)).text).not.toMatch(/method="post" action="\/console\/(?!lo|la)/);
});

test('a role that was taken away is gone with the next request', async () => {
  const person = await server.as('author');
  await db.pool.query(`delete from console_people where name = 'a-author'`);
  expect((await person.get('/console')).status).toBe(303);
});

test('the CSV of the send log is for operators, leaves no formula and is written down', async () => {
  await db.pool.query(`update messages set subject = '=HYPERLINK("https://evil.example")'`);
  expect((await viewer.get('/console/messages/export.csv')).status).toBe(403);
  const csv = await operator.get('/console/messages/export.csv?campaign=win-back');
  expect(csv.headers.get('content-type')).toContain('text/csv');
  expect(csv.headers.get('content-disposition')).toContain('attachment');
  expect(csv.text.split('\r\n')).toHaveLength(5);
  const names = csv.text.split('\r\n', 1)[0]!.split(',');
  expect(names).toEqual([...new Set(names)]);
  expect(csv.text).toContain(`"'=HYPERLINK(""https://evil.example"")"`);
  expect(await lastAction()).toMatchObject({ action: 'send_log.export' });
});

test('a plan that something overtook is not applied, and who only looks cannot apply', async () => {
  const fresh = await testDatabase();
  const other = await startConsole(fresh);
  const author = await other.as('author');
  const at = '/console/definitions/project/rekindle';
  const text = 'project: Acme\nzone: UTC\nlocale: en\n';
  const planned = await author.post(`${at}/plan`, { text });
  const hash = /name="hash" value="([0-9a-f]{64})"/.exec(planned.text)![1]!;
  const looking = await other.as('viewer');
  expect((await looking.post(`${at}/apply`, { text, hash })).status).toBe(403);
  expect((await author.post(`${at}/apply`, { text, hash })).status).toBe(303);
  const late = await author.post(`${at}/apply`, { text: `${text}# more\n`, hash });
  expect(late.status).toBe(409);
  expect((await author.post(`${at}/plan`, { text: 'zone: [' })).text).toContain(
    'This cannot be applied yet',
  );
  await other.stop();
  await fresh.close();
});

test.each([
  'project/..%2f..%2fetc',
  'campaign/..%2f..%2fetc%2fpasswd',
  'template/x',
  'segment/a%20b',
])('no definition is called %s', async (name) => {
  expect((await viewer.get(`/console/definitions/${name}`)).status).toBe(404);
});

test('an address leads to all messages of its profile, and only a campaign that there is can be paused', async () => {
  const { rows } = await db.pool.query<{ profile_id: number; campaign: string }>(
    `with found as (select profile_id, campaign from messages order by id limit 1)
     update profiles p set traits = p.traits || '{"email": "sam@skipped.example"}' from found
     where p.id = found.profile_id returning found.profile_id, found.campaign`,
  );
  const { profile_id: profile, campaign } = rows[0]!;
  const { text } = await viewer.get('/console/messages?address=SAM@skipped.example');
  expect(text).toContain('skipped have no address');
  expect(text).toContain(`href="/console/messages?profile=${profile}"`);
  const offersPause = async (name: string) =>
    (await operator.get(`/console/messages?campaign=${name}`)).text.includes(
      `Pause campaign ${name} …`,
    );
  expect([await offersPause('nope'), await offersPause(campaign)]).toEqual([false, true]);
});
