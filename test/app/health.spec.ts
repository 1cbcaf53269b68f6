/** /health names what is wrong, and each process says only what its roles know. */
import { parseEnvironment } from '../../src/app/environment.js';
import { listProcesses, mailOutage, signOfLife } from '../../src/core/processes.sql.js';
import { JsonLogger } from '../../src/app/logger.js';
import { startApplication, type RunningApplication } from '../../src/app/start.js';
import { seedDefinitions, seedPending } from '../delivery/pending-messages.js';
import { testDatabase, type TestDatabase } from '../support/database.js';

jest.setTimeout(90_000);

let db: TestDatabase;
let running: RunningApplication | undefined;
beforeEach(async () => {
  db = await testDatabase();
});
afterEach(async () => {
  await running?.stop();
  running = undefined;
  await db.close();
});

async function start(roles: string, more: Record<string, string> = {}): Promise<void> {
  const quiet = new JsonLogger();
  quiet.setLogLevels([]);
  const settings = {
    DATABASE_URL: db.url,
    REKINDLE_DURABILITY: 'relaxed',
    REKINDLE_PORT: '0',
    REKINDLE_ROLES: roles,
    ...more,
  };
  running = await startApplication(parseEnvironment({}, settings), quiet);
}

async function health(): Promise<Record<string, unknown> & { http: number; problems: string[] }> {
  const answer = await fetch(`${running!.url}/health`);
  return { ...((await answer.json()) as { problems: string[] }), http: answer.status };
}

test('all is well: each role says what it knows', async () => {
  await start('api,engine,mailer');
  expect(await health()).toEqual({
    http: 200,
    status: 'ok',
    problems: [],
    version: expect.stringMatching(/^\d/),
    roles: ['api', 'engine', 'mailer'],
    running: { api: 1, engine: 1, mailer: 1 },
    engine: { oldestDueSeconds: 0, parkedProfiles: 0 },
    mailer: { oldestDueSeconds: 0, pauses: 0 },
  });
});

test('an api says which roles nobody runs, and that mailers differ in where mail goes', async () => {
  await start('api');
  expect(await health()).toMatchObject({
    http: 503,
    running: { api: 1, engine: 0, mailer: 0 },
    problems: [
      'no engine is running: start a process with the role engine',
      'no mailer is running: start a process with the role mailer',
    ],
  });
  await db.pool.query(
    `insert into processes (id, host, pid, version, roles, transport, started_at, seen_at)
     select gen_random_uuid(), 'h', 1, '1', roles, transport, now(), now()
     from (values (array['engine', 'mailer'], 'smtp'), (array['mailer'], 'dev_mailbox')) x (roles, transport)`,
  );
  expect((await health()).problems).toEqual([expect.stringMatching(/^mailers differ/)]);
  // Without a sign of life, and after an orderly stop.
  await db.pool.query(
    `update processes set seen_at = now() - interval '1 minute' where transport = 'smtp'`,
  );
  await db.pool.query(`update processes set stopped_at = now() where transport = 'dev_mailbox'`);
  expect(await health()).toMatchObject({ running: { api: 1, engine: 0, mailer: 0 } });
});

test('mails are late when no pause holds them, whatever else is paused; what a mailer has and does not begin counts', async () => {
  const workspace = await seedDefinitions(db.pool);
  await seedPending(db.pool, workspace, { count: 1, campaign: 'held' });
  await db.pool.query(
    `insert into pauses (scope, name, since, set_by, why) values ('campaign', 'held', now(), 'x', 'x')`,
  );
  await db.pool.query(
    `insert into pauses (scope, name, since, set_by, why) values ('sender', 'nobody@x.example', now(), 'x', 'x')`,
  );
  await start('mailer');
  expect(await health()).toMatchObject({ http: 200, mailer: { oldestDueSeconds: 0, pauses: 2 } });
  await db.pool.query(
    `update messages set state = 'claimed', worker = gen_random_uuid(), due_at = now() - interval '10 minutes'`,
  );
  // The sweeper would put it back.
  await db.pool.query(
    `insert into workers (id, host, pid, started_at, lease_until) select worker, 'h', 1, now(), 'infinity' from messages`,
  );
  expect((await health()).problems).toEqual([
    expect.stringMatching(/^mails are late: one that no pause holds is due for 60\d s$/),
  ]);
});

