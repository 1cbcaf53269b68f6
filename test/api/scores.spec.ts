/** Scores through REST: applied like any definition, in plans with whatever asks for them, and shown of a profile with their parts. */
import { testDatabase, type TestDatabase } from '../support/database.js';
import { startRest, type Answer, type RestServer } from './rest-server.js';
import { FILES } from './world.js';

let db: TestDatabase;
let rest: RestServer;
beforeAll(async () => {
  db = await testDatabase();
  rest = await startRest(db, 'api');
});
afterAll(async () => {
  await rest.stop();
  await db.close();
});

const plan = (files: object): Promise<Answer> =>
  rest.ask('POST', '/api/v1/definitions/plan', { files });
async function apply(files: object): Promise<void> {
  const { body } = await plan(files);
  const { status } = await rest.ask('POST', '/api/v1/definitions/apply', {
    files,
    hash: body.hash,
  });
  expect(status).toBe(200);
}

const score = (add: number): string => `base: 5
points:
  - { add: ${add}, if: { trait: plan, is: pro } }
  - { add: 2, for_each: { event: login, at_most: 2 }, half_life: 7 days }
range: [0, 100]
bands: { red: 0, green: 10 }
`;
const files = (add: number) => ({
  ...FILES,
  'scores/happiness.yaml': score(add),
  'segments/happy.yaml': 'who: { score: happiness, band: green }\n',
});

test('a score and whatever asks for it are one change; what it is made of is shown of everybody', async () => {
  await apply(files(4));
  await rest.ask('PUT', '/api/v1/profiles/ann', { traits: { plan: 'pro' } });
  for (let times = 0; times < 3; times += 1)
    await rest.ask('POST', '/api/v1/profiles/ann/events', { name: 'login' });
  const shown = await rest.ask('GET', '/api/v1/profiles/ann/scores');
  expect(shown.status).toBe(200);
  const says = (rules: readonly string[], gives: readonly number[]) =>
    rules.map((one, place) => ({ says: one, gives: gives[place]! }));
  expect(shown.body.scores).toEqual([
    {
      score: 'happiness',
      value: 13,
      band: 'green',
      base: 5,
      rules: says(
        [
          'add: 4, if: { trait: plan, is: pro }',
          'add: 2, for_each: { event: login, at_most: 2 }, half_life: 7 days',
        ],
        [4, 4],
      ),
    },
  ]);
  const { body } = await plan(files(6));
  expect(
    body.changes.map(({ kind, name }: { kind: string; name: string }) => `${kind} ${name}`),
  ).toEqual(['score happiness', 'segment happy']);
  expect(body.changes[0].says).toEqual([
    { place: 'points', before: 'add: 4, if: { trait: plan, is: pro }', after: null },
    { place: 'points', before: null, after: 'add: 6, if: { trait: plan, is: pro }' },
  ]);
  expect(body.changes[1].says).toEqual([
    {
      place: 'score happiness',
      before: expect.stringContaining('add: 4'),
      after: expect.stringContaining('add: 6'),
    },
  ]);
});
