/** Broadcasts by API: counted before, sent once, held to what was seen, stopped in the middle, explained. */
import { listActions } from '../../src/core/audit.js';
import { testDatabase, type TestDatabase } from '../support/database.js';
import { startRest, type Answer, type RestServer } from './rest-server.js';
import { applyFiles, eventually, FILES, readAll } from './world.js';

const mail = FILES['templates/hello.html']!;

const WORLD: Record<string, string> = {
  ...FILES,
  'templates/issue.html': mail
    .replace('Hello {{', 'Issue {{entry.issue}}, {{')
    .replace('sample:\n', 'sample:\n  entry: { issue: 7 }\n'),
  'templates/receipt.html': mail.replace(/^.*unsubscribe_url.*\n/m, ''),
  'campaigns/news.yaml': `topic: offers
enter: { api: broadcast, who: { trait: plan, is: pro }, needs: [issue] }
steps:
  - send: issue
`,
  'campaigns/slow.yaml': `topic: offers
enter: { api: broadcast, who: { segment: pros } }
steps:
  - wait: 1 day
  - send: hello
`,
  'campaigns/once.yaml': `topic: offers
enter: { api: broadcast, who: { trait: plan, is: pro }, per: issue }
steps:
  - send: issue
`,
  'campaigns/receipt.yaml': `purpose: transactional
enter: { api: broadcast, who: { trait: plan, is: pro } }
steps:
  - send: receipt
`,
  'campaigns/sketch.yaml': `topic: offers
draft: true
enter: { api: broadcast, who: { trait: plan, is: pro } }
steps:
  - send: hello
`,
};

let db: TestDatabase;
let rest: RestServer;
beforeAll(async () => {
  db = await testDatabase();
  await applyFiles(db, WORLD);
  rest = await startRest(db, 'api,engine,mailer');
  for (const id of ['ann', 'bob', 'cid', 'dan', 'eve'])
    await person(id, { plan: 'pro', email: `${id}@customers.example` });
  await person('mute', { plan: 'pro' });
  await person('free', { plan: 'free', email: 'free@customers.example' });
  await person('still', { plan: 'free' });
  await rest.ask('POST', '/api/v1/suppressions', { address: 'bob@customers.example' });
  await rest.ask('PUT', '/api/v1/profiles/cid/topics', {
    topics: [{ topic: 'offers', subscribed: false }],
    source: 'x',
  });
});
afterAll(async () => {
  await rest.stop();
  await db.close();
});

const person = (id: string, traits: object) =>
  rest.ask('PUT', `/api/v1/profiles/${id}`, { traits });
let serial = 0;
const post = (campaign: string, body: object, key = `key-${++serial}`): Promise<Answer> =>
  rest.ask('POST', `/api/v1/campaigns/${campaign}/broadcasts`, body, { 'idempotency-key': key });
const read = async (id: string) => (await rest.ask('GET', `/api/v1/broadcasts/${id}`)).body;
const done = (id: string) =>
  eventually(
    () => read(id),
    ({ state }) => state === 'done',
  );
const explain = async (profile: string, campaign: string) =>
  (await rest.ask('GET', `/api/v1/explain?profile=${profile}&campaign=${campaign}`)).body;
const broadcasts = async (): Promise<number> =>
  (await db.pool.query<{ n: number }>('select count(*) as n from broadcasts')).rows[0]!.n;

test('a dry run says how many match and who of them would get a mail; it stores nothing', async () => {
  expect((await explain('ann', 'news')).says).toContain('there was no broadcast yet');
  const { body, status } = await post('news', { dry_run: true });
  expect(status).toBe(200);
  expect(body).toEqual({
    at: expect.any(String),
    count: 6,
    reachable: 3,
    withoutAddress: 1,
    suppressed: 1,
    notSubscribed: 1,
    heldOut: 0,
    takes: null,
    sample: expect.any(Array),
  });
  expect(body.sample.map(({ address }: { address: string }) => address).toSorted()).toEqual(
    ['ann', 'dan', 'eve'].map((id) => `${id}@customers.example`),
  );
  expect((await post('receipt', { dry_run: true })).body).toMatchObject({
    reachable: 4,
    notSubscribed: 0,
    heldOut: 0,
    takes: null,
  });
  expect(await broadcasts()).toBe(0);
});

