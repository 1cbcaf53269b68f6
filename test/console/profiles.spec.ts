/** One profile in the console: what its page tells, and what people do to it, with the engine and the mailer running. */
import { listActions } from '../../src/core/audit.js';
import { createApiKey } from '../../src/ingest/api-keys.js';
import { testDatabase, type TestDatabase } from '../support/database.js';
import { applyFiles, eventually, FILES } from '../api/world.js';
import { type Browser, startConsole, type ConsoleServer } from './console-server.js';

let db: TestDatabase;
let server: ConsoleServer;
let viewer: Browser;
let operator: Browser;
let admin: Browser;
let ann: number;
beforeAll(async () => {
  db = await testDatabase();
  await applyFiles(db, {
    ...FILES,
    'rekindle.yaml': FILES['rekindle.yaml']!.replace(
      'topics:',
      'topics:\n  tips: { name: Tips, default: unsubscribed }',
    ),
    'campaigns/welcome.yaml': FILES['campaigns/welcome.yaml']!.replace(
      'goal:',
      'while: { trait: plan, is_not: gone }\nends_after: 30 days\ngoal:',
    ),
    'scores/keenness.yaml': `base: 5
points:
  - { add: 3, if: { trait: plan, is: free } }
  - { add: -1.5, if: { trait: plan, is: gone } }
range: [0, 10]
bands: { low: 0, high: 8 }
`,
    'segments/keen.yaml': 'who: { score: keenness, band: high }\n',
  });
  server = await startConsole(db, { REKINDLE_ROLES: 'api,engine,mailer' });
  viewer = await server.as('viewer');
  operator = await server.as('operator');
  admin = await server.as('admin');
  ann = await person('ann', { email: 'ann@customers.example', first_name: 'Ann', plan: 'free' });
});
afterAll(async () => {
  await server.stop();
  await db.close();
});

/** As the application writes one; its number. */
async function person(id: string, traits: object): Promise<number> {
  const key = await createApiKey(db.dataSource.manager, { name: 'app', scopes: ['admin'], now: 0 });
  const answer = await fetch(`${server.url}/api/v1/profiles/${id}`, {
    method: 'PUT',
    headers: { authorization: `Bearer ${key}`, 'content-type': 'application/json' },
    body: JSON.stringify({ traits }),
  });
  return ((await answer.json()) as { profileId: number }).profileId;
}

const at = (below = ''): string =>
  `/console/profiles/${ann}${below === '' || below.startsWith('?') ? below : `/${below}`}`;
const lastAction = async () =>
  (await listActions(db.pool, { before: null, subject: null, limit: 1 }))[0];
const keyIn = (html: string): string => /name="key" value="([^"]+)"/.exec(html)![1]!;
const waitFor = (path: string, text: string) =>
  eventually(
    async () => (await viewer.get(path)).text,
    (html) => html.includes(text),
  );

test('its page says what it is, what it said and what holds by default, and where each trait is from', async () => {
  const { text } = await viewer.get(at());
  expect(text).toContain('<h1>ann</h1>');
  expect(text).toMatch(
    /<td>offers<\/td><td>.*?subscribed.*?<\/td><td><span class="soft">by default/,
  );
  expect(text).toMatch(/<td>tips<\/td><td>.*?unsubscribed.*?<span class="soft">by default/);
  expect(text).toMatch(
    /<td>plan<\/td><td><span>free<\/span><div class="soft">since <time.*?api:app/,
  );
  expect(text).not.toContain('/enrol"');
  expect(text).not.toContain('Erase');
});

test('its scores, with what each rule gives', async () => {
  const { text } = await viewer.get(at());
  expect(text).toMatch(/<dt>keenness<\/dt><dd><strong>8<\/strong>, high/);
  expect(text).toContain('<b>5</b> what everybody has');
  expect(text).toContain('<b>+3</b> <code>add: 3, if: { trait: plan, is: free }</code>');
  expect(text).toContain('<b>0</b> <code>add: -1.5, if: { trait: plan, is: gone }</code>');
  const russian = await viewer.get(at(), { 'accept-language': 'ru' });
  expect(russian.text).toContain('<b>5</b> есть у каждого');
});

