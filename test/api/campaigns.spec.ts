/** Campaigns and enrolments through REST, with the engine and the mailer running: figures, refusals, and the four ways to hold one up. */
import { listActions } from '../../src/core/audit.js';
import type { StepFigures } from '../../src/delivery/campaigns.sql.js';
import { campaignCounts } from '../support/campaign-counts.js';
import { testDatabase, type TestDatabase } from '../support/database.js';
import { startRest, type Answer, type RestServer } from './rest-server.js';
import { applyFiles, eventually, FILES, readAll } from './world.js';

let db: TestDatabase;
let rest: RestServer;
beforeAll(async () => {
  db = await testDatabase();
  await applyFiles(db);
  rest = await startRest(db, 'api,engine,mailer');
});
afterAll(async () => {
  await rest.stop();
  await db.close();
});

async function person(id: string, email: string | null = `${id}@customers.example`): Promise<void> {
  await rest.ask('PUT', `/api/v1/profiles/${id}`, { traits: email === null ? {} : { email } });
}
const enrol = (userId: string, entry: object = { plan: 'pro' }): Promise<Answer> =>
  rest.ask('POST', '/api/v1/campaigns/welcome/enrolments', { userId, entry });
const campaign = async (id: string) => (await rest.ask('GET', `/api/v1/campaigns/${id}`)).body;
test('the list names what is live, page by page, with its state', async () => {
  const all = await readAll<{ id: string }>(rest, '/api/v1/campaigns?limit=2');
  expect(all.map(({ id }) => id)).toEqual(['hello', 'upgrade', 'welcome']);
  expect(all[2]).toMatchObject({
    state: 'live',
    cause: null,
    version: 1,
    appliedBy: 'ann',
    description: 'The first days',
    purpose: 'marketing',
    topic: 'offers',
    entry: 'api',
    active: 0,
  });
});

test('the funnel counts who came, who waits, what was sent and what was not', async () => {
  await person('ann');
  await person('noaddress', null);
  const first = await enrol('ann');
  expect(first.body).toEqual({ entered: true, enrolment: expect.any(Number) });
  await enrol('noaddress');
  expect((await enrol('ann')).body).toMatchObject({ entered: false, because: 'already_active' });
  const { figures, source } = await eventually(
    () => campaign('welcome'),
    (seen) => seen.figures.steps[0].pending === 0,
  );
  expect(source).toBe(FILES['campaigns/welcome.yaml']);
  expect(figures).toMatchObject({
    entered: 2,
    active: 2,
    converted: 0,
    ended: {},
    refused: { already_active: 1 },
  });
  expect(figures.steps).toEqual([
    expect.objectContaining({
      step: 'hello',
      kind: 'send',
      arrived: 2,
      waiting: 0,
      sent: 1,
      skipped: { no_address: 1 },
    }),
    expect.objectContaining({ kind: 'wait', arrived: 2, waiting: 2 }),
    expect.objectContaining({ step: 'later', kind: 'send', arrived: 0, sent: 0 }),
  ]);

  const [, ann] = await readAll<{ id: number; userId: string }>(
    rest,
    '/api/v1/campaigns/welcome/enrolments?limit=1',
  );
  expect(ann).toMatchObject({
    id: first.body.enrolment,
    userId: 'ann',
    state: 'active',
    version: 1,
    entry: { plan: 'pro' },
  });
  const detail = await rest.ask('GET', `/api/v1/enrolments/${ann!.id}`);
  expect(detail.body.steps).toEqual([expect.objectContaining({ step: 'hello', outcome: 'sent' })]);

  await rest.ask('POST', '/api/v1/profiles/ann/events', { name: 'bought' });
  const after = await eventually(
    () => campaign('welcome'),
    (seen) => seen.figures.converted === 1,
  );
  expect(after.figures.active + (after.figures.ended.converted ?? 0)).toBe(2);
});

test('refused entries are listed with their numbers, by reason', async () => {
  const items = await readAll(
    rest,
    '/api/v1/campaigns/welcome/refusals?reason=already_active&limit=1',
  );
  expect(items).toEqual([
    expect.objectContaining({
      userId: 'ann',
      reason: 'already_active',
      version: 1,
      trigger: expect.stringMatching(/^api:/),
    }),
  ]);
  expect(
    (await rest.ask('GET', '/api/v1/campaigns/welcome/refusals?reason=again_never')).body.items,
  ).toEqual([]);
});

