/** Why no mail? Each answer that an integrating developer meets in the first hour. */
import { testDatabase, type TestDatabase } from '../support/database.js';
import { startRest, type RestServer } from './rest-server.js';
import { applyFiles, eventually, FILES } from './world.js';

let db: TestDatabase;
let rest: RestServer;
beforeAll(async () => {
  db = await testDatabase();
  const steps = 'steps: [{ wait: 1 day }, { send: hello }]';
  await applyFiles(db, {
    ...FILES,
    'campaigns/dated.yaml': `topic: offers\nenter: { date: renews_on, before: 3 days, at: 09:00 }\n${steps}\n`,
    'campaigns/emptied.yaml': `topic: offers\nenter: { trait: queue, changed: { to: { is: 0 } } }\n${steps}\n`,
    'campaigns/monthly.yaml': `topic: offers\nenter: { schedule: { every: month, day: first tue, at: 10:00 }, who: { segment: pros } }\n${steps}\n`,
    'campaigns/stuck.yaml': `topic: offers\nenter: { event: begun, not_followed_by: done, within: 3 days }\n${steps}\n`,
  });
  rest = await startRest(db, 'api,engine,mailer');
});
afterAll(async () => {
  await rest.stop();
  await db.close();
});

const explain = async (profile: string, campaign: string) =>
  (await rest.ask('GET', `/api/v1/explain?profile=${profile}&campaign=${campaign}`)).body;
const person = (id: string, traits: object = { email: `${id}@customers.example` }) =>
  rest.ask('PUT', `/api/v1/profiles/${id}`, { traits });

test('nobody asked; no event came; not in the segment', async () => {
  await person('ann');
  expect(await explain('ann', 'welcome')).toMatchObject({
    says: 'never asked to enter: nobody asked for an enrolment',
    obstacles: [],
    member: null,
    enrolments: [],
  });
  expect((await explain('ann', 'hello')).says).toContain('no event said_hello came');
  expect(await explain('ann', 'upgrade')).toMatchObject({
    says: 'never asked to enter: it is not in the segment pros',
    member: false,
  });
});

test('in it, at which step until when, with what was sent; then refused', async () => {
  await person('bob');
  const ask = { userId: 'bob', entry: { plan: 'pro' } };
  await rest.ask('POST', '/api/v1/campaigns/welcome/enrolments', ask);
  const body = await eventually(
    () => explain('bob', 'welcome'),
    ({ messages }) => messages[0]?.state === 'sent',
  );
  expect(body.says).toMatch(/^is in it since \S+, at \S+, and goes on at \S+Z$/);
  expect(body.enrolments[0].steps).toEqual([
    expect.objectContaining({
      step: 'hello',
      outcome: 'sent',
      mail: { messageId: body.messages[0].id, state: 'sent', reason: null },
    }),
  ]);
  await rest.ask('POST', `/api/v1/enrolments/${body.enrolments[0].id}/exit`, { why: 'enough' });
  expect((await explain('bob', 'welcome')).says).toMatch(/exited \(exit: enough\)$/);
  await rest.ask('POST', '/api/v1/campaigns/welcome/enrolments', ask);
  expect(await explain('bob', 'welcome')).toMatchObject({
    says: expect.stringMatching(
      /^was in it .*: exited \(exit: enough\); did not enter again at \S+: again_never$/,
    ),
    refusals: [expect.objectContaining({ reason: 'again_never' })],
  });
});

test('the way in is shown clause by clause, as it is now', async () => {
  await person('dora', { plan: 'free' });
  expect(await explain('dora', 'upgrade')).toMatchObject({
    who: {
      says: 'trait: plan, is: pro',
      holds: false,
      changesAt: null,
      seen: { kind: 'value', value: 'free' },
      of: [],
    },
    whoTurnsAt: null,
    wouldHaveToChange: [{ says: 'trait: plan, is: pro' }],
    if: null,
    event: null,
  });
  await person('dora', { plan: 'pro' });
  expect(await explain('dora', 'upgrade')).toMatchObject({
    who: { holds: true },
    wouldHaveToChange: [],
  });
  expect((await explain('dora', 'hello')).event).toEqual({
    says: 'event: said_hello',
    latest: null,
    tests: [],
    holds: false,
    answer: null,
  });
  await rest.ask('POST', '/api/v1/profiles/dora/events', { name: 'said_hello' });
  expect((await explain('dora', 'hello')).event.latest).toMatchObject({ name: 'said_hello' });
});