test('an address or a zone that is none is told where it would be', async () => {
  const id = await person('typo', { email: 'ann@', timezone: 'Berlin' });
  const { text } = await viewer.get(`/console/profiles/${id}`);
  expect(text).toContain('The trait email, “ann@”, is no address.');
  expect(text).toContain('The trait timezone, “Berlin”, is no zone');
});

test('enrolling says what the engine decided; the same form again is the same request', async () => {
  const form = (await operator.get(at('enrol?campaign=welcome'))).text;
  expect(form).toContain('name="entry.plan"');
  const fields = {
    campaign: 'welcome',
    key: keyIn(form),
    'entry.plan': 'pro',
    json: '{"via": "ops"}',
  };
  const first = await operator.post(at('enrol'), fields);
  expect(first.text).toContain('>entered<');
  expect((await operator.post(at('enrol'), fields)).text).toContain('>entered<');
  const { rows } = await db.pool.query('select entry from enrolments');
  expect(rows).toEqual([{ entry: { plan: 'pro', via: 'ops' } }]);
  expect(await lastAction()).toMatchObject({
    actor: 'console:a-operator',
    action: 'profile.enrol',
    subject: `profile/${ann}`,
    detail: { campaign: 'welcome', entry: { plan: 'pro', via: 'ops' } },
  });

  const again = keyIn((await operator.get(at('enrol?campaign=welcome'))).text);
  const refused = await operator.post(at('enrol'), { ...fields, key: again });
  expect(refused.text).toContain('did not enter');
  expect(refused.text).toContain('already_active');
  const empty = { campaign: 'welcome', key: crypto.randomUUID(), json: '' };
  expect((await operator.post(at('enrol'), empty)).text).toContain('<code>plan</code>');
  const wrong = await operator.post(at('enrol'), { ...fields, json: '[1]' });
  expect(wrong.status).toBe(422);
  expect(wrong.text).toContain('name="entry.plan" value="pro"');
  expect(wrong.text).toContain('[1]</textarea>');
});

test('where it stands: what it waits for and until when, and what would end it', async () => {
  const text = await waitFor(at(), 'wait:later');
  expect(text).toContain('<code>wait: 1 day</code>');
  expect(text).toMatch(/then later/);
  expect(text).toContain('<code>event: bought</code>');
  expect(text).toContain('<code>while: { trait: plan, is_not: gone }</code>');
  expect(text).toMatch(/<code>ends_after: 30 days<\/code> <time/);
  expect(text).toMatch(/<time[^>]*>in 24 h<\/time>/);
});

test('of a mail that may not go yet it says what holds it', async () => {
  await waitFor(at(), 'wait:later');
  const hold = (held: object | null) =>
    db.pool.query(`update enrolments set held = $2 where profile_id = $1 and state = 'active'`, [
      ann,
      held,
    ]);
  await hold({ because: 'send_window', gates: {} });
  const { text } = await viewer.get(at());
  await hold(null);
  expect(text).toContain('held by the gate <code>send_window</code>');
});

test('the timeline tells everything in one order, and one kind where that is asked for', async () => {
  const text = await waitFor(at('?kind=messages'), '>sent<');
  expect(text).toContain('Hello Ann');
  expect(text).not.toContain('<b>plan</b>');
  const all = (await viewer.get(at())).text;
  const order = ['>sent<', 'decided on', 'entered <a', 'joined', '<b>plan</b>'].filter((what) =>
    all.includes(what),
  );
  expect(order.map((what) => all.indexOf(what))).toEqual(
    order.map((what) => all.indexOf(what)).toSorted((a, b) => a - b),
  );
  expect(order.length).toBeGreaterThan(3);
  expect((await viewer.get(at('?kind=gossip'))).status).toBe(422);
  expect((await viewer.get(at('?cursor=WzFd'))).status).toBe(400);
});

