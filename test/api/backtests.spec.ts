/** Backtests in the background: asked for by API and console, run in a process of their own, cancelled, never two at once. */
import { resolve } from 'node:path';
import { DatabaseClock } from '../../src/core/clock.js';
import { DAY_MS, instantToSql } from '../../src/core/instant.js';
import { addPerson } from '../../src/console/door/people.sql.js';
import { hashPassword } from '../../src/console/door/password.js';
import { queueBacktest, takeTurn } from '../../src/simulation/backtests.sql.js';
import { runStoredBacktest } from '../../src/simulation/run-stored-backtest.js';
import { Browser, PASSWORD } from '../console/console-server.js';
import { workspacesOf } from '../simulation/support.js';
import { testDatabase, type TestDatabase } from '../support/database.js';
import { startRest, type RestServer } from './rest-server.js';
import { applyFiles, eventually } from './world.js';

const ROOT = resolve(__dirname, '../..');
const COMMAND = [`${ROOT}/test/support/run-typescript.cjs`, `${ROOT}/src/cli.ts`];
const AT = '/api/v1/campaigns/hello/backtests';

let db: TestDatabase;
let rest: RestServer;
let day: (n: number) => string;
beforeAll(async () => {
  db = await testDatabase();
  await applyFiles(db);
  const now = await new DatabaseClock().now(db.pool);
  day = (n) => new Date(now + n * DAY_MS).toISOString().slice(0, 10);
  // Three said hello ten days ago.
  await db.pool.query(
    `with new as (insert into profiles (shard, traits, created_at, born_at)
       select n, '{"email": "p@x.example"}', $1, $1 from generate_series(1, 3) n returning id)
     insert into events (profile_id, name, occurred_at, judged_at, received_at, properties, source, message_id)
     select id, 'said_hello', $1, $1, $1, '{}', 'test', id::text from new`,
    [instantToSql(now - 10 * DAY_MS)],
  );
  // What a process begins is given what it was given itself.
  process.env['REKINDLE_DURABILITY'] = 'relaxed';
  rest = await startRest(db, 'api', {}, COMMAND);
});
afterAll(async () => {
  await rest.stop();
  await db.close();
});

const read = async (id: number) => (await rest.ask('GET', `/api/v1/backtests/${id}`)).body;
const over = (id: number) =>
  eventually(
    () => read(id),
    ({ state }) => state !== 'queued' && state !== 'running',
    60,
  );

it('runs in a process of its own, and gives figures and a report; live is only read', async () => {
  const body = { from: day(-20), to: day(0) };
  const asked = await rest.ask('POST', AT, body, { 'idempotency-key': 'one' });
  expect([asked.status, asked.body]).toMatchObject([202, { state: 'queued', askedBy: 'api:rest' }]);
  expect((await rest.ask('POST', AT, body, { 'idempotency-key': 'one' })).body.id).toBe(
    asked.body.id,
  );
  const done = await over(asked.body.id as number);
  expect(done).toMatchObject({ state: 'finished', error: null, result: { entered: 3 } });
  expect(done.result.days).toHaveLength(20);
  const report = await fetch(`${rest.url}/api/v1/backtests/${done.id}/report`, {
    headers: { authorization: `Bearer ${await rest.newKey('read')}` },
  });
  expect(report.headers.get('content-security-policy')).toContain('sandbox');
  expect(await report.text()).toContain('Backtest of hello');
  expect((await rest.ask('GET', AT)).body.items).toEqual([done]);
  const { rows } = await db.pool.query(
    `select (select count(*) from enrolments) as enrolments, (select count(*) from messages) as messages,
       (select count(*) from pg_namespace where nspname like 'simulation_%') as schemas`,
  );
  expect(rows).toEqual([{ enrolments: 0, messages: 0, schemas: 0 }]);
}, 90_000);

it.each([
  ['hello', { from: '2026-05-02', to: '2026-05-01' }, 422, 'from must lie before to'],
  ['hello', { from: 'yesterday', to: '2026-05-01' }, 422, 'is not a time'],
  ['hello', { from: '1990-01-01', to: '2026-05-01' }, 422, 'more than ten years'],
  ['hello', { from: '2090-01-01', to: '2090-05-01' }, 422, 'lies ahead'],
  ['nowhere', { from: '2026-01-01', to: '2026-05-01' }, 404, 'no such campaign'],
  ['hello', { from: '2026-01-01' }, 422, 'to'],
])('refuses for %s %j with %i', async (campaign, body, status, detail) => {
  const refused = await rest.ask('POST', `/api/v1/campaigns/${campaign}/backtests`, body);
  expect([refused.status, refused.body.detail]).toEqual([status, expect.stringContaining(detail)]);
});