test('a paused campaign holds its mails back and lets people walk on; resuming sends them', async () => {
  const paused = await rest.ask('POST', '/api/v1/campaigns/hello/pause', { why: 'wrong price' });
  expect(paused.body).toMatchObject({
    state: 'paused',
    cause: { setBy: 'api:rest', why: 'wrong price', until: null },
  });
  await person('paul');
  await rest.ask('POST', '/api/v1/profiles/paul/events', { name: 'said_hello' });
  const held = await eventually(
    () => campaign('hello'),
    (seen) => seen.figures.entered === 1,
  );
  expect(held.figures.steps[0]).toMatchObject({ pending: 1, sent: 0 });
  const waiting = { overdue: 1, left: 0, oldest: expect.any(String) };
  expect(held.held).toEqual({ ...waiting, late: { skip: 0, ask: 0 } });
  const late = `update messages set late_at = now() - interval '1 hour', if_late = $1 where campaign = 'hello' and state = 'pending'`;
  await db.pool.query(late, ['ask']);
  expect((await campaign('hello')).held).toEqual({ ...waiting, late: { skip: 0, ask: 1 } });
  await db.pool.query(late, ['skip']);
  expect((await campaign('hello')).held.late).toEqual({ skip: 1, ask: 0 });
  await db.pool.query(`update messages set late_at = null where campaign = 'hello'`);
  const resumed = await rest.ask('POST', '/api/v1/campaigns/hello/resume');
  expect(resumed.body).toMatchObject({ state: 'live', cause: null });
  expect((await campaign('hello')).held).toBeNull();
  await eventually(
    () => campaign('hello'),
    (seen) => seen.figures.steps[0].sent === 1,
  );
  expect((await rest.ask('POST', '/api/v1/campaigns/hello/resume')).status).toBe(409);
});

test('a draining campaign lets nobody in and nobody go; live again it lets in who comes then', async () => {
  await person('dora');
  await enrol('dora');
  const drained = await rest.ask('POST', '/api/v1/campaigns/welcome/drain', { why: 'replaced' });
  expect(drained.body).toMatchObject({ state: 'draining', cause: { why: 'replaced' } });
  const { active } = drained.body;
  expect(active).toBeGreaterThan(0);
  await person('late');
  expect((await enrol('late')).body).toEqual({
    entered: false,
    because: 'missed',
    detail: { campaign: 'welcome', state: 'draining' },
  });
  expect(await campaign('welcome')).toMatchObject({ state: 'draining', active });
  await rest.ask('POST', '/api/v1/campaigns/welcome/resume');
  expect((await enrol('late')).body).toMatchObject({ entered: true });
});

test('those who came in a surge wait until somebody decides, and are let in once', async () => {
  await person('sue');
  const { body: sue } = await rest.ask('GET', '/api/v1/profiles/sue');
  const hold = () =>
    db.pool.query(
      `with surge as (insert into campaign_surges (campaign, since, allowed, entered)
         values ('welcome', now(), 10, 10) on conflict (campaign) do update set admitted_at = null)
       insert into held_entries (profile_id, campaign, held_at, data) values ($1, 'welcome', now(), $2)`,
      [
        sue.profileId,
        {
          trigger: 'event:0',
          cause_at: 0,
          entry: { plan: 'pro' },
          entry_event_id: null,
          trace: null,
        },
      ],
    );
  const decide = (body: object) => rest.ask('POST', '/api/v1/campaigns/welcome/surge', body);
  await hold();
  expect((await campaign('welcome')).surge).toMatchObject({ allowed: 10, entered: 10, held: 1 });
  expect((await decide({ admit: 'yes', why: 'x' })).status).toBe(422);
  expect((await decide({ admit: false, why: 'a wrong import' })).body).toEqual({ entries: 1 });
  expect((await decide({ admit: true, why: 'x' })).status).toBe(409);
  await hold();
  expect((await decide({ admit: true, why: 'the launch' })).body).toEqual({ entries: 1 });
  expect((await campaign('welcome')).surge).toBeNull();
  const { rows } = await eventually(
    () => db.pool.query('select trigger from enrolments where profile_id = $1', [sue.profileId]),
    (found) => found.rows.length > 0,
  );
  expect(rows).toEqual([{ trigger: 'event:0' }]);
  const actions = await listActions(db.pool, {
    before: null,
    subject: 'campaign/welcome',
    limit: 2,
  });
  expect(actions.map(({ action, detail }) => [action, detail])).toEqual([
    ['campaign.admit', { why: 'the launch', entries: 1 }],
    ['campaign.dismiss', { why: 'a wrong import', entries: 1 }],
  ]);
});

test('who has a new id by alias is shown by it everywhere', async () => {
  await person('before');
  await enrol('before');
  const answer = await fetch(`${rest.url}/v1/alias`, {
    method: 'POST',
    headers: {
      'content-type': 'application/json',
      authorization: `Bearer ${await rest.newKey('ingest')}`,
    },
    body: JSON.stringify({ previousId: 'before', userId: 'since' }),
  });
  expect(answer.status).toBe(200);
  const { body: profile } = await rest.ask('GET', '/api/v1/profiles/before');
  expect(profile.userIds).toEqual(['since', 'before']);
  for (const list of ['campaigns/welcome/enrolments', 'messages']) {
    const items = await eventually(
      async () =>
        (await rest.ask('GET', `/api/v1/${list}`)).body.items.filter(
          (one: { profileId: number }) => one.profileId === profile.profileId,
        ),
      (found) => found.length > 0,
    );
    expect([list, items[0].userId]).toEqual([list, 'since']);
  }
});

