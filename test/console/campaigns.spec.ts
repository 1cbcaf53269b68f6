/** A campaign in the console: how it went and goes on, who was refused, what its versions changed and the way back to one. */
import { listActions } from '../../src/core/audit.js';
import { setPause } from '../../src/delivery/pauses.sql.js';
import { testDatabase, type TestDatabase } from '../support/database.js';
import { applyFiles, FILES } from '../api/world.js';
import { type Browser, startConsole, type ConsoleServer } from './console-server.js';

const HOUR = 3_600_000;
const DAY = 24 * HOUR;
const AT = '/console/campaigns/welcome';

let db: TestDatabase;
let server: ConsoleServer;
let viewer: Browser;
let author: Browser;
let operator: Browser;
beforeAll(async () => {
  db = await testDatabase();
  await applyFiles(db);
  await seedPeople();
  server = await startConsole(db);
  viewer = await server.as('viewer');
  author = await server.as('author');
  operator = await server.as('operator');
});
afterAll(async () => {
  await server.stop();
  await db.close();
});

const instant = (ms: number): string => new Date(Date.now() + ms).toISOString();

/** Ten in `welcome`, of whom two have ended, one while it stood at a step; three of them in `hello` too; four refused. */
async function seedPeople(): Promise<void> {
  await db.pool.query(
    `insert into profiles (shard, traits, created_at) select n % 256, '{}', now() from generate_series(1, 10) n`,
  );
  await db.pool.query(`insert into profile_keys select 'user', '=w' || id, id from profiles`);
  const enrol = (campaign: string, where: string, state: string, dueAt: string, entered: number) =>
    db.pool.query(
      `insert into enrolments (profile_id, shard, campaign, version_id, trigger, state, entered_at, cause_at, step, due_at, ended_at, end_reason, end_because)
       select p.id, p.shard, $1, l.version_id, 'test:' || p.id, $2, $3, $3, case when $2 = 'active' or p.id = 9 then 'wait:later' end, $4,
         case $2 when 'ended' then $3::timestamptz end, case $2 when 'ended' then 'exited' end, case $2 when 'ended' then 'event bought' end
       from profiles p, live_definitions l where l.kind = 'campaign' and l.name = $1 and ${where}`,
      [campaign, state, instant(-entered), dueAt],
    );
  await enrol('welcome', 'p.id <= 3', 'active', instant(5 * HOUR), 2 * DAY);
  await enrol('welcome', 'p.id in (4, 5)', 'active', instant(-2 * DAY), DAY);
  await enrol('welcome', 'p.id in (6, 7, 8)', 'active', instant(3 * DAY), 0);
  await enrol('welcome', 'p.id > 8', 'ended', 'infinity', 0);
  await enrol('hello', 'p.id in (1, 2, 9)', 'active', 'infinity', 0);
  await db.pool.query(
    `insert into entry_refusals (profile_id, campaign, version_id, at, trigger, reason, detail)
     select n, 'welcome', version_id, $1, 'api:x', case n when 4 then 'if' else 'again_never' end, '{"entered": 1}'
     from generate_series(1, 4) n, live_definitions l where l.kind = 'campaign' and l.name = 'welcome'`,
    [instant(-DAY)],
  );
}

/** The numbers of a chart's table, row by row. */
function numbersOf(html: string, chart: string): number[][] {
  const figure = new RegExp(`<figure[^>]*id="${chart}".*?</figure>`, 's').exec(html)![0];
  return [...figure.matchAll(/<tr>(.*?)<\/tr>/gs)]
    .slice(1)
    .map(([, row]) =>
      [...row!.matchAll(/class="number">([\d,]+)</g)].map(([, n]) => Number(n!.replace(',', ''))),
    );
}

test('entries and refusals stand side by side, day by day', async () => {
  const { text } = await viewer.get(`${AT}?days=7`);
  expect(numbersOf(text, 'entries')).toEqual([
    [0, 0],
    [0, 0],
    [0, 0],
    [0, 0],
    [3, 0],
    [2, 4],
    [5, 0],
  ]);
});