describe('without the service', () => {
  let own: TestDatabase;
  beforeEach(async () => {
    own = await testDatabase();
    await applyFiles(own);
  });
  afterEach(() => own.close());

  const queue = async () =>
    (await queueBacktest(own.pool, {
      campaign: 'hello',
      fromText: '2026-01-01',
      toText: '2026-03-01',
      from: Date.UTC(2026, 0, 1),
      to: Date.UTC(2026, 2, 1),
      askedBy: 'test',
      askedAt: 0,
    }))!;
  const run = (id: number, longestMs?: number) =>
    runStoredBacktest(workspacesOf(own), id, {
      clock: new DatabaseClock(),
      ...(longestMs === undefined ? {} : { longestMs }),
    });
  const state = async (id: number) =>
    (await own.pool.query('select state, error from backtests where id = $1', [id])).rows[0];

  it('one runs at a time; what a lost process left is failed by the next; five may wait', async () => {
    const [lost, next] = [await queue(), await queue()];
    await own.pool.query(`update backtests set state = 'running' where id = $1`, [lost.id]);
    const other = await own.pool.connect();
    expect(await takeTurn(other)).toBe(true);
    expect(await run(next.id)).toBe(false);
    expect(await state(next.id)).toMatchObject({ state: 'queued' });
    other.release(true);
    await eventually(
      () => run(next.id),
      (ran) => ran,
    );
    expect(await state(lost.id)).toEqual({
      state: 'failed',
      error: 'the process that ran it is gone',
    });
    expect(await state(next.id)).toEqual({ state: 'finished', error: null });
    for (let n = 0; n < 5; n++) await queue();
    expect(await queue()).toBeNull();
  }, 60_000);

  it('ends with whoever began it', async () => {
    const { id } = await queue();
    const parent = new AbortController();
    parent.abort();
    await runStoredBacktest(workspacesOf(own), id, {
      clock: new DatabaseClock(),
      signal: parent.signal,
    });
    expect(await state(id)).toEqual({ state: 'failed', error: 'the server was stopped meanwhile' });
  });

  it('ends when its time is over, and says so; one that was cancelled does not begin', async () => {
    const [long, cancelled] = [await queue(), await queue()];
    expect(await run(long.id, 0)).toBe(true);
    expect(await state(long.id)).toMatchObject({
      state: 'failed',
      error: expect.stringContaining('ask for a shorter time'),
    });
    await own.pool.query(`update backtests set state = 'cancelled' where id = $1`, [cancelled.id]);
    expect(await run(cancelled.id)).toBe(false);
    const { rows } = await own.pool.query(
      `select nspname from pg_namespace where nspname like 'simulation_%'`,
    );
    expect(rows).toEqual([]);
  }, 60_000);
});

it('the campaign page asks for one, shows it, cancels it and leads to the report', async () => {
  const password = await hashPassword(PASSWORD, { N: 1024, r: 8, p: 1 });
  for (const role of ['viewer', 'author'] as const)
    await addPerson(db.pool, { name: `a-${role}`, password, role, now: 0 });
  const as = async (role: string): Promise<Browser> => {
    const browser = new Browser(rest.url);
    await browser.post('/console/login', { name: `a-${role}`, password: PASSWORD });
    await browser.get('/console');
    return browser;
  };
  const author = await as('author');
  const page = await author.get('/console/campaigns/hello');
  const [, id] = /\/console\/backtests\/(\d+)\/report/.exec(page.text)!;
  expect(page.text).toContain('3 would enter, 3 mails, 0 converted');
  const again = '<noscript><meta http-equiv="refresh" content="5"/></noscript>';
  expect(page.text).not.toContain('refresh');
  // While one waits or runs the page loads itself again, script or not.
  await db.pool.query(`update backtests set state = 'running' where id = $1`, [id]);
  expect((await author.get('/console/campaigns/hello')).text).toContain(again);
  await db.pool.query(`update backtests set state = 'finished' where id = $1`, [id]);
  const report = await author.get(`/console/backtests/${id}/report`);
  expect(report.headers.get('content-security-policy')).toContain("default-src 'none'");
  const form = { campaign: 'hello', from: day(-5), to: day(0) };
  const asked = await author.post('/console/backtests', form);
  expect(asked.headers.get('location')).toBe('/console/campaigns/hello?done=backtest');
  const [{ id: last }] = (await rest.ask('GET', AT)).body.items as [{ id: number }];
  await author.post(`/console/backtests/${last}/cancel`, {});
  expect(await over(last)).toMatchObject({ state: expect.stringMatching(/cancelled|finished/) });
  expect((await author.post(`/console/backtests/${last}/cancel`, {})).status).toBe(409);
  const viewer = await as('viewer');
  expect((await viewer.post('/console/backtests', form)).status).toBe(403);
  expect((await viewer.get('/console/campaigns/hello')).text).not.toContain('Run it');
  expect((await author.get('/console/backtests/999/report')).status).toBe(404);
}, 90_000);