test('a broadcast reaches everybody who matched once, with its data in the mail, and is written down', async () => {
  const asked = await post('news', { expected: 6, entry: { issue: 7 } }, 'issue-7');
  expect(asked.body).toMatchObject({
    campaign: 'news',
    version: 1,
    by: 'api:rest',
    entry: { issue: 7 },
    counted: 6,
    cancelled: null,
  });
  const { id } = asked.body;
  const finished = await done(id);
  expect(finished).toMatchObject({
    shards: { done: 256, all: 256 },
    judged: 8,
    matched: 6,
    entered: 6,
    refused: {},
    finishedAt: expect.any(String),
  });
  const { items } = (
    await rest.ask('GET', '/api/v1/messages?profile=ann&campaign=news&state=sent&wait=10s')
  ).body;
  expect(items).toMatchObject([{ subject: 'Issue 7, there' }]);

  const again = await post('news', { expected: 6, entry: { issue: 7 } }, 'issue-7');
  expect(again.body).toMatchObject({ id, state: 'done', entered: 6 });
  expect(await broadcasts()).toBe(1);
  const other = await post('news', { expected: 6, entry: { issue: 8 } }, 'issue-7');
  expect([other.status, other.body.detail]).toEqual([422, expect.stringContaining('another')]);
  expect(await listActions(db.pool, { before: null, subject: 'campaign/news', limit: 5 })).toEqual([
    expect.objectContaining({
      actor: 'api:rest',
      action: 'broadcast.request',
      detail: { broadcast: id, counted: 6, expected: 6, entry: { issue: 7 } },
    }),
  ]);
});

test('the same request twice at once is one broadcast', async () => {
  const before = await broadcasts();
  const twins = await Promise.all(
    [1, 2, 3].map(() => post('news', { expected: 6, entry: { issue: 8 } }, 'issue-8')),
  );
  expect(new Set(twins.map(({ body }) => body.id)).size).toBe(1);
  expect(await broadcasts()).toBe(before + 1);
  await done(twins[0]!.body.id);
});

test('more than were expected is 409 with how many there are, unless that is said to be fine', async () => {
  const before = await broadcasts();
  const entry = { issue: 9 };
  const { status, body } = await post('news', { expected: 5, entry });
  expect(status).toBe(409);
  expect(body).toMatchObject({ count: 6, at: expect.any(String) });
  expect(body.detail).toContain('6 match now, 5 were expected');
  expect((await post('news', { expected: 5, tolerance: 19, entry })).status).toBe(409);
  expect(await broadcasts()).toBe(before);
  expect((await post('news', { expected: 5, tolerance: 20, entry })).status).toBe(200);
  expect((await post('news', { expected: 1_000, entry })).status).toBe(200);
});

test('a broadcast with `per` enters once per value: who had it already is counted as refused', async () => {
  const ask = (issue: number) => post('once', { expected: 6, entry: { issue } });
  expect(await done((await ask(1)).body.id)).toMatchObject({ entered: 6 });
  expect(await done((await ask(1)).body.id)).toMatchObject({
    matched: 6,
    entered: 0,
    refused: { again_never: 6 },
  });
  expect(await done((await ask(2)).body.id)).toMatchObject({ entered: 6 });
  expect((await explain('ann', 'once')).broadcasts).toMatchObject([
    { outcome: 'entered', reason: null },
    { outcome: 'refused', reason: 'again_never' },
    { outcome: 'entered', reason: null },
  ]);
  const mute = (await post('once', { expected: 6, entry: {} })).body;
  expect(mute).toMatchObject({ status: 422, missing: ['issue'] });
});

test.each([
  ['news', {}, 'say expected'],
  ['news', { expected: 6 }, 'entry data: issue'],
  ['news', { expected: 6, entry: { issue: null } }, 'entry data: issue'],
  ['news', { dry_run: true, entry: {} }, 'entry data: issue'],
  ['news', { expected: -1, entry: { issue: 1 } }, 'expected'],
  ['news', { expected: '6', entry: { issue: 1 } }, 'expected'],
  ['news', { expected: 1e300, entry: { issue: 1 } }, 'expected'],
  ['news', { expected: 6, tolerance: 1_000, entry: { issue: 1 } }, 'tolerance'],
  ['news', { expected: 6, entry: [1] }, 'entry'],
  ['news', { expected: 6, entry: { issue: '\0' } }, 'NUL'],
  ['news', { dry_run: false, expected: 6, entry: { issue: 1 } }, 'dry_run'],
  ['news', { expected: 6, entry: { issue: 1 }, who: {} }, 'who'],
  ['news', { expected: 6, entry: { issue: 'x'.repeat(9_000) } }, '8192 are allowed'],
])('%s %j is 422: %s', async (campaign, body, says) => {
  const before = await broadcasts();
  const answer = await post(campaign, body);
  expect([answer.status, answer.body.detail]).toEqual([422, expect.stringContaining(says)]);
  expect(await broadcasts()).toBe(before);
});