test('waits that end within a day are shown by the hour, with how many are overdue', async () => {
  const { text } = await viewer.get(AT);
  const hours = numbersOf(text, 'due').flat();
  expect(hours).toHaveLength(24);
  expect(hours.reduce((sum, n) => sum + n, 0)).toBe(3);
  expect(hours[5]).toBe(3);
  expect(text).toContain('2 are overdue: the engine takes them next.');
});

test('whoever ended while standing at a step came to it, and the enrolments add up to who entered', async () => {
  const { text } = await viewer.get(AT);
  const funnel = /<section[^>]*aria-labelledby="funnel".*?<\/section>/s.exec(text)![0];
  const [, waits] = funnel.split('<tr').filter((row) => row.includes('within-'));
  expect(waits).toMatch(
    /Came here"><span class="number">9<.*?Waiting here">8<.*?ended here<.*? 1</s,
  );
  const card = /<section[^>]*aria-labelledby="ends".*?<\/section>/s.exec(text)![0];
  expect(card.replace(/<[^>]+>/g, ' ')).toMatch(
    /Entered\s+10\s+Active\s+8\s+Ended: event bought\s+2\s+Converted\s+0 of all who entered/,
  );
});

test('it says in what else its people are under way, and of how many it looked', async () => {
  const { text } = await viewer.get(AT);
  expect(text).toMatch(/href="\/console\/campaigns\/hello">hello<\/a> <span class="number">2</);
  expect(text).toContain('of 8 profiles that are under way here and entered last');
});

test('in Russian states and reasons are Russian words, the stored ones in the tooltip, and so are errors', async () => {
  const russian = { 'accept-language': 'ru' };
  const { text } = await viewer.get('/console/campaigns', russian);
  expect(text).toContain('<span title="live">работает</span>');
  expect((await viewer.get('/console/campaigns')).text).toContain('good">live</span>');
  const missing = await viewer.get('/console/campaigns/none', russian);
  expect([missing.status, missing.text]).toEqual([
    404,
    expect.stringContaining('<p>такой кампании нет</p>'),
  ]);
  const refusals = (await viewer.get('/console/messages', russian)).text;
  expect(refusals).toContain('<option value="ambiguous">неясно</option>');
});

test('a surge asks whether those who wait are let in, and says how many', async () => {
  const hold = () =>
    db.pool.query(
      `with surge as (insert into campaign_surges (campaign, since, allowed, entered) values ('hello', now(), 1000, 1000))
       insert into held_entries (profile_id, campaign, held_at, data) select n, 'hello', now(), '{}' from generate_series(1, 3) n`,
    );
  await hold();
  const { text } = await viewer.get('/console/campaigns/hello');
  expect(text).toContain('1,000 entered within an hour, 1,000 are allowed.');
  expect(text).toContain('3 entries wait; nobody of them gets mail.');
  expect(text).not.toContain('hello/admit');
  expect((await viewer.get('/console')).text).toContain('that ask whether to go on: 1');
  const ask = (await operator.get('/console/campaigns/hello/admit')).text;
  expect(ask).toContain('Let those who wait into hello?');
  expect(ask).toContain('3 entries wait.');
  await operator.post('/console/campaigns/hello/dismiss', { why: 'a wrong import' });
  expect((await viewer.get('/console/campaigns/hello')).text).not.toContain('Too many at once');
  const [action] = await listActions(db.pool, {
    before: null,
    subject: 'campaign/hello',
    limit: 1,
  });
  expect(action).toMatchObject({
    action: 'campaign.dismiss',
    detail: { why: 'a wrong import', entries: 3 },
  });
  const late = await operator.post('/console/campaigns/hello/admit', { why: 'too late' });
  expect(late.status).toBe(409);
});

test('who was refused is listed, all or by reason, with the numbers behind it', async () => {
  expect((await viewer.get(AT)).text).toContain(`href="${AT}/refusals?reason=again_never">3</a>`);
  const all = (await viewer.get(`${AT}/refusals`)).text;
  expect(all.match(/<td><span class="state">/g)).toHaveLength(4);
  expect(all).toContain('&quot;entered&quot;: 1');
  const few = (await viewer.get(`${AT}/refusals?reason=if`)).text;
  expect(few).toContain('>=w4</a>');
  expect(few).not.toContain('>=w3</a>');
  expect((await viewer.get(`${AT}/refusals?reason=nothing`)).status).toBe(422);
});

