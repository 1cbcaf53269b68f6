/** Moving people to another version in the console: seen on the campaign's page, shown step by step, asked, done. */
import { testDatabase, type TestDatabase } from '../support/database.js';
import { applyFiles, FILES } from '../api/world.js';
import { type Browser, startConsole, type ConsoleServer } from './console-server.js';

const AT = '/console/campaigns/welcome';

let db: TestDatabase;
let server: ConsoleServer;
let viewer: Browser;
let operator: Browser;
beforeAll(async () => {
  db = await testDatabase();
  await applyFiles(db);
  await db.pool.query(
    `insert into profiles (shard, traits, created_at) select n % 256, '{}', now() from generate_series(1, 5) n`,
  );
  await db.pool.query(
    `insert into enrolments (profile_id, shard, campaign, version_id, trigger, entered_at, cause_at, step, arrived_at, due_at)
     select p.id, p.shard, 'welcome', l.version_id, 'test:' || p.id, now(), now(), 'wait:later', now(), now() + interval '1 day'
     from profiles p, live_definitions l where l.kind = 'campaign' and l.name = 'welcome'`,
  );
  server = await startConsole(db);
  viewer = await server.as('viewer');
  operator = await server.as('operator');
});
afterAll(async () => {
  await server.stop();
  await db.close();
});

it('asks with the numbers, offers steps for those that are gone, and moves whom it showed', async () => {
  expect((await viewer.get(AT)).text).not.toContain('earlier version');
  expect((await operator.get(`${AT}/migrate`)).text).toContain('Nobody is under way');
  const text = FILES['campaigns/welcome.yaml']!.replace('1 day', '2 days\n    id: pause');
  await applyFiles(db, { ...FILES, 'campaigns/welcome.yaml': text });
  expect((await viewer.get(AT)).text).toContain('5 enrolments go on with an earlier version');
  expect((await viewer.get(AT)).text).not.toContain('Move to version 2');
  expect((await viewer.get(`${AT}/migrate`)).status).toBe(403);
  expect((await operator.get(AT)).text).toContain('Move to version 2');
  const first = await operator.get(`${AT}/migrate`);
  expect(first.text).toContain('Nobody would move');
  expect(first.text).toContain('<select name="map.wait:later"');
  expect(first.text).toContain('wait:later → pause');
  expect(first.text).toContain(`href="${AT}/migrate?map.wait%3Alater=pause"`);
  const asked = await operator.get(`${AT}/migrate?map.wait%3Alater=pause`);
  expect(asked.text).toContain('5 enrolments move, 0 stay');
  const [, plan] = /name="plan" value="([\da-f]{64})"/.exec(asked.text)!;
  const moved = await operator.post(`${AT}/migrate`, { plan: plan!, 'map.wait:later': 'pause' });
  expect(moved.status).toBe(303);
  expect((await operator.get(AT)).text).toContain('Moving to version 2: 0 of 5');
  expect((await operator.post(`${AT}/migrate`, { plan: 'a'.repeat(64) })).status).toBe(409);
  expect((await operator.post(`${AT}/migrate`, { plan: '<b>' })).status).toBe(422);
  expect((await operator.get('/console/campaigns/nowhere/migrate')).status).toBe(404);
  const hostile = await operator.get(`${AT}/migrate?map.x=%3Cscript%3E`);
  expect([hostile.status, hostile.text.includes('<script>x')]).toEqual([422, false]);
});
