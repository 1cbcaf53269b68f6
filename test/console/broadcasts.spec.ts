/** Sending from the console: what it says, whom it reaches, the button with the number, and taking it back. */
import type { Browser as Chromium } from 'playwright-core';
import { listActions } from '../../src/core/audit.js';
import { DatabaseClock } from '../../src/core/clock.js';
import { ShardLoop } from '../../src/engine/shard-loop.js';
import { applyFiles, FILES } from '../api/world.js';
import { testDatabase, type TestDatabase } from '../support/database.js';
import { logInAs, openChromium } from './chromium.js';
import { startConsole, type Browser, type ConsoleServer } from './console-server.js';

// A browser on two cores that other test files use as well.
jest.setTimeout(120_000);

let db: TestDatabase;
let server: ConsoleServer;
let operator: Browser;
let viewer: Browser;
let chromium: Chromium;
beforeAll(async () => {
  db = await testDatabase();
  await applyFiles(db, {
    ...FILES,
    'campaigns/news.yaml': `description: The monthly newsletter
topic: offers
enter: { api: broadcast, who: { trait: plan, is: pro }, needs: [issue, by.name] }
steps:
  - wait: 1 day
  - send: hello
`,
    'campaigns/plain.yaml': `topic: offers
enter: { api: broadcast, who: { trait: plan, is: team } }
steps:
  - send: hello
`,
  });
  await people(3, 'pro');
  server = await startConsole(db);
  operator = await server.as('operator');
  viewer = await server.as('viewer');
  chromium = await openChromium();
});
afterAll(async () => {
  await chromium?.close();
  await server.stop();
  await db.close();
});

let serial = 0;
async function people(count: number, plan: string, email = true): Promise<void> {
  for (let n = 0; n < count; n++)
    await db.pool.query(
      `insert into profiles (shard, traits, created_at) values (0, $1::jsonb, '2026-01-01')`,
      [JSON.stringify({ plan, ...(email ? { email: `p${++serial}@customers.example` } : {}) })],
    );
}

/** One engine does what there is to do. */
async function settle(): Promise<void> {
  const ignore = () => undefined;
  const wakeUps = { wake: ignore };
  const clock = new DatabaseClock();
  await new ShardLoop({
    source: db.pool,
    clock,
    wakeUps,
    onFailure: ignore,
    onParked: ignore,
  }).run();
}

const AT = '/console/broadcasts';
const form = { campaign: 'news', 'entry.issue': '7', 'entry.by.name': 'Ann', json: '' };
/** Hidden fields of the form that sends. */
const fieldsOf = (html: string): Record<string, string> =>
  Object.fromEntries(
    [...html.matchAll(/<input type="hidden" name="(\w+)" value="([^"]*)"/g)]
      .filter(([, name]) => name !== '_csrf')
      .map(([, name, value]) => [name!, value!.replaceAll('&quot;', '"')]),
  );
const broadcasts = async (): Promise<{ id: string; entry: object }[]> =>
  (
    await db.pool.query<{ id: string; entry: object }>(
      'select id, entry from broadcasts order by at',
    )
  ).rows;

test('the campaign says how to send it, and the form asks for what it needs', async () => {
  const campaign = await operator.get('/console/campaigns/news');
  expect(campaign.text).toContain('href="/console/broadcasts/new?campaign=news"');
  expect(campaign.text).toContain('Nobody has been written to by this campaign');
  const asked = await operator.get(`${AT}/new?campaign=news`);
  expect(asked.text).toContain('name="entry.issue"');
  expect(asked.text).toContain('name="entry.by.name"');
  expect((await operator.get('/console/campaigns/hello')).text).not.toContain('/broadcasts/new');
});

test('who looks is shown no button, and is refused', async () => {
  expect((await viewer.get('/console/campaigns/news')).text).not.toContain('/broadcasts/new');
  expect((await viewer.get(`${AT}/new?campaign=news`)).status).toBe(403);
  expect((await viewer.post(`${AT}/count`, form)).status).toBe(403);
  expect((await viewer.post(AT, { campaign: 'news' })).status).toBe(403);
  expect((await viewer.get(`${AT}?campaign=news`)).status).toBe(200);
  expect(await broadcasts()).toEqual([]);
});