test('an explanation shows the verdict, the way in and the refusals with their numbers', async () => {
  const upgrade = (await viewer.get(at('explain?campaign=upgrade'))).text;
  expect(upgrade).toContain('Never asked to enter: it is not in the segment pros.');
  expect(upgrade).toMatch(/truth false">.*?false<\/span><span><code>trait: plan, is: pro<\/code>/);
  const welcome = (await viewer.get(at('explain?campaign=welcome'))).text;
  expect(welcome).toContain('Is in it since');
  expect(welcome).toContain('already_active');
  expect((await viewer.get(at('explain?campaign=nothing'))).status).toBe(404);
});

test('a preview stands in a frame without rights and says what is missing', async () => {
  const page = (await viewer.get(at('preview?template=hello'))).text;
  expect(page).toContain('Hello Ann');
  expect(page).toContain('<td>profile.first_name</td><td><span>Ann</span></td>');
  const [, src] = /<iframe[^>]* sandbox(?:="")? src="([^"]+)"/.exec(page)!;
  const frame = await viewer.get(src!.replaceAll('&amp;', '&'));
  expect(frame.text).toContain('Hello Ann,');
  expect(frame.headers.get('content-security-policy')).toMatch(/; sandbox$/);
  const bob = await person('bob', {});
  const lacking = (await viewer.get(`/console/profiles/${bob}/preview?template=hello`)).text;
  expect(lacking).toContain('no value');
  expect(lacking).toContain('no_address: missing');
  expect((await viewer.get(at('preview?template=nothing'))).status).toBe(404);
  expect((await viewer.get(at('preview?template=hello&json=%5B'))).status).toBe(422);
});

test('a test event is stored once as the API would store it, and starts what it starts', async () => {
  const form = (await operator.get(at('event'))).text;
  expect(form).toContain('<option value="said_hello">');
  const fields = { name: 'said_hello', json: '{"n": 1}', key: keyIn(form) };
  for (let n = 0; n < 2; n += 1)
    expect((await operator.post(at('event'), fields)).headers.get('location')).toContain(
      'done=eventSent',
    );
  const { rows } = await db.pool.query(
    `select properties, source from events where name = 'said_hello'`,
  );
  expect(rows).toEqual([{ properties: { n: 1 }, source: 'console:a-operator' }]);
  const actions = await listActions(db.pool, {
    before: null,
    subject: `profile/${ann}`,
    limit: 9,
  });
  expect(actions.filter(({ action }) => action === 'profile.event')).toHaveLength(1);
  await waitFor(at('?kind=enrolments'), '>hello</a>');
  const odd = { name: '$message_sent', json: '', key: crypto.randomUUID() };
  expect((await operator.post(at('event'), odd)).status).toBe(422);
});

test('topics are changed with where it was said', async () => {
  expect((await operator.get(at('topics'))).text).toContain('name="topic.*"');
  await operator.post(at('topics'), {
    'topic.offers': 'no',
    'topic.tips': '',
    'topic.nothing': 'yes',
    source: 'on the phone',
  });
  const { rows } = await db.pool.query('select topic, subscribed, source from subscriptions');
  expect(rows).toEqual([
    { topic: 'offers', subscribed: false, source: 'console:a-operator: on the phone' },
  ]);
  expect(await lastAction()).toMatchObject({ action: 'profile.topics' });
  expect((await operator.post(at('topics'), { 'topic.offers': 'yes' })).status).toBe(422);
  await operator.post(at('topics'), { 'topic.offers': 'yes', source: 'again' });
});

