/** Segments in the console: who uses one, how it grew and why, who is in it, and who may take its addresses away. */
import { listActions } from '../../src/core/audit.js';
import { testDatabase, type TestDatabase } from '../support/database.js';
import { applyFiles } from '../api/world.js';
import { type Browser, startConsole, type ConsoleServer } from './console-server.js';

const DAY = 86_400_000;

let db: TestDatabase;
let server: ConsoleServer;
let viewer: Browser;
let operator: Browser;
beforeAll(async () => {
  db = await testDatabase();
  await applyFiles(db);
  await seedMembers();
  server = await startConsole(db);
  viewer = await server.as('viewer');
  operator = await server.as('operator');
});
afterAll(async () => {
  await server.stop();
  await db.close();
});

/** 60 members; one of them came yesterday as time passed, three left today, the others were found by the first build. */
async function seedMembers(): Promise<void> {
  await db.pool.query(
    `insert into profiles (shard, traits, created_at)
     select n % 256, jsonb_build_object('email', case when n = 2 then '=cmd@x.example' else 'm' || n || '@x.example' end), '2026-01-01'
     from generate_series(1, 63) n`,
  );
  await db.pool.query(
    `insert into profile_keys select 'user', 'm' || id, id from profiles where id <> 7`,
  );
  await db.pool.query(
    `insert into segment_states (profile_id, segment, shard, member, since, changes_at)
     select id, 'pros', shard, id <= 60, '2026-01-02', 'infinity' from profiles`,
  );
  const move = (where: string, entered: boolean, cause: string, daysAgo: number) =>
    db.pool.query(
      `insert into transitions (profile_id, segment, version_id, entered, at, cause)
       select p.id, 'pros', l.version_id, $1, $2, $3 from profiles p, live_definitions l
       where l.name = 'pros' and l.kind = 'segment' and ${where}`,
      [entered, new Date(Date.now() - daysAgo * DAY).toISOString(), cause],
    );
  await move('p.id <> 9', true, 'initial', 5);
  await move('p.id = 9', true, 'time', 1);
  await move('p.id > 60', false, 'change', 0);
}

test('the list says how large each is, what it is and who uses it', async () => {
  const { text } = await viewer.get('/console/segments');
  expect(text).toMatch(/href="\/console\/segments\/pros">pros<\/a><div class="soft">Pays for pro/);
  expect(text).toContain('<td class="number">60');
  expect(text).toContain('<a href="/console/campaigns/upgrade">upgrade</a>');
});

test('one has its definition, its size day by day, and what moved people', async () => {
  const { text } = await viewer.get('/console/segments/pros?days=7');
  expect(text).toContain('who: { trait: plan, is: pro }');
  const days = [...text.matchAll(/<td>\d{4}-\d\d-\d\d<\/td><td class="number">(\d+)<\/td><\/tr>/g)];
  expect(days.map(([, n]) => n)).toEqual(['0', '62', '62', '62', '62', '63', '60']);
  expect(text).toMatch(/<title>\d{4}-\d\d-\d\d: left 3<\/title>/);
  expect(text).toMatch(/time passed<\/td><td class="number">1<\/td><td class="number">0<\/td>/);
  expect(text).toMatch(
    /something happened: an event, a trait<\/td><td class="number">0<\/td><td class="number">3</,
  );
});

test('somebody is looked for by any id, and said to be in it or not', async () => {
  const look = async (id: string) =>
    /<ul class="plain".*?<\/ul>|<p role="status">.*?<\/p>/.exec(
      (await viewer.get(`/console/segments/pros?find=${id}`)).text,
    )?.[0];
  expect(await look('m3')).toMatch(/is in it since <time datetime="2026-01-02T00:00:00.000Z"/);
  expect(await look('M61@X.example')).toContain('is not in it.');
  expect(await look('nobody')).toContain('No profile is known as “nobody”');
});

test('members come page by page', async () => {
  const first = await viewer.get('/console/segments/pros');
  expect(first.text).toContain('>m50<');
  expect(first.text).not.toContain('>m51<');
  const [, more] = /href="([^"]+cursor=[^"]+)">More</.exec(first.text)!;
  const second = await viewer.get(more!);
  expect(second.text).toContain('>m51<');
  expect(second.text).not.toContain('>m50<');
});

test('the CSV of the members is for operators, leaves no formula, and is written down', async () => {
  expect((await viewer.get('/console/segments/pros/members.csv')).status).toBe(403);
  const csv = await operator.get('/console/segments/pros/members.csv');
  expect(csv.headers.get('content-disposition')).toBe('attachment; filename="pros.csv"');
  const lines = csv.text.trim().split('\r\n');
  expect(lines).toHaveLength(61);
  expect(lines[2]).toBe(`"2","m2","'=cmd@x.example","2026-01-02T00:00:00.000Z"`);
  expect(lines[7]).toContain('"7","","m7@x.example"');
  expect((await viewer.get('/console/segments/pros')).text).not.toContain('members.csv');
  const [action] = await listActions(db.pool, { before: null, subject: 'segment/pros', limit: 1 });
  expect(action).toMatchObject({ action: 'segment.export', actor: 'console:a-operator' });
});

test.each([
  ['segments/nobody', 404],
  ['segments/upgrade%2Fwho', 404],
  ['segments/pros?days=3000', 422],
  ['segments/pros?cursor=x', 400],
  ['segments?cursor=WzFd', 400],
])('%s is %i', async (path, status) => {
  expect((await viewer.get(`/console/${path}`)).status).toBe(status);
});

test('a workspace without segments is told how to make one', async () => {
  const fresh = await testDatabase();
  const other = await startConsole(fresh);
  const { text } = await (await other.as('author')).get('/console/segments');
  expect(text).toContain('A segment is a file in config/segments');
  await other.stop();
  await fresh.close();
});