test('a stopped campaign ends everybody and lets nobody in; who came to its steps stays as it was', async () => {
  const { active, figures } = await campaign('welcome');
  expect(active).toBeGreaterThan(0);
  const stopped = await rest.ask('POST', '/api/v1/campaigns/welcome/stop', { why: 'it was wrong' });
  expect(stopped.body).toMatchObject({ state: 'stopped', ended: active, active: 0 });
  const after = (await campaign('welcome')).figures;
  expect(after.ended).toMatchObject({ stopped: active });
  const came = (steps: StepFigures[]) => steps.map(({ step, arrived }) => [step, arrived]);
  expect(came(after.steps)).toEqual(came(figures.steps));
  const { rows } = await db.pool.query<{ step: string; came: number; ended: number }>(
    `select step, count(*)::int as came, (count(*) filter (where ended))::int as ended from (
       select s.step, false as ended from enrolment_steps s join enrolments e on e.id = enrolment_id where campaign = 'welcome'
       union all select step, state = 'ended' from enrolments where campaign = 'welcome' and step is not null
     ) places (step, ended) group by 1`,
  );
  const stored = new Map(rows.map(({ step, ...counts }) => [step, counts]));
  for (const { step, arrived, ended } of after.steps as StepFigures[])
    expect([step, { came: arrived, ended }]).toEqual([
      step,
      stored.get(step) ?? { came: 0, ended: 0 },
    ]);
  await person('later');
  expect((await enrol('later')).body).toMatchObject({ entered: false });
  await rest.ask('POST', '/api/v1/campaigns/welcome/resume');
});

test('an enrolment that is ended by hand has left for the reason given; its mail is not sent', async () => {
  await rest.ask('POST', '/api/v1/campaigns/welcome/pause', { why: 'look first' });
  await person('eve');
  const { enrolment } = (await enrol('eve')).body;
  const path = `/api/v1/enrolments/${enrolment}`;
  const ended = await rest.ask('POST', `${path}/exit`, { why: 'asked by phone' });
  expect(ended.body).toMatchObject({
    state: 'ended',
    endReason: 'exited',
    endBecause: 'exit: asked by phone',
  });
  expect((await rest.ask('POST', `${path}/exit`, { why: 'again' })).status).toBe(409);
  await rest.ask('POST', '/api/v1/campaigns/welcome/resume');
  const { rows } = await eventually(
    () =>
      db.pool.query<{ state: string; reason: string }>(
        'select state, reason from messages where enrolment_id = $1',
        [enrolment],
      ),
    (seen) => seen.rows[0]?.state !== 'pending' && seen.rows[0]?.state !== 'claimed',
  );
  expect(rows).toEqual([{ state: 'skipped', reason: 'ended' }]);
});

test('an engine that is in the middle of it begins anew', async () => {
  await person('mid');
  const { enrolment } = (await enrol('mid')).body;
  // As the engine: a snapshot from before, a write after.
  const engine = await db.pool.connect();
  try {
    await engine.query('begin isolation level repeatable read');
    await engine.query('select count(*) from enrolments');
    await rest.ask('POST', `/api/v1/enrolments/${enrolment}/exit`, { why: 'race' });
    await expect(
      engine.query(`update enrolments set state = 'active' where id = $1`, [enrolment]),
    ).rejects.toMatchObject({ code: '40001' });
  } finally {
    engine.release(true);
  }
});

test('a campaign that was taken away is still explained, and cannot be closed', async () => {
  const { 'campaigns/upgrade.yaml': _, ...rest1 } = FILES;
  await applyFiles(db, rest1);
  expect(await campaign('upgrade')).toMatchObject({ state: 'removed', active: 0 });
  expect((await rest.ask('POST', '/api/v1/campaigns/upgrade/drain', { why: 'x' })).status).toBe(
    409,
  );
});

test.each([
  ['GET', '/api/v1/campaigns/nobody', undefined, 404],
  ['GET', '/api/v1/campaigns/%00', undefined, 404],
  ['GET', '/api/v1/campaigns/..%2Fetc', undefined, 404],
  ['POST', '/api/v1/campaigns/nobody/stop', { why: 'x' }, 404],
  ['POST', '/api/v1/campaigns/welcome/stop', {}, 422],
  ['POST', '/api/v1/campaigns/welcome/pause', { why: 'x', until: '2020-01-01T00:00:00Z' }, 422],
  ['GET', '/api/v1/enrolments/99999999999999999999', undefined, 404],
  ['GET', '/api/v1/enrolments/x', undefined, 404],
  ['POST', '/api/v1/enrolments/0/exit', { why: 'x' }, 404],
  ['GET', '/api/v1/campaigns/welcome/enrolments?cursor=WzFd', undefined, 400],
])('%s %s %j is %i', async (method, path, body, status) => {
  expect((await rest.ask(method, path, body)).status).toBe(status);
});

test('after all that the counts of campaigns are what a recount finds', async () => {
  const { kept, found } = await campaignCounts(db.pool);
  expect(kept).toEqual(found);
  expect(found.length).toBeGreaterThan(5);
});
