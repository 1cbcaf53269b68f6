/** The send log over REST: its filters, its counts, one message with its mail, and waiting for the first one. */
import { DatabaseClock } from '../../src/core/clock.js';
import { Mailer } from '../../src/delivery/mailer.js';
import { seedDefinitions, seedPending, type Workspace } from '../delivery/pending-messages.js';
import { testDatabase, type TestDatabase } from '../support/database.js';
import { startRest, type RestServer } from './rest-server.js';

let db: TestDatabase;
let rest: RestServer;
let workspace: Workspace;
let mailer: Mailer;
beforeAll(async () => {
  db = await testDatabase({ max: 10 });
  workspace = await seedDefinitions(db.pool);
  rest = await startRest(db);
  mailer = new Mailer({
    connections: db.pool,
    clock: new DatabaseClock(),
    server: null,
    publicUrl: 'http://127.0.0.1:3000',
  });
  await mailer.start();
});
afterAll(async () => {
  await mailer.stop();
  await rest.stop();
  await db.close();
});

const ids = (body: { items: { id: number }[] }): number[] => body.items.map(({ id }) => id);

test('filters, pages and counts agree', async () => {
  const sent = await seedPending(db.pool, workspace, {
    count: 5,
    campaign: 'win-back',
    domain: 'a.example',
  });
  await mailer.idle();
  await db.pool.query(
    `insert into pauses values ('campaign', 'held', '2026-01-01', 'infinity', 'test', 'test')`,
  );
  const held = await seedPending(db.pool, workspace, { count: 2, campaign: 'held' });
  const { body: all } = await rest.ask('GET', '/api/v1/messages');
  expect(ids(all)).toEqual([...sent, ...held].toReversed());
  const { body: first } = await rest.ask('GET', '/api/v1/messages?state=sent,failed&limit=3');
  const { body: second } = await rest.ask(
    'GET',
    `/api/v1/messages?state=sent,failed&limit=3&cursor=${first.next}`,
  );
  expect([...ids(first), ...ids(second)]).toEqual(sent.toReversed());
  expect(second.next).toBeNull();
  expect(ids((await rest.ask('GET', '/api/v1/messages?campaign=held')).body)).toHaveLength(2);
  expect(ids((await rest.ask('GET', '/api/v1/messages?domain=A.EXAMPLE')).body)).toHaveLength(5);
  expect(
    ids(
      (await rest.ask('GET', '/api/v1/messages?campaign=win-back&version=1&until=2020-01-01')).body,
    ),
  ).toEqual([]);
  expect(ids((await rest.ask('GET', '/api/v1/messages?campaign=win-back&version=7')).body)).toEqual(
    [],
  );
  const { body: counts } = await rest.ask('GET', '/api/v1/messages/counts');
  expect(counts).toEqual({
    counts: [
      { state: 'pending', reason: null, n: 2 },
      { state: 'sent', reason: null, n: 5 },
    ],
    approximate: false,
  });
});

test('one message says why, what was tried, and shows its mail', async () => {
  const [id] = await seedPending(db.pool, workspace, {
    count: 1,
    campaign: 'win-back',
    traits: { first_name: '<img src=x onerror=alert(1)>' },
  });
  await mailer.idle();
  const { body } = await rest.ask('GET', `/api/v1/messages/${id}`);
  expect(body).toMatchObject({ id, state: 'sent', provider: 'dev', version: 1, attempts: 1 });
  expect(body.variables).toEqual({ 'profile.first_name': '<img src=x onerror=alert(1)>' });
  expect(body.attemptList).toEqual([
    expect.objectContaining({ epoch: 1, outcome: 'sent', worker: mailer.worker.id }),
  ]);
  const { body: mail } = await rest.ask('GET', `/api/v1/messages/${id}/mail`);
  const { rows } = await db.pool.query<{ source: Buffer }>(
    'select source from dev_mails where message_id = $1',
    [id],
  );
  expect(mail.html).toContain('Hello &lt;img src');
  expect(mail.html).not.toContain('<img src=x');
  expect(mail.subject).toBe('We miss you, <img src=x onerror=alert(1)>');
  expect(rows[0]!.source.toString()).toContain('We miss you');
});

test('waits for the first message that fits, and no longer than asked', async () => {
  const [id] = await seedPending(db.pool, workspace, { count: 1, campaign: 'win-back' });
  const { rows } = await db.pool.query<{ profile_id: number }>(
    'select profile_id from messages where id = $1',
    [id],
  );
  await db.pool.query(`insert into profile_keys values ('user', 'waited-for', $1)`, [
    rows[0]!.profile_id,
  ]);
  const waiting = rest.ask('GET', '/api/v1/messages?profile=waited-for&state=sent&wait=20s');
  await mailer.idle();
  expect(ids((await waiting).body)).toEqual([id]);
  const none = await rest.ask('GET', '/api/v1/messages?profile=nobody&wait=1s');
  expect(none.body).toEqual({ items: [], next: null });
});

test.each([
  ['state=sent,nothing', 422],
  ['state=', 422],
  ['problems=maybe', 422],
  ['version=1', 422],
  ['address=a@b.example,c@d.example', 422],
  ['wait=10m', 422],
  ['from=yesterday', 422],
  ['campaign=..%2F..%2Fetc', 200],
  ["campaign=') or true --", 200],
  ['domain=%2e%2e', 200],
])('GET /api/v1/messages?%s answers %i', async (query, status) => {
  const answer = await rest.ask('GET', `/api/v1/messages?${query}`);
  expect(answer.status).toBe(status);
  if (status === 200) expect(answer.body.items).toEqual([]);
});

test.each(['0', '999999999999', '9'.repeat(30), 'x', '1.5', '-1'])(
  'message %s is none',
  async (id) => {
    for (const path of [id, `${id}/mail`]) {
      const { status } = await rest.ask('GET', `/api/v1/messages/${path}`);
      expect([400, 404]).toContain(status);
    }
  },
);