test('dates, changes, schedules and sequences say what they are, and when they let in', async () => {
  await person('finn', { renews_on: '2999-05-20', queue: 3, plan: 'free' });
  expect((await explain('finn', 'dated')).opening).toMatchObject({
    kind: 'date',
    says: 'date: renews_on, before: 3 days, at: 09:00',
    value: '2999-05-20',
    at: null,
    nextAt: expect.stringMatching(/^2999-05-17T/),
  });
  await person('finn', { queue: 0 });
  const emptied = await eventually(
    () => explain('finn', 'emptied'),
    ({ entered }) => entered !== null,
  );
  const change = { kind: 'trait', holds: true, before: 3, value: 0 };
  expect(emptied).toMatchObject({ opening: change, entered: { opening: change } });
  expect((await explain('finn', 'monthly')).opening).toMatchObject({
    kind: 'schedule',
    at: null,
    who: null,
    nextAt: expect.stringMatching(/Z$/),
  });
  await rest.ask('POST', '/api/v1/profiles/finn/events', { name: 'begun' });
  expect((await explain('finn', 'stuck')).event).toMatchObject({
    holds: false,
    answer: { name: null, turnsAt: expect.stringMatching(/Z$/) },
  });
  await rest.ask('POST', '/api/v1/profiles/finn/events', { name: 'done' });
  expect((await explain('finn', 'stuck')).event).toMatchObject({
    holds: false,
    answer: { name: 'done', turnsAt: null },
  });
});

test('what stands in the way of mail now', async () => {
  await person('carl', {});
  expect((await explain('carl', 'welcome')).obstacles).toEqual(['no_address']);
  await person('carl');
  await rest.ask('PUT', '/api/v1/profiles/carl/topics', {
    topics: [{ topic: 'offers', subscribed: false }],
    source: 'x',
  });
  await rest.ask('POST', '/api/v1/campaigns/welcome/pause', { why: 'x' });
  await rest.ask('POST', '/api/v1/campaigns/welcome/drain', { why: 'x' });
  expect(await explain('carl', 'welcome')).toMatchObject({
    says: 'never entered, and nobody does now: the campaign is draining',
    obstacles: ['campaign_draining', 'campaign_paused', 'unsubscribed'],
  });
  await rest.ask('POST', '/api/v1/suppressions', { address: 'carl@customers.example' });
  expect(await explain('carl', 'hello')).toMatchObject({
    nextMail: 'if_it_enters',
    obstacles: ['suppressed'],
    pauses: [],
  });
  const paused = { scope: 'all', why: 'the server moves' };
  await rest.ask('PUT', '/api/v1/pauses', paused);
  expect(await explain('carl', 'hello')).toMatchObject({
    obstacles: ['sending_paused', 'suppressed'],
    pauses: [{ ...paused, name: '', until: null, setBy: expect.any(String) }],
  });
  expect((await explain('bob', 'welcome')).nextMail).toBe('none');
  await rest.ask('DELETE', '/api/v1/pauses?scope=all');
});

test.each([
  ['profile=nobody&campaign=hello', 404],
  ['profile=ann&campaign=nobody', 404],
  ['profile=ann', 422],
  ['profile=ann&campaign=hello&at=2001-01-01T00:00:00Z', 404],
  ['profile=ann&campaign=hello&at=yesterday', 422],
  ['profile=ann&campaign=hello&at=9999-12-31T00:00:00Z', 422],
  ['profile=%00&campaign=hello', 422],
])('%s is %i', async (query, status) => {
  expect((await rest.ask('GET', `/api/v1/explain?${query}`)).status).toBe(status);
});