test('a no to every topic counts on each, whatever was said of it, until a yes to every topic', async () => {
  const said = (topics: object) =>
    operator.post(at('topics'), { source: 'on the phone', ...topics });
  const rowOf = async (topic: string, path?: string) =>
    new RegExp(`<td[^>]*>(?:<span>)?${topic}\\b.*?</tr>`).exec(
      (await operator.get(at(path))).text,
    )![0];
  await said({ 'topic.offers': 'yes', 'topic.*': 'no' });
  expect(await rowOf('offers')).toMatch(
    /unsubscribed.*by the no to every topic.*subscribed, <time/,
  );
  expect(await rowOf('offers', 'topics')).toContain('by the no to every topic');
  expect(await rowOf('tips')).not.toContain('by the no to every topic');
  await said({ 'topic.*': 'yes' });
  expect(await rowOf('offers')).not.toContain('unsubscribed');
});

test('leaving alone says how many mails wait, is shown with its end, and is taken back', async () => {
  expect((await operator.get(at('pause'))).text).toContain('0 mails are pending');
  const set = await operator.post(at('pause'), { why: 'on holiday', days: '30' });
  expect(set.headers.get('location')).toBe(`${at()}?done=leftAlone`);
  const page = (await viewer.get(at())).text;
  expect(page).toContain('left alone');
  expect(page).toContain('console:a-operator: on holiday');
  expect((await viewer.get(at('explain?campaign=hello'))).text).toContain('paused until');
  expect((await operator.post(at('pause'), { why: 'x', days: '0' })).status).toBe(422);
  expect((await operator.get(at('pause/lift'))).text).toContain('on holiday');
  await operator.post(at('pause/lift'), {});
  expect((await viewer.get(at())).text).not.toContain('left alone');
  expect(await lastAction()).toMatchObject({
    action: 'profile.pause_lift',
    detail: { why: 'on holiday' },
  });
  expect((await operator.post(at('pause/lift'), {})).status).toBe(404);
});

test('suppressing and lifting lead back to the profile', async () => {
  const ask = (what: string) =>
    `/console/suppressions/${what}?address=ann%40customers.example&profile=${ann}`;
  expect((await operator.get(at())).text).toContain(ask('new').replace('&', '&amp;'));
  const question = (await operator.get(ask('new'))).text;
  expect(question).toContain(`name="profile" value="${ann}"`);
  const fields = { address: 'ann@customers.example', profile: String(ann), detail: 'asked' };
  const set = await operator.post('/console/suppressions', fields);
  expect(set.headers.get('location')).toBe(`${at()}?done=suppressed`);
  expect((await operator.get(at())).text).toContain(ask('lift').replace('&', '&amp;'));
  const lifted = await operator.post('/console/suppressions/lift', fields);
  expect(lifted.headers.get('location')).toBe(`${at()}?done=lifted`);
});

test('taking out says what is not sent any more, needs a reason, and happens once', async () => {
  const page = (await operator.get(at())).text;
  const [, exit] = new RegExp(`href="(${at()}/enrolments/\\d+/exit)"`).exec(page)!;
  expect((await operator.get(exit!)).text).toContain('Take ann out of welcome?');
  expect((await operator.post(exit!, { why: '' })).status).toBe(422);
  const done = await operator.post(exit!, { why: 'wrong person' });
  expect(done.headers.get('location')).toBe(`${at()}?done=exited`);
  expect((await operator.post(exit!, { why: 'again' })).status).toBe(409);
  expect((await viewer.get(at())).text).toContain('exit: wrong person');
  const other = exit!.replace(`/${ann}/`, `/${await person('carl', {})}/`);
  expect((await operator.get(other)).status).toBe(404);
});

test.each(['enrol?campaign=welcome', 'event', 'topics', 'pause', 'export.json', 'erase'])(
  'who only looks cannot %s, nor be shown how',
  async (below) => {
    expect((await viewer.get(at(below))).status).toBe(403);
    expect((await viewer.post(at(below.split('?')[0]), { why: 'x' })).status).not.toBe(303);
    expect((await viewer.get(at())).text).not.toContain(`href="${at(below.split('?')[0])}"`);
  },
);