test('enrolments are listed and leave as CSV for operators, without a formula, written down', async () => {
  const active = (await viewer.get(`${AT}/enrolments?state=active`)).text;
  expect(active.match(/href="\/console\/profiles\/\d+"/g)).toHaveLength(8);
  expect(active).not.toContain('enrolments.csv');
  expect((await viewer.get(`${AT}/enrolments.csv`)).status).toBe(403);
  const csv = await operator.get(`${AT}/enrolments.csv`);
  expect(csv.headers.get('content-disposition')).toContain('welcome-enrolments.csv');
  const lines = csv.text.trim().split('\r\n');
  expect(lines).toHaveLength(11);
  expect(lines.filter((line) => line.includes(`"'=w`))).toHaveLength(10);
  expect(lines.filter((line) => line.includes('"exited","event bought"'))).toHaveLength(2);
  const [action] = await listActions(db.pool, {
    before: null,
    subject: 'campaign/welcome',
    limit: 1,
  });
  expect(action).toMatchObject({ action: 'campaign.export', actor: 'console:a-operator' });
});

test('the question before a pause is lifted says what becomes of what it holds', async () => {
  const message = (profile: number, hoursAgo: number) =>
    db.pool.query(
      `insert into messages (profile_id, enrolment_id, campaign, version_id, step, template, template_version_id, purpose, sender, mail_id, decided_at, due_at)
       select e.profile_id, e.id, e.campaign, e.version_id, 'hello', 'hello', e.version_id, 'marketing', 'marketing', 'm' || e.id, $2, $2
       from enrolments e where e.campaign = 'welcome' and e.profile_id = $1`,
      [profile, instant(-hoursAgo * HOUR)],
    );
  await message(1, 30);
  await message(2, 50);
  await message(9, 40);
  const now = Date.now();
  const pause = { scope: 'campaign', name: 'welcome', until: Infinity, setBy: 'x' } as const;
  await setPause(db.pool, { ...pause, why: 'x', now });
  const { text } = await operator.get('/console/pauses/lift?scope=campaign&name=welcome');
  expect(text).toContain('3 messages that are due will be sent from now on');
  expect(text).toContain('The first of them was due 2 d ago.');
  expect(text).toContain('For enrolments that were left meanwhile: 1.');
  expect((await viewer.get(AT)).text).toContain('their mails wait for its end');
});

test('operators get the latest mail of a step as a copy, others are not shown how', async () => {
  await db.pool.query(
    `insert into enrolment_steps (profile_id, enrolment_id, step, arrived_at, settled_at, outcome)
     select profile_id, enrolment_id, step, decided_at, decided_at, 'sent' from messages`,
  );
  const { rows } = await db.pool.query<{ id: number }>('select max(id) as id from messages');
  const copy = `${AT}/steps/hello/copy`;
  expect((await operator.get(AT)).text).toContain(`href="${copy}"`);
  expect((await viewer.get(AT)).text).not.toContain(copy);
  expect((await viewer.get(copy)).status).toBe(403);
  const led = await operator.get(copy);
  expect(led.headers.get('location')).toBe(`/console/messages/${rows[0]!.id}/copy`);
  expect((await operator.get(`/console/messages/${rows[0]!.id}/copy`)).text).toContain(
    'Send the copy',
  );
  expect((await operator.get(`${AT}/steps/later/copy`)).status).toBe(404);
});

