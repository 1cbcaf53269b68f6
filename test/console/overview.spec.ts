/** The overview says what is: counts of the stages, what waits and since when, what went wrong. */
import { countStages } from '../../src/insights/stages.sql.js';
import { seedDefinitions, seedPending } from '../delivery/pending-messages.js';
import { testDatabase, type TestDatabase } from '../support/database.js';
import { startConsole, type ConsoleServer } from './console-server.js';

let db: TestDatabase;
let server: ConsoleServer;
beforeEach(async () => {
  db = await testDatabase();
  server = await startConsole(db);
});
afterEach(async () => {
  await server.stop();
  await db.close();
});

test('a new workspace is told what to do next, then what else', async () => {
  const viewer = await server.as('viewer');
  expect((await viewer.get('/console')).text).toContain('<code>rekindle apply</code>');
  await seedDefinitions(db.pool);
  expect((await viewer.get('/console')).text).toContain('rekindle keys create --scope ingest');
});

test('what waits is counted with the age of the oldest, what failed with a way to it', async () => {
  await seedPending(db.pool, await seedDefinitions(db.pool), { count: 3 });
  await db.pool.query(
    `update messages set decided_at = now(), state = 'failed', reason = 'refused', settled_at = now()
     where id = (select min(id) from messages)`,
  );
  const viewer = await server.as('viewer');
  const { text } = await viewer.get('/console');
  expect(text).toMatch(/2 waiting<span class="soft">oldest due \d+ d ago/);
  expect(text).toMatch(/problems=on">1 failed or ambiguous/);
});

test('what needs a look stands on top, by the name that the runbook has; else that nothing does', async () => {
  const workspace = await seedDefinitions(db.pool);
  await seedPending(db.pool, workspace, { count: 1 });
  const viewer = await server.as('viewer');
  const look = async () =>
    /<section id="alerts".*?<\/section>/s.exec((await viewer.get('/console')).text)![0];
  expect(await look()).toMatch(/No mailer is running; mails are due for \d+ d.*RekindleNoMailer/s);
  await db.pool.query(
    `insert into pauses (scope, since, set_by, why) values ('all', '2026-01-01', 'ann', 'x')`,
  );
  await db.pool.query(
    `insert into workers (id, host, pid, started_at, lease_until) values (gen_random_uuid(), 'h', 1, now(), 'infinity')`,
  );
  expect(await look()).toMatch(/Pauses in force: 1.*RekindlePaused/s);
  expect(await look()).not.toContain('RekindleMailsLate');
  // A stopped campaign has no mail that its pause could hold back.
  await db.pool.query(
    `insert into pauses (scope, name, since, set_by, why) values ('campaign', 'gone', '2026-01-01', 'ann', 'x')`,
  );
  expect(await look()).toContain('Pauses in force: 2');
  await db.pool.query(
    `insert into campaign_states (campaign, state, since, set_by, why) values ('gone', 'stopped', '2026-01-01', 'ann', 'x')`,
  );
  expect(await look()).toContain('Pauses in force: 1');
  await db.pool.query('delete from pauses');
  expect(await look()).toContain('RekindleMailsLate');
  await db.pool.query(`update messages set state = 'sent', decided_at = '2026-01-01'`);
  expect(await look()).toContain('Nothing needs a look.');
});

test('a mail server that is away is said on the overview, in the log, at a waiting mail and of its mailer', async () => {
  await seedPending(db.pool, await seedDefinitions(db.pool), { count: 1 });
  await db.pool.query(
    `insert into workers (id, host, pid, started_at, lease_until) values (gen_random_uuid(), 'h', 1, now(), 'infinity')`,
  );
  const mailer = (trouble: string | null) =>
    db.pool.query(
      `insert into processes (id, host, pid, version, roles, transport, mail_host, started_at, seen_at, trouble)
       values (gen_random_uuid(), 'h', 1, '1', array['mailer'], 'smtp', 'smtp.example:25', now(), now(), $1)`,
      [trouble],
    );
  await mailer('smtp.example does not serve us, for 9 s: refused');
  const viewer = await server.as('viewer');
  const { rows } = await db.pool.query<{ id: number }>('select id from messages');
  const said = 'smtp.example does not serve us, for 9 s: refused';
  const pages = ['', '/messages', `/messages/${rows[0]!.id}`, '/system'];
  for (const page of pages)
    expect([page, (await viewer.get(`/console${page}`)).text]).toEqual([
      page,
      expect.stringContaining(said),
    ]);
  expect((await viewer.get('/console')).text).toContain('RekindleMailServer');
  expect((await viewer.get(`/console/messages/${rows[0]!.id}`)).text).toContain(
    'It is due, and mail does not leave just now.',
  );
  // Another one has a way out.
  await mailer(null);
  expect((await viewer.get('/console/messages')).text).not.toContain(said);
  expect((await viewer.get(`/console/messages/${rows[0]!.id}`)).text).toContain(
    'a mailer takes it any moment',
  );
  expect((await viewer.get('/console')).text).toContain(said);
});

test('counts stop at a bound and say so', async () => {
  const at = Date.parse('2026-06-01T12:00:00Z');
  await db.pool.query(
    `insert into events (profile_id, name, occurred_at, judged_at, received_at, source, message_id)
     select 1, 'e', $1, $1, $1, 's', n from generate_series(1, 10050) n`,
    [new Date(at - 1000).toISOString()],
  );
  await db.pool.query(
    `insert into inbox (shard, profile_id, kind, occurred_at, judged_at)
     values (3, 1, 'event', $1, $1), (4, 1, 'event', $2, $2)`,
    ['2026-06-01T11:00:00Z', '2026-06-01T10:00:00Z'],
  );
  const { lately, waiting } = await countStages(db.pool, at);
  expect(lately.events).toBe(10_001);
  expect(waiting.events).toEqual({ count: 2, oldest: Date.parse('2026-06-01T10:00:00Z') });
  const later = await countStages(db.pool, at + 2 * 86_400_000);
  expect(later.lately.events).toBe(0);
});

test('timers and steps that are due are counted over all shards', async () => {
  await seedPending(db.pool, await seedDefinitions(db.pool), { count: 300 });
  await db.pool.query(`update enrolments set due_at = '2026-02-01T00:00:00Z'`);
  const now = Date.parse('2026-03-01T00:00:00Z');
  const { waiting } = await countStages(db.pool, now);
  expect(waiting.enrolments).toEqual({ count: 300, oldest: Date.parse('2026-02-01T00:00:00Z') });
  expect(waiting.memberships).toEqual({ count: 0, oldest: null });
  expect(waiting.delivery.count).toBe(300);
});

test('while the database is away a browser gets a page in its language, and everybody else the problem', async () => {
  const viewer = await server.as('viewer');
  const style = /href="([^"]+\.css)"/.exec((await viewer.get('/console')).text)![1]!;
  await db.shut();
  const html = { accept: 'text/html,*/*;q=0.8', 'accept-language': 'ru' };
  for (const page of ['/console', '/console/messages', '/console/login']) {
    const { status, headers, text } = await viewer.get(page, html);
    expect([page, status, headers.get('content-type')]).toEqual([
      page,
      503,
      'text/html; charset=utf-8',
    ]);
    expect(text).toContain('<h1>База данных не отвечает</h1>');
    // It comes back by itself, to where one was.
    expect(text).toContain('<meta http-equiv="refresh" content="5"/>');
    expect(text).toContain(`<a class="button" href="${page}">`);
  }
  expect((await viewer.get(style)).status).toBe(200);
  const { headers, text } = await viewer.get('/console', { accept: 'application/json' });
  expect(headers.get('content-type')).toContain('application/problem+json');
  expect(text).toContain('the database does not answer');
});