test.each([
  ['{"expected": 6, "entry": {"issue": 12345678901234567890}}', 422],
  ['{"expected": 6, "entry": {"issue": 1e400}}', 422],
  ['{"expected": 6, "entry": {"issue": "\\ud800"}}', 422],
  ['{"dry_run": true, "entry": {"issue": 1, "__proto__": {"admin": true}}}', 200],
  ['{"dry_run": true, "entry": {"issue": 1}, "__proto__": {"tolerance": 1}}', 422],
  [`{"expected": 6, "entry": {"issue": ${'['.repeat(200)}${']'.repeat(200)}}}`, 422],
  ['{"expected": 6, "entry"', 400],
])('%.60s is %i', async (body, status) => {
  const before = await broadcasts();
  const headers = { 'idempotency-key': `key-${++serial}` };
  const path = '/api/v1/campaigns/news/broadcasts';
  expect((await rest.ask('POST', path, body, headers)).status).toBe(status);
  expect(await broadcasts()).toBe(before);
});

test.each([
  ['sketch', 409, 'it is a draft'],
  ['welcome', 409, 'it is entered by api, not by broadcast'],
  ['upgrade', 409, 'it is entered by segment, not by broadcast'],
  ['nobody', 404, 'no such campaign'],
  ['%00', 404, 'no such campaign'],
  ['..%2Fnews', 404, 'no such campaign'],
])('no broadcast of %s: %i, %s', async (campaign, status, says) => {
  for (const body of [{ dry_run: true }, { expected: 100 }]) {
    const answer = await post(campaign, body);
    expect([answer.status, answer.body.detail]).toEqual([status, expect.stringContaining(says)]);
  }
});

test('a broadcast without an Idempotency-Key is refused: repeating it would mail everybody twice', async () => {
  const ask = (headers?: Record<string, string>) =>
    rest.ask(
      'POST',
      '/api/v1/campaigns/news/broadcasts',
      { expected: 6, entry: { issue: 1 } },
      headers,
    );
  expect((await ask()).body.detail).toContain('needs an Idempotency-Key');
  expect((await ask({ 'idempotency-key': 'k'.repeat(256) })).status).toBe(422);
});

test('one profile can be enrolled in it like in any campaign, matching or not', async () => {
  const ask = { userId: 'free', entry: { issue: 1 } };
  const { body } = await rest.ask('POST', '/api/v1/campaigns/news/enrolments', ask);
  expect(body).toMatchObject({ entered: true });
  const missing = await rest.ask('POST', '/api/v1/campaigns/news/enrolments', { userId: 'free' });
  expect(missing.status).toBe(422);
});

test('reading is for the scope read, asking and cancelling for manage', async () => {
  const as = { authorization: `Bearer ${await rest.newKey('read')}` };
  const [{ id }] = (await rest.ask('GET', '/api/v1/campaigns/news/broadcasts', undefined, as)).body
    .items;
  const path = '/api/v1/campaigns/news/broadcasts';
  expect((await rest.ask('POST', path, { dry_run: true }, as)).status).toBe(403);
  expect((await rest.ask('POST', `/api/v1/broadcasts/${id}/cancel`, { why: 'x' }, as)).status).toBe(
    403,
  );
});

test('they are listed, the latest first, page by page', async () => {
  const all = await readAll<{ id: string; at: string }>(
    rest,
    '/api/v1/campaigns/news/broadcasts?limit=2',
  );
  expect(all.length).toBe(4);
  expect(all.map(({ at }) => at)).toEqual(
    all
      .map(({ at }) => at)
      .toSorted()
      .toReversed(),
  );
  expect((await rest.ask('GET', '/api/v1/campaigns/nobody/broadcasts')).status).toBe(404);
  const cursor = Buffer.from(JSON.stringify([1, "' or 1=1"])).toString('base64url');
  expect((await rest.ask('GET', `/api/v1/campaigns/news/broadcasts?cursor=${cursor}`)).status).toBe(
    400,
  );
});