test('refused items that name it are found among the newest', async () => {
  const reject = (item: string) =>
    db.pool.query(
      `insert into rejects (received_at, source, call, code, detail, item) values (now(), 'api:app', 'track', 'no_event', 'x', $1)`,
      [item],
    );
  await reject('{"userId": "ann", "event": ""}');
  await reject('{"userId": "joanna", "event": ""}');
  const { text } = await viewer.get(at('rejects'));
  expect(text).toContain('no_event');
  expect(text.match(/<summary>/g)).toHaveLength(1);
});

test('an operator downloads all of it, and that is written down', async () => {
  const { headers, text } = await operator.get(at('export.json'));
  expect(headers.get('content-disposition')).toBe(`attachment; filename="profile-${ann}.json"`);
  expect((JSON.parse(text) as { profiles: unknown[] }).profiles).toHaveLength(1);
  expect(await lastAction()).toMatchObject({ action: 'profile.export' });
});

test('in the dev mailbox nobody but an operator finds the link that unsubscribes somebody else', async () => {
  const { rows } = await db.pool.query<{ id: number }>(
    `select id from dev_mails where message_id in (select id from messages where profile_id = $1) limit 1`,
    [ann],
  );
  const mail = `/console/mailbox/${rows[0]!.id}`;
  const working = /\/u\/[\w=-]{40,}/;
  for (const place of ['?part=mail', '/html', '?part=text', '?part=headers', '?part=source'])
    expect([place, working.test((await viewer.get(mail + place)).text)]).toEqual([place, false]);
  expect((await viewer.get(`${mail}?part=source`)).text).toContain('it is for operators');
  expect((await viewer.get(`${mail}/html`)).text).toContain('/u/copy');
  for (const place of ['/html', '?part=text'])
    expect([place, working.test((await operator.get(mail + place)).text)]).toEqual([place, false]);
  for (const place of ['?part=headers', '/download'])
    expect([place, working.test((await operator.get(mail + place)).text)]).toEqual([place, true]);
});

test('a mail program unsubscribes with a multipart form, where the console reads files by such forms too', async () => {
  const { rows } = await db.pool.query<{ link: string }>(
    `select substring(convert_from(source, 'UTF8') from '/u/[A-Za-z0-9_.-]+') as link from dev_mails
     where message_id in (select id from messages where profile_id = $1) limit 1`,
    [ann],
  );
  const form = new FormData();
  form.append('List-Unsubscribe', 'One-Click');
  const answer = await fetch(new URL(rows[0]!.link, server.url), { method: 'POST', body: form });
  expect(answer.status).toBe(200);
  const { rows: said } = await db.pool.query(
    'select source, subscribed from subscriptions where profile_id = $1 and not subscribed',
    [ann],
  );
  expect(said).toHaveLength(1);
});

test('erasing shows what goes, wants the id typed, and leaves nothing', async () => {
  expect((await operator.get(at('erase'))).status).toBe(403);
  const question = (await admin.get(at('erase'))).text;
  expect(question).toMatch(/<code>events<\/code><\/td><td class="number">1</);
  const wrong = await admin.post(at('erase'), { typed: 'Ann' });
  expect(wrong.status).toBe(422);
  expect(wrong.text).toContain('That is not ann. Nothing was erased.');
  expect((await viewer.get(at())).status).toBe(200);
  const done = await admin.post(at('erase'), { typed: 'ann' });
  expect(done.headers.get('location')).toBe('/console/profiles?done=erased');
  expect((await viewer.get(at())).status).toBe(404);
  expect(await lastAction()).toMatchObject({ action: 'profile.erase', actor: 'console:a-admin' });
});

test('a profile that was merged leads to the one it was merged into', async () => {
  const [loser, survivor] = [await person('old', {}), await person('new', {})];
  await db.pool.query('update profiles set merged_into = $2 where id = $1', [loser, survivor]);
  const answer = await viewer.get(`/console/profiles/${loser}`);
  expect(answer.headers.get('location')).toBe(`/console/profiles/${survivor}`);
});
