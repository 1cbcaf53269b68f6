/** Segments through REST, with the engine running: size, members, and the days behind. */
import { testDatabase, type TestDatabase } from '../support/database.js';
import { startRest, type RestServer } from './rest-server.js';
import { applyFiles, eventually, FILES, readAll } from './world.js';

const DAY = 86_400_000;
const people = Array.from({ length: 5 }, (_, n) => `p${n}`);

let db: TestDatabase;
let rest: RestServer;
beforeAll(async () => {
  db = await testDatabase();
  await applyFiles(db);
  rest = await startRest(db, 'api,engine');
  for (const id of people) await setPlan(id, 'pro');
  await eventually(pros, ({ members, built }) => members === 5 && built);
});
afterAll(async () => {
  await rest.stop();
  await db.close();
});

const setPlan = (id: string, plan: string) =>
  rest.ask('PUT', `/api/v1/profiles/${id}`, { traits: { plan } });
const pros = async () => (await rest.ask('GET', '/api/v1/segments/pros')).body;

test('one segment with its size and source, and all of them', async () => {
  expect(await pros()).toMatchObject({
    id: 'pros',
    description: 'Pays for pro',
    version: 1,
    members: 5,
    built: true,
    source: FILES['segments/pros.yaml'],
  });
  const list = await readAll<{ id: string }>(rest, '/api/v1/segments?limit=1');
  expect(list.map(({ id }) => id)).toEqual(['pros']);
});

test('members come page by page, each once', async () => {
  const members = await readAll<{ userId: string }>(rest, '/api/v1/segments/pros/members?limit=2');
  expect(members.map(({ userId }) => userId).toSorted()).toEqual(people);
});

test('the days behind add up to who is in it now', async () => {
  await setPlan('p0', 'free');
  await eventually(pros, ({ members }) => members === 4);
  // Somebody who came three days ago and left the day before yesterday, and one who stayed.
  const at = async (profile: number, entered: boolean, days: number) =>
    db.pool.query(
      `insert into transitions (profile_id, segment, version_id, entered, at, cause)
       select $1, 'pros', version_id, $2, $3, 'change' from live_definitions where name = 'pros'`,
      [profile, entered, new Date(Date.now() - days * DAY)],
    );
  await at(1001, true, 3);
  await at(1001, false, 2);
  await at(1002, true, 2);
  await db.pool.query(
    `insert into segment_states (profile_id, segment, shard, member, since, changes_at)
     values (1002, 'pros', 1, true, $1, 'infinity')`,
    [new Date(Date.now() - 2 * DAY)],
  );
  const { body } = await rest.ask('GET', '/api/v1/segments/pros/history?days=4');
  const today = new Date().toISOString().slice(0, 10);
  const day = expect.any(String) as string;
  expect(body.items).toEqual([
    { day, entered: 1, exited: 0, members: 1 },
    { day, entered: 1, exited: 1, members: 1 },
    { day, entered: 0, exited: 0, members: 1 },
    { day, entered: 5, exited: 1, members: 5 },
  ]);
  expect(body.items.at(-1).day).toBe(today);
  const two = await rest.ask('GET', '/api/v1/segments/pros/history?days=2');
  expect(two.body.items).toEqual(body.items.slice(-2));
});

test.each([
  ['/api/v1/segments/nobody', 404],
  ['/api/v1/segments/%00/members', 404],
  ['/api/v1/segments/upgrade%2Fwho', 404],
  ['/api/v1/segments/pros/history?days=0', 422],
  ['/api/v1/segments/pros/history?days=100000', 422],
  ['/api/v1/segments/pros/members?cursor=WyJ4Il0', 400],
])('%s is %i', async (path, status) => {
  expect((await rest.ask('GET', path)).status).toBe(status);
});