test('cancelled: those under way go on, or end where that is asked for', async () => {
  const { id } = (await post('slow', { expected: 6 })).body;
  await done(id);
  const cancel = (body: object) => rest.ask('POST', `/api/v1/broadcasts/${id}/cancel`, body);
  const refused = await cancel({ why: 'wrong' });
  expect([refused.status, refused.body.detail]).toEqual([
    409,
    'everybody who matched has been let in; end: true ends them',
  ]);
  const ended = await cancel({ why: 'wrong price', end: true });
  expect(ended.body).toMatchObject({
    state: 'cancelled',
    entered: 6,
    ended: 6,
    cancelled: { by: 'api:rest', why: 'wrong price' },
  });
  expect((await cancel({ why: 'again' })).status).toBe(409);
  expect((await cancel({ why: 'again', end: true })).body).toMatchObject({ ended: 0 });
  expect((await explain('ann', 'slow')).says).toMatch(/exited \(stopped\)$/);
  const [action] = await listActions(db.pool, {
    before: null,
    subject: 'campaign/slow',
    limit: 1,
  });
  expect(action).toMatchObject({
    action: 'broadcast.cancel',
    detail: { broadcast: id, why: 'again', end: true },
  });
});

test('one that has come to everybody, with all its mails gone, is not cancelled any more', async () => {
  const { id } = (await post('news', { expected: 6, entry: { issue: 9 } })).body;
  await done(id);
  const moving = '/api/v1/messages?campaign=news&state=pending,claimed,transmitting';
  await eventually(
    async () => (await rest.ask('GET', moving)).body.items,
    (items) => items.length === 0,
  );
  const path = `/api/v1/broadcasts/${id}`;
  expect((await rest.ask('POST', `${path}/cancel`, { why: 'x', end: true })).status).toBe(409);
  expect((await rest.ask('GET', path)).body).toMatchObject({ state: 'done', cancelled: null });
});

test('ended: mails that are decided and not handed over are not sent, though their enrolments were through', async () => {
  await rest.ask('POST', '/api/v1/campaigns/news/pause', { why: 'look first' });
  const { id } = (await post('news', { expected: 6, entry: { issue: 10 } })).body;
  await done(id);
  const ended = await rest.ask('POST', `/api/v1/broadcasts/${id}/cancel`, { why: 'x', end: true });
  // Three of the six had been refused a mail at once.
  expect(ended.body).toMatchObject({ ended: 3 });
  await rest.ask('POST', '/api/v1/campaigns/news/resume');
  const { rows } = await eventually(
    () =>
      db.pool.query<{ state: string; reason: string | null }>(
        `select m.state, m.reason from messages m join enrolments e on e.id = m.enrolment_id
         where e.trigger = $1 order by m.reason`,
        [`broadcast:${id}`],
      ),
    (seen) => seen.rows.every(({ state }) => state === 'skipped'),
  );
  expect(rows.map(({ reason }) => reason)).toEqual([
    'ended',
    'ended',
    'ended',
    'no_address',
    'suppressed',
    'unsubscribed',
  ]);
});

test('a closed campaign takes no broadcast until it is open again', async () => {
  await rest.ask('POST', '/api/v1/campaigns/news/drain', { why: 'x' });
  const refused = await post('news', { dry_run: true });
  expect([refused.status, refused.body.detail]).toEqual([
    409,
    'it is draining: nobody enters it until it is opened again',
  ]);
  await rest.ask('POST', '/api/v1/campaigns/news/resume');
  expect((await post('news', { dry_run: true })).status).toBe(200);
});

test('explained: it did not match, or it came later', async () => {
  expect((await explain('still', 'news')).says).toMatch(
    /^never asked to enter: it did not match who: at the broadcast of \S+Z$/,
  );
  await person('young', { plan: 'pro' });
  const { says, broadcasts: shown } = await explain('young', 'news');
  expect(says).toMatch(/^never asked to enter: it came after the broadcast of \S+Z$/);
  expect(shown[0]).toMatchObject({ outcome: 'came_later', reason: null });
  expect((await explain('ann', 'hello')).broadcasts).toEqual([]);
});

test.each([
  ['GET', '/api/v1/broadcasts/x', undefined],
  ['GET', `/api/v1/broadcasts/${"'".repeat(36)}`, undefined],
  ['GET', '/api/v1/broadcasts/00000000-0000-0000-0000-000000000000', undefined],
  ['POST', '/api/v1/broadcasts/00000000-0000-0000-0000-000000000000/cancel', { why: 'x' }],
])('%s %s is 404', async (method, path, body) => {
  expect((await rest.ask(method, path, body)).status).toBe(404);
});

test('who is left alone for a while is not counted among those who would get a mail', async () => {
  const before = (await post('news', { dry_run: true })).body;
  const { profileId } = before.sample[0];
  await rest.ask('PUT', `/api/v1/profiles/${profileId}/pause?kind=profile`, { why: 'asked' });
  const { body } = await post('news', { dry_run: true });
  expect([body.reachable, body.notSubscribed]).toEqual([
    before.reachable - 1,
    before.notSubscribed + 1,
  ]);
});