test('counted with the breakdown, sent once however often the button is pressed, with its record', async () => {
  await people(1, 'pro', false);
  const counted = await operator.post(`${AT}/count`, form);
  expect(counted.text).toContain('Broadcast news to 4 profiles?');
  expect(counted.text).toContain('Broadcast to 4 profiles');
  expect(counted.text).toContain('p1@customers.example');
  expect(await broadcasts()).toEqual([]);
  const fields = fieldsOf(counted.text);
  const sent = await Promise.all([1, 2].map(() => operator.post(AT, fields)));
  const [{ id, entry }, ...more] = (await broadcasts()) as [{ id: string; entry: object }];
  expect(more).toEqual([]);
  expect(sent.map(({ headers }) => headers.get('location'))).toEqual(
    Array(2).fill(`${AT}/${id}?done=broadcast`),
  );
  expect(entry).toEqual({ issue: 7, by: { name: 'Ann' } });
  const [action] = await listActions(db.pool, { before: null, subject: null, limit: 1 });
  expect(action).toMatchObject({
    actor: 'console:a-operator',
    action: 'broadcast.request',
    subject: 'campaign/news',
    detail: { broadcast: id, counted: 4, expected: 4 },
  });
  expect((await viewer.get(`${AT}/${id}`)).text).toContain('running');
  await settle();
  const done = (await viewer.get(`${AT}/${id}`)).text;
  expect(done).toContain('done');
  expect(done).not.toContain('/cancel');
  expect((await viewer.get(`${AT}?campaign=news`)).text).toContain('4 / 4');
  expect((await viewer.get('/console/campaigns/news')).text).toContain(`${AT}/${id}`);
});