const LATE_FACT = `insert into inbox (shard, profile_id, kind, occurred_at, judged_at)
  values (7, 1, 'event', now() - interval '2 minutes', now() - interval '2 minutes')`;

test('a fact that waits and a clock that went back are told by the engine, not by the mailer', async () => {
  // Nothing is applied, so nobody settles it.
  await db.pool.query(LATE_FACT);
  await db.pool.query(`insert into shards values (3, now() + interval '1 day')`);
  await start('engine');
  const { http, problems, mailer } = await health();
  expect([http, mailer]).toEqual([503, undefined]);
  expect(problems).toEqual([
    expect.stringMatching(/^the engine is behind: something is due for 12\d s$/),
    expect.stringMatching(/^shards have settled 86\d\d\d s of the future/),
  ]);
  await running!.stop();
  await start('mailer');
  expect(await health()).toMatchObject({ http: 200, problems: [], mailer: {} });
  expect((await health())['engine']).toBeUndefined();
});

test('facts that wait for a parked profile are no backlog', async () => {
  await db.pool.query(LATE_FACT);
  await db.pool.query(
    `insert into profiles (id, shard, traits, created_at) overriding system value values (1, 7, '{}', now())`,
  );
  await db.pool.query(
    `insert into parked_profiles (profile_id, shard, parked_at, retry_at, error) values (1, 7, now(), 'infinity', '')`,
  );
  await start('engine');
  expect(await health()).toMatchObject({
    http: 200,
    engine: { oldestDueSeconds: 0, parkedProfiles: 1 },
  });
});

test('a database that is gone is named, also by a process that asked it a moment ago', async () => {
  await start('api');
  await db.shut();
  expect(await health()).toMatchObject({
    http: 503,
    status: 'trouble',
    problems: [expect.stringMatching(/^the database does not answer: .*not currently accepting/)],
  });
  expect((await fetch(`${running!.url}/health/live`)).status).toBe(200);
});

test('a provider that is out of reach is named by the mailer', async () => {
  const workspace = await seedDefinitions(db.pool);
  await seedPending(db.pool, workspace, { count: 1, campaign: 'c' });
  await db.pool.query('update messages set due_at = now()');
  await start('mailer', { SMTP_URL: 'smtp://mailer:hunter2@127.0.0.1:1' });
  let seen = await health();
  while (seen.http === 200) seen = await health();
  expect(seen.problems).toEqual([
    expect.stringMatching(/^127\.0\.0\.1 does not serve us, for \d+ s: .*connect/),
  ]);
  expect(JSON.stringify(seen)).not.toContain('hunter2');
  // The others are told within a second.
  const told = () => listProcesses(db.pool, Date.now()).then(mailOutage);
  while ((await told()) === null);
  const { since } = (await told())!;
  expect((await told())!.trouble).toMatch(/^127\.0\.0\.1 does not serve us, for \d+ s: .*connect/);
  // It goes on saying so, since the first time.
  const again = await listProcesses(db.pool, Date.now());
  const own = again.find(({ transport }) => transport !== null)!;
  await signOfLife(db.pool, own, { now: Date.now(), trouble: 'still away' });
  expect(await told()).toEqual({ trouble: 'still away', since });
  await signOfLife(db.pool, own, { now: Date.now(), trouble: null });
  expect(await told()).toBeNull();
  await signOfLife(db.pool, own, { now: Date.now(), trouble: '127.0.0.1 does not serve us' });
  expect((await told())!.since).toBeGreaterThan(since);
  await db.pool.query(`update processes set id = gen_random_uuid(), pid = 0, host = 'other'`);
  await running!.stop();
  await start('api');
  expect((await health()).problems).toContainEqual(
    expect.stringMatching(/^the mailer on other \(0\): 127\.0\.0\.1 does not serve us/),
  );
});