test('a version says what it changed and who applied it; going back is planned, then applied', async () => {
  const source = FILES['campaigns/welcome.yaml']!;
  const changed = source.replace('wait: 1 day', 'wait: 2 days');
  await applyFiles(db, { ...FILES, 'campaigns/welcome.yaml': changed });
  const page = (await viewer.get(AT)).text;
  expect(page).toContain('What changed from version 1 to 2');
  expect(page).toContain('<span class="gone">−   - wait: 1 day\n</span>');
  expect(page).toContain('<span class="new">+   - wait: 2 days\n</span>');
  expect(page).not.toContain('Roll back');

  const back = '/console/definitions/campaign/welcome/versions/1/restore';
  expect((await author.get(AT)).text).toContain(`href="${back}"`);
  expect((await viewer.get(back)).status).toBe(403);
  const question = await author.get(back);
  expect(question.text).toContain('Roll welcome back to version 1?');
  expect(question.text).toContain('campaign welcome v2 → v3');
  expect(question.text).toContain('8 enrolments under way keep the version they began with');
  expect(question.text).toContain('<span class="new">+   - wait: 1 day\n</span>');
  const hash = /name="hash" value="([0-9a-f]{64})"/.exec(question.text)![1]!;
  const text = { text: source, hash };
  const applied = await author.post('/console/definitions/campaign/welcome/apply', text);
  expect(applied.status).toBe(303);
  const { rows } = await db.pool.query<{ source: string; version: number }>(
    `select v.source, v.version from live_definitions l join definition_versions v on v.id = l.version_id
     where l.kind = 'campaign' and l.name = 'welcome'`,
  );
  expect(rows).toEqual([{ source, version: 3 }]);
  expect((await author.get(back.replace('/1/', '/9/'))).status).toBe(404);
});

test('any two versions are compared, also of a template', async () => {
  const at = '/console/definitions/campaign/welcome/versions';
  const two = (await viewer.get(`${at}?from=1&to=2`)).text;
  expect(two).toContain('What changed from version 1 to 2');
  expect(two).toContain('<span class="new">+   - wait: 2 days\n</span>');
  expect((await viewer.get(`${at}?from=1&to=3`)).text).toContain('No line differs.');
  expect((await viewer.get(`${at}?from=2&to=9`)).text).toContain('There is no such version.');
  const template = await viewer.get('/console/definitions/template/hello/versions');
  expect(template.text).toContain('Version 1, the first');
  expect(template.text).not.toContain('Roll back');
  for (const path of ['campaign/nobody/versions', 'template/..%2fx/versions'])
    expect((await viewer.get(`/console/definitions/${path}`)).status).toBe(404);
});

test('a new definition begins with a text that only has to be changed', async () => {
  const at = '/console/definitions/new';
  expect((await viewer.get(at)).status).toBe(403);
  expect((await author.get(at)).text).toContain('Two mails to those who sign up');
  const taken = await author.get(`${at}?kind=campaign&name=welcome`);
  expect(taken.text).toContain('welcome is there already');
  const bad = await author.get(`${at}?kind=campaign&name=..%2Fx`);
  expect(bad.text).toContain('A name has letters, digits, _ and -');
  const answer = await author.get(`${at}?kind=campaign&name=first&starter=campaign-welcome`);
  const where = answer.headers.get('location')!;
  expect(where).toBe('/console/definitions/campaign/first?starter=campaign-welcome');
  const page = (await author.get(where)).text;
  expect(page).toContain('event: signed_up');
  expect(page).toContain('- send: hello');
  const [, text] = /<textarea[^>]*>\n?(.*?)<\/textarea>/s.exec(page)!;
  const planned = await author.post('/console/definitions/campaign/first/plan', { text: text! });
  expect(planned.text).toContain('campaign first v1');
  expect(planned.text).not.toContain('This cannot be applied yet');
});

test('the plan of a draft says who is too young for its window, and how long its pace takes', async () => {
  await db.pool.query(
    `insert into profiles (shard, born_at, created_at) select 0, now(), now() from generate_series(1, 3)`,
  );
  const text = `topic: offers
enter: { api: broadcast, who: { event: login, never: true, within_last: 30 days } }
pace: 1 per hour
send_window: { from: 09:00, until: 10:00 }
steps: [{ send: hello }]
`;
  const { text: page } = await author.post('/console/definitions/campaign/slow/plan', { text });
  expect(page).toMatch(/\d+ of \d+ profiles are younger than its window/);
  expect(page).toMatch(/\d+ profiles match now, were it asked for\./);
  expect(page).toMatch(
    /At its pace \(1 per hour, 1 hours a day\) a mail to each of \d+ people takes \d+ days\./,
  );
});
