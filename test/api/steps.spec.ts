/** How the kinds of steps show: in the funnel of their campaign, behind an enrolment, and in the sentence of explain. */
import { testDatabase, type TestDatabase } from '../support/database.js';
import { startRest, type RestServer } from './rest-server.js';
import { applyFiles, eventually, FILES } from './world.js';

let db: TestDatabase;
let rest: RestServer;
beforeAll(async () => {
  db = await testDatabase();
});
afterAll(async () => {
  await rest.stop();
  await db.close();
});

const get = async (path: string) => (await rest.ask('GET', path)).body;
const enter = async (userId: string, campaign: string, entry: object = {}): Promise<number> => {
  await rest.ask('PUT', `/api/v1/profiles/${userId}`, {
    traits: { email: `${userId}@customers.example` },
  });
  const path = `/api/v1/campaigns/${campaign}/enrolments`;
  const { body } = await rest.ask('POST', path, { userId, entry });
  return body.enrolment;
};
/** What an enrolment has behind it, once it has ended. */
const behind = async (id: number): Promise<string[]> => {
  const { steps } = await eventually(
    () => get(`/api/v1/enrolments/${id}`),
    ({ state }) => state === 'ended',
  );
  return steps.map(({ step, outcome }: Record<string, string>) => `${step}=${outcome}`);
};
const figuresOf = async (campaign: string) => {
  const { figures } = await get(`/api/v1/campaigns/${campaign}`);
  return Object.fromEntries(figures.steps.map((one: { step: string }) => [one.step, one]));
};

const CAMPAIGNS = {
  'campaigns/drawn.yaml': `topic: offers
enter: { api: enrolment }
steps:
  - split:
      offer: { share: 100%, steps: [{ exit: drawn }] }
    id: argument
`,
  'campaigns/rounds.yaml': `topic: offers
enter: { api: enrolment }
steps:
  - repeat: 2
    every: 1 second
    steps:
      - send: hello
`,
  'campaigns/dated.yaml': `topic: offers
enter: { api: enrolment }
steps:
  - wait_until: { date: entry.starts_at, before: 2 hours }
  - send: hello
`,
  'campaigns/waiting.yaml': `topic: offers
enter: { api: enrolment }
steps:
  - wait_for: { event: paid }
    at_most: 4 days
    then:
      - exit: paid
`,
};

beforeAll(async () => {
  await applyFiles(db, { ...FILES, ...CAMPAIGNS });
  rest = await startRest(db, 'api,engine,mailer');
});

test('a date that is not there', async () => {
  const id = await enter('ann', 'dated', { starts_at: 'soon' });
  expect(await behind(id)).toEqual([
    'wait:hello=unresolved:missing',
    'hello=skipped:unresolved_wait',
  ]);
  expect(await figuresOf('dated')).toMatchObject({
    'wait:hello': { arrived: 1, outcomes: { 'unresolved:missing': 1 } },
    hello: { arrived: 1, skipped: { unresolved_wait: 1 } },
  });
});

test('a wait for something: what it waits for, until when, and how it was left', async () => {
  const id = await enter('bob', 'waiting');
  const { says } = await eventually(
    () => get('/api/v1/explain?profile=bob&campaign=waiting'),
    ({ enrolments }) => enrolments[0]?.step === 'wait:end',
  );
  expect(says).toMatch(/, at wait:end, and waits for event paid until \S+Z$/);
  expect((await figuresOf('waiting'))['wait:end']).toMatchObject({ kind: 'wait_for', waiting: 1 });
  await rest.ask('POST', '/api/v1/profiles/bob/events', { name: 'paid' });
  expect(await behind(id)).toEqual(['wait:end=met', 'exit:paid=exited']);
  expect((await figuresOf('waiting'))['wait:end']).toMatchObject({ outcomes: { met: 1 } });
});

test('the funnel has the steps in the order in which they are written', async () => {
  const { figures } = await get('/api/v1/campaigns/rounds');
  expect(figures.steps.map(({ step }: { step: string }) => step)).toEqual([
    'repeat:hello',
    'hello',
  ]);
});

test('a lot, and rounds', async () => {
  expect(await behind(await enter('cleo', 'drawn'))).toEqual([
    'argument=split:offer',
    'exit:drawn=exited',
  ]);
  expect((await figuresOf('drawn'))['argument']).toMatchObject({
    kind: 'split',
    outcomes: { 'split:offer': 1 },
  });
  expect(await behind(await enter('cleo', 'rounds'))).toEqual([
    'repeat:hello=round',
    'hello=sent',
    'repeat:hello=round',
    'hello=sent',
    'repeat:hello=completed',
  ]);
  expect((await figuresOf('rounds'))['repeat:hello']).toMatchObject({
    outcomes: { round: 2, completed: 1 },
  });
});
