/** Moving people to another version by API: shown first, held to what was shown, done once, told in their history. */
import { listActions } from '../../src/core/audit.js';
import { testDatabase, type TestDatabase } from '../support/database.js';
import { startRest, type Answer, type RestServer } from './rest-server.js';
import { applyFiles, eventually, FILES } from './world.js';

const AT = '/api/v1/campaigns/welcome/migrations';
const welcome = (wait: string) => ({
  ...FILES,
  'campaigns/welcome.yaml': FILES['campaigns/welcome.yaml']!.replace('  - wait: 1 day\n', wait),
});

let db: TestDatabase;
let rest: RestServer;
beforeAll(async () => {
  db = await testDatabase();
  await applyFiles(db);
  rest = await startRest(db, 'api,engine');
  for (const id of ['ann', 'bob']) {
    await rest.ask('PUT', `/api/v1/profiles/${id}`, { traits: { email: `${id}@x.example` } });
    await rest.ask('POST', '/api/v1/campaigns/welcome/enrolments', {
      userId: id,
      entry: { plan: 'pro' },
    });
  }
  await applyFiles(db, welcome('  - wait: 2 days\n    id: pause\n'));
});
afterAll(async () => {
  await rest.stop();
  await db.close();
});

const post = (body: object, key?: string): Promise<Answer> =>
  rest.ask('POST', AT, body, key === undefined ? {} : { 'idempotency-key': key });

it('shows what it would do, refuses what is not so any more, and moves everybody once', async () => {
  const plain = await post({ dry_run: true });
  expect(plain.body).toMatchObject({
    from: [1],
    to: 2,
    steps: [
      {
        version: 1,
        step: 'wait:later',
        active: 2,
        to: null,
        stays: 'step_gone',
        proposed: 'pause',
      },
    ],
    moves: 0,
    stays: 2,
  });
  const map = { 'wait:later': 'pause' };
  const { body: plan } = await post({ dry_run: true, map });
  expect(plan).toMatchObject({
    steps: [{ to: 'pause', waits: 'wait: 2 days', dueNow: 0, late: null }],
    moves: 2,
    endsAtOnce: { of: 2, all: true, by: [] },
  });
  for (const [body, status, detail] of [
    [{ map }, 422, 'say plan'],
    [{ map, plan: plain.body.hash }, 409, 'look at the plan again'],
    [{ dry_run: true, map: { nowhere: 'pause' } }, 422, 'nowhere is no step'],
    [{ dry_run: true, map: { 'wait:later': 7 } }, 422, 'must name a step'],
    [{ dry_run: true, from: 7 }, 422, 'nobody is under way on version 7'],
    [{ dry_run: true, map: 'pause' }, 422, 'map'],
    [{ plan: 'x' }, 422, 'hash'],
  ] as const) {
    const refused = await post(body);
    expect([refused.status, refused.body.detail]).toEqual([
      status,
      expect.stringContaining(detail),
    ]);
  }
  const { body: asked } = await post({ map, plan: plan.hash }, 'once');
  expect(asked).toMatchObject({
    campaign: 'welcome',
    from: [1],
    to: 2,
    asked: 2,
    requestedBy: expect.stringMatching(/^api:/),
  });
  expect((await post({ map, plan: plan.hash }, 'once')).body).toEqual(asked);
  const done = await eventually(
    async () => (await rest.ask('GET', `/api/v1/migrations/${asked.id}`)).body,
    ({ left }) => left === 0,
  );
  expect(done).toMatchObject({ moved: 2 });
  expect((await rest.ask('GET', AT)).body).toEqual({ items: [done], next: null });
  const actions = await listActions(db.pool, {
    before: null,
    subject: 'campaign/welcome',
    limit: 9,
  });
  expect(actions).toMatchObject([
    {
      action: 'campaign.migrate',
      detail: { migration: asked.id, from: [1], to: 2, map, enrolments: 2 },
    },
  ]);
  expect((await post({ map, plan: plan.hash })).body).toMatchObject({
    status: 422,
    detail: expect.stringContaining('nobody is under way on an earlier version'),
  });
});

it('tells of the move in the enrolment, the explanation and the timeline', async () => {
  const { body: explained } = await rest.ask('GET', '/api/v1/explain?profile=ann&campaign=welcome');
  const [enrolment] = explained.enrolments as {
    id: number;
    version: number;
    step: string;
    moves: object[];
  }[];
  expect(enrolment).toMatchObject({
    version: 2,
    step: 'pause',
    moves: [{ from: 1, to: 2, fromStep: 'wait:later', toStep: 'pause' }],
  });
  const { body } = await rest.ask('GET', `/api/v1/enrolments/${enrolment!.id}`);
  expect(body.moves).toEqual(enrolment!.moves);
  // As of before, it was on the version that it left.
  const [{ at }] = enrolment!.moves as [{ at: string }];
  const before = new Date(Date.parse(at) - 1).toISOString();
  const then = await rest.ask('GET', `/api/v1/explain?profile=ann&campaign=welcome&at=${before}`);
  expect(then.body.enrolments).toMatchObject([{ version: 1, step: 'wait:later', moves: [] }]);
});

it('answers 404 for campaigns and migrations that there are not, and asks for the scope', async () => {
  for (const path of [
    '/api/v1/migrations/x',
    '/api/v1/migrations/00000000-0000-0000-0000-000000000000',
  ])
    expect((await rest.ask('GET', path)).status).toBe(404);
  const nowhere = '/api/v1/campaigns/nowhere%00/migrations';
  expect((await rest.ask('POST', nowhere, { dry_run: true })).status).toBe(404);
});