test('what cannot be read comes back as it was typed, with what is wrong; what was counted can be changed', async () => {
  const before = (await broadcasts()).length;
  const typed = { ...form, 'entry.issue': '"7"', json: '{"discount": 20,' };
  const wrong = await operator.post(`${AT}/count`, typed);
  expect(wrong.status).toBe(422);
  expect(wrong.text).toContain('role="alert">this is no JSON object');
  expect(wrong.text).toContain('name="entry.issue" value="&quot;7&quot;"');
  expect(wrong.text).toContain('{&quot;discount&quot;: 20,</textarea>');
  const short = await operator.post(`${AT}/count`, { ...typed, 'entry.issue': '', json: '' });
  expect([short.status, short.text]).toEqual([422, expect.stringContaining('data: issue')]);
  expect(short.text).toContain('name="entry.by.name" value="Ann"');

  const json = '{"by": {"role": "editor"}, "issue": 8}';
  const counted = await operator.post(`${AT}/count`, { ...typed, json });
  expect(counted.text).toContain(`formaction="${AT}/new"`);
  const again = await operator.post(`${AT}/new`, fieldsOf(counted.text));
  expect(again.text).toContain('name="entry.issue" value="&quot;7&quot;"');
  expect(again.text).toContain('name="entry.by.name" value="Ann"');
  expect(again.text).toMatch(
    /\{\n {2}&quot;by&quot;: \{\n {4}&quot;role&quot;: &quot;editor&quot;/,
  );
  expect(await broadcasts()).toHaveLength(before);
});

test('when more match by the time the button is pressed, nothing is sent and the new number is shown', async () => {
  const before = (await broadcasts()).length;
  const fields = fieldsOf((await operator.post(`${AT}/count`, form)).text);
  await people(1, 'pro');
  const late = await operator.post(AT, fields);
  expect(late.status).toBe(409);
  expect(late.text).toContain('There are more of them by now: 5 profiles instead of 4');
  expect(await broadcasts()).toHaveLength(before);
  const again = await operator.post(AT, fieldsOf(late.text));
  expect(again.status).toBe(303);
  expect((await broadcasts()).at(-1)!.entry).toEqual({ issue: 7, by: { name: 'Ann' } });
});

test('cancelling says what has happened, and ends what is under way where that is ticked', async () => {
  const { id } = (await broadcasts()).at(-1)!;
  const running = await operator.get(`${AT}/${id}/cancel`);
  expect(running.text).toContain(
    '0 profiles have been let in, of 5 that matched; nobody else will be.',
  );
  await settle();
  const asked = await operator.get(`${AT}/${id}/cancel`);
  expect(asked.text).toContain('End what this broadcast of news began?');
  expect(asked.text).toContain('5 enrolments are not through');
  expect((await operator.post(`${AT}/${id}/cancel`, { why: 'wrong price' })).status).toBe(409);
  expect((await operator.post(`${AT}/${id}/cancel`, { end: 'yes' })).status).toBe(422);
  const ended = await operator.post(`${AT}/${id}/cancel`, { why: 'wrong price', end: 'yes' });
  expect(ended.headers.get('location')).toBe(`${AT}/${id}?done=broadcastCancelled`);
  expect((await viewer.get(`${AT}/${id}`)).text).toContain('console:a-operator: wrong price');
  const { rows } = await db.pool.query(
    `select distinct end_because from enrolments where trigger = 'broadcast:' || $1`,
    [id],
  );
  expect(rows).toEqual([{ end_because: 'stopped' }]);
  const [action] = await listActions(db.pool, { before: null, subject: 'campaign/news', limit: 1 });
  expect(action).toMatchObject({
    action: 'broadcast.cancel',
    detail: { broadcast: id, why: 'wrong price', end: true },
  });
});

test('nobody matches: there is nothing to press', async () => {
  const counted = await operator.post(`${AT}/count`, { campaign: 'plain' });
  expect(counted.text).toContain('Nobody matches');
  expect(fieldsOf(counted.text)['key']).toBeUndefined();
});

test('the page of a broadcast says what has become of its mails, and of no other ones', async () => {
  await people(2, 'team');
  await people(1, 'team', false);
  const fields = fieldsOf((await operator.post(`${AT}/count`, { campaign: 'plain' })).text);
  const sent = await operator.post(AT, fields);
  const page = sent.headers.get('location')!;
  expect((await viewer.get(page)).text).toContain('None yet.');
  await settle();
  const { text } = await viewer.get(page);
  expect(text).toMatch(/campaign=plain&amp;state=pending">.*?pending<\/span><\/span><\/a> 2</);
  expect(text).toMatch(/state=skipped&amp;reason=no_address">.*?<\/a> 1</);
});

test.each([
  ['get', `${AT}/new?campaign=nobody`, {}, 404],
  ['get', `${AT}/new?campaign=hello`, {}, 409],
  ['get', `${AT}/new`, {}, 422],
  ['get', `${AT}?campaign=nobody`, {}, 404],
  ['get', `${AT}?campaign=%00`, {}, 422],
  ['get', `${AT}?campaign=news&cursor=WzEsIngiXQ`, {}, 400],
  ['get', `${AT}/x`, {}, 404],
  ['get', `${AT}/00000000-0000-4000-8000-000000000000`, {}, 404],
  ['post', `${AT}/count`, { ...form, 'entry.issue': ' ' }, 422],
  ['post', `${AT}/count`, { ...form, json: '{"a":' }, 422],
  ['post', `${AT}/count`, { ...form, 'entry.issue': 'x\0' }, 422],
  ['post', AT, { campaign: 'news', expected: '5', json: '{}', key: 'mine' }, 422],
  ['post', AT, { campaign: 'news', expected: '-5', json: '{}', key: '' }, 422],
] as const)('%s %s %j is %i', async (method, path, fields, status) => {
  const before = (await broadcasts()).length;
  const answer = method === 'get' ? await operator.get(path) : await operator.post(path, fields);
  expect(answer.status).toBe(status);
  expect(await broadcasts()).toHaveLength(before);
});

test('in a browser, without script: filled in, counted, sent', async () => {
  const context = await chromium.newContext({ baseURL: server.url, javaScriptEnabled: false });
  const page = await context.newPage();
  await logInAs(page, 'a-operator');
  await page.goto('/console/campaigns/news');
  await page.getByRole('link', { name: 'Broadcast …' }).click();
  await page.getByLabel('issue').fill('8');
  await page.getByLabel('by.name').fill('Bob');
  await page.getByRole('button', { name: 'Count whom it reaches' }).click();
  await page.getByRole('heading', { name: 'Broadcast news to 5 profiles?' }).waitFor();
  await page.getByRole('button', { name: 'Broadcast to 5 profiles' }).click();
  await page.getByRole('status').getByText('The broadcast is on its way.').waitFor();
  await page.getByRole('link', { name: 'Stop the broadcast' }).click();
  await page.getByLabel('Why').fill('typo');
  await page.getByRole('button', { name: 'Stop the broadcast' }).click();
  await page.getByRole('status').getByText('nobody is let in any more').waitFor();
  await context.close();
});
