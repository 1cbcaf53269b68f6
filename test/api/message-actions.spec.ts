/** Acting on messages over REST: one, all that a filter finds, a copy for oneself; every answer fits the OpenAPI document. */
import { listActions } from '../../src/core/audit.js';
import { deliverToDevMailbox, seedInState } from '../delivery/in-state.js';
import { seedDefinitions, type Workspace } from '../delivery/pending-messages.js';
import { testDatabase, type TestDatabase } from '../support/database.js';
import { startRest, type Answer, type RestServer } from './rest-server.js';

let db: TestDatabase;
let rest: RestServer;
let workspace: Workspace;
beforeAll(async () => {
  db = await testDatabase({ max: 10 });
  workspace = await seedDefinitions(db.pool);
  rest = await startRest(db);
});
afterAll(async () => {
  await rest.stop();
  await db.close();
});

const post = (path: string, body?: unknown, headers?: Record<string, string>): Promise<Answer> =>
  rest.ask('POST', `/api/v1/messages/${path}`, body, headers);
const read = async (id: number) => (await rest.ask('GET', `/api/v1/messages/${id}`)).body;

const seed = (state = 'pending', count = 1) => seedInState(db.pool, workspace, { state, count });
const deliver = () => deliverToDevMailbox(db.pool);

test.each([
  ['cancel', undefined, 'pending', { state: 'skipped', reason: 'cancelled' }],
  ['retry', undefined, 'failed', { state: 'pending', reason: null }],
  ['settle', { arrived: true }, 'ambiguous', { state: 'sent', reason: null }],
  ['settle', { arrived: false }, 'ambiguous', { state: 'pending' }],
])('%s %j: a message that is %s, once', async (action, body, state, expected) => {
  const { ids } = await seed(state);
  const { status, body: done } = await post(`${ids[0]}/${action}`, body);
  expect([status, done]).toEqual([200, expect.objectContaining({ id: ids[0], ...expected })]);
  const again = await post(`${ids[0]}/${action}`, body);
  expect(again.status).toBe(409);
  expect(again.body).toMatchObject({ state: expected.state });
  expect((await read(ids[0]!)).byHand).toEqual([expect.objectContaining({ by: 'api:rest' })]);
  const actions = await listActions(db.pool, {
    before: null,
    subject: `message/${ids[0]}`,
    limit: 9,
  });
  expect(actions).toHaveLength(1);
});

test('send-now makes due what waits, and says so when it is due already', async () => {
  const { ids } = await seed();
  expect((await post(`${ids[0]}/send-now`)).status).toBe(409);
  await db.pool.query(`update messages set due_at = '2100-01-01', attempts = 1 where id = $1`, [
    ids[0],
  ]);
  expect((await read(ids[0]!)).next).toMatchObject({
    what: 'retry',
    at: '2100-01-01T00:00:00.000Z',
  });
  expect((await post(`${ids[0]}/send-now`)).body).toMatchObject({ state: 'pending' });
  await deliver();
  expect(await read(ids[0]!)).toMatchObject({ state: 'sent', next: null });
});

test('resend makes a new message, once, with a reason; the detail links both', async () => {
  const { ids } = await seed();
  await deliver();
  expect((await post(`${ids[0]}/resend`, { why: '' })).status).toBe(422);
  expect((await post(`${ids[0]}/resend`)).status).toBe(422);
  const { status, body: again } = await post(`${ids[0]}/resend`, { why: 'they lost it' });
  expect([status, again.state]).toEqual([201, 'pending']);
  expect(await read(ids[0]!)).toMatchObject({ againOf: null, againAs: again.id, state: 'sent' });
  expect(await read(again.id as number)).toMatchObject({
    againOf: ids[0],
    byHand: [{ did: 'resend', by: 'api:rest', why: 'they lost it' }],
  });
  const twice = await post(`${ids[0]}/resend`, { why: 'once more' });
  expect([twice.status, twice.body.as]).toEqual([409, again.id]);
  await post(`${again.id}/cancel`);
});

test('the same Idempotency-Key resends once and gets the same answer', async () => {
  const { ids } = await seed('failed');
  const headers = { 'idempotency-key': `resend-${ids[0]}` };
  const first = await post(`${ids[0]}/resend`, { why: 'x' }, headers);
  const second = await post(`${ids[0]}/resend`, { why: 'x' }, headers);
  expect([second.status, second.body]).toEqual([201, first.body]);
  expect(second.headers.get('idempotent-replayed')).toBe('true');
});

test('copies and tests of an address are limited together', async () => {
  const {
    ids: [id],
  } = await seed();
  await db.pool.query(
    `insert into message_copies (message_id, address, asked_by, asked_at)
     select 1, 'Full@acme.example', 'x', clock_timestamp() - n * interval '1 minute' from generate_series(1, 20) n`,
  );
  const { status, body, headers } = await post(`${id}/copy`, { address: 'full@acme.example' });
  expect([status, body.detail]).toEqual([
    429,
    expect.stringContaining('this address has been sent'),
  ]);
  // The oldest of the twenty is twenty minutes old.
  expect(Math.round(Number(headers.get('retry-after')) / 60)).toBe(40);
  await db.pool.query(`delete from message_copies where address = 'Full@acme.example'`);
});

test('copy asks for a copy, which the detail shows', async () => {
  const { ids } = await seed();
  expect((await post(`${ids[0]}/copy`, { address: 'a@b.example, c@d.example' })).status).toBe(422);
  await rest.ask('POST', '/api/v1/suppressions', { address: 'gone@acme.example' });
  expect((await post(`${ids[0]}/copy`, { address: 'Gone@acme.example' })).status).toBe(409);
  const { status, body } = await post(`${ids[0]}/copy`, { address: 'olga@acme.example' });
  expect([status, body]).toEqual([202, expect.objectContaining({ state: 'waiting' })]);
  expect((await read(ids[0]!)).copies).toEqual([body]);
});

test('a whole filter at once, if it finds as many as expected', async () => {
  const { ids, campaign } = await seed('failed', 3);
  const other = await seed('sent');
  const filter = { campaign };
  const wrong = await post('retry', { filter, expected: 2 });
  expect([wrong.status, wrong.body.found]).toEqual([409, 3]);
  expect((await post('retry', { filter, expected: 3 })).body).toEqual({ changed: 3 });
  expect((await post('retry', { filter: { campaign: other.campaign }, expected: 0 })).body).toEqual(
    {
      changed: 0,
    },
  );
  expect(
    (await post('cancel', { filter: { ...filter, state: ['pending'] }, expected: 3 })).body,
  ).toEqual({
    changed: 3,
  });
  for (const id of ids) expect(await read(id)).toMatchObject({ reason: 'cancelled' });
  const held = await seed('ambiguous', 2);
  const settled = await post('settle', {
    filter: { campaign: held.campaign, problems: true },
    expected: 2,
    arrived: true,
  });
  expect(settled.body).toEqual({ changed: 2 });
});

test('a retry to a suppressed address is refused with what to do, and nothing is done', async () => {
  const { ids } = await seed('failed');
  await db.pool.query(
    `insert into suppressions select lower(address), 'manual', '', 'test', now() from messages where id = $1`,
    [ids[0]],
  );
  const refused = await post(`${ids[0]}/retry`);
  expect([refused.status, refused.body.detail]).toEqual([
    409,
    expect.stringContaining('lift that first'),
  ]);
  expect(await read(ids[0]!)).toMatchObject({ state: 'failed' });
  await db.pool.query('delete from suppressions');
  expect((await post(`${ids[0]}/retry`)).status).toBe(200);
});

test('messages named by their ids at once, and nothing else', async () => {
  const { ids } = await seed('ambiguous', 3);
  const named = ids.slice(0, 2);
  const settled = await post('settle', { filter: { ids: named }, expected: 2, arrived: true });
  expect(settled.body).toEqual({ changed: 2 });
  const { body } = await rest.ask('GET', `/api/v1/messages?ids=${ids.join(',')}`);
  expect(body.items.map(({ id, state }: { id: number; state: string }) => [id, state])).toEqual(
    ids.toReversed().map((id) => [id, named.includes(id) ? 'sent' : 'ambiguous']),
  );
  for (const { id, mailId } of body.items)
    expect((await rest.ask('GET', `/api/v1/messages?mailId=${mailId}`)).body.items[0].id).toBe(id);
  for (const bad of ['x', '0', '1.5', '1,,2'])
    expect((await rest.ask('GET', `/api/v1/messages?ids=${bad}`)).status).toBe(422);
});

test('what nobody knows the fate of and goes out once more is found', async () => {
  const { ids, campaign } = await seed('ambiguous', 2);
  await post(`${ids[0]}/settle`, { arrived: false });
  const query = `campaign=${campaign}&sentAgain=true`;
  const { body } = await rest.ask('GET', `/api/v1/messages?${query}`);
  expect(body.items.map(({ id }: { id: number }) => id)).toEqual([ids[0]]);
  expect((await rest.ask('GET', `/api/v1/messages/counts?${query}`)).body.counts).toEqual([
    { state: 'pending', reason: 'worker_lost', n: 1 },
  ]);
});

test('all that could not be rendered are repeated at once, each once, with the reason', async () => {
  const { ids, campaign } = await seed('skipped', 3);
  await db.pool.query(`update messages set reason = 'failed_render' where id = any($1)`, [ids]);
  const other = await seed('skipped');
  await db.pool.query(`update messages set reason = 'held_out' where id = any($1)`, [other.ids]);
  const ask = (filter: object, expected: number) =>
    post('resend', { filter, expected, why: 'the template is mended' });
  expect((await ask({ campaign }, 3)).status).toBe(422);
  const filter = { campaign, reason: 'failed_render' };
  expect((await ask(filter, 2)).body).toMatchObject({ found: 3 });
  expect((await ask(filter, 3)).body).toEqual({ changed: 3, left: 0 });
  for (const id of ids) {
    const { againAs } = await read(id);
    expect(await read(againAs)).toMatchObject({
      state: 'pending',
      againOf: id,
      byHand: [{ did: 'resend', why: 'the template is mended' }],
    });
  }
  // Nobody is sent it a third time, and whoever is held out gets nothing by hand.
  expect((await ask(filter, 0)).body).toEqual({ changed: 0, left: 0 });
  expect((await ask({ ids: other.ids }, 0)).body).toEqual({ changed: 0, left: 0 });
});

test.each([
  [{}],
  [{ filter: {}, expected: -1 }],
  [{ filter: {}, expected: 1.5 }],
  [{ filter: [], expected: 1 }],
  [{ filter: { states: ['failed'] }, expected: 1 }],
  [{ filter: { state: ['gone'] }, expected: 1 }],
  [{ filter: { version: 1 }, expected: 1 }],
  [{ filter: { campaign: '\u0000' }, expected: 1 }],
  [{ filter: {}, expected: 1, limit: 5 }],
])('many with %j is refused, and nothing is done', async (body) => {
  const { ids } = await seed('failed');
  expect((await post('retry', body)).status).toBe(422);
  expect(await read(ids[0]!)).toMatchObject({ state: 'failed' });
});

test('the name of a profile that does not exist finds nothing, rather than everything', async () => {
  const { ids } = await seed('failed');
  const { status, body } = await post('retry', { filter: { profile: 'nobody' }, expected: 1 });
  expect([status, body.found]).toEqual([409, 0]);
  expect(await read(ids[0]!)).toMatchObject({ state: 'failed' });
});

test.each(['cancel', 'retry', 'send-now', 'resend', 'copy', 'settle'])(
  '%s takes a key that may manage, and a message that there is',
  async (action) => {
    const bodies: Record<string, unknown> = {
      resend: { why: 'x' },
      copy: { address: 'olga@acme.example' },
      settle: { arrived: true },
    };
    const { ids } = await seed();
    const reader = { authorization: `Bearer ${await rest.newKey('read')}` };
    expect((await post(`${ids[0]}/${action}`, bodies[action], reader)).status).toBe(403);
    for (const id of ['999999999', '9'.repeat(30), '0'])
      expect([400, 404]).toContain((await post(`${id}/${action}`, bodies[action])).status);
  },
);

test('the detail says why, what the gates saw, and what comes next', async () => {
  const { ids, campaign } = await seed();
  const before = await read(ids[0]!);
  expect(before).toMatchObject({ because: { kind: 'api', name: null }, gates: { handover: [] } });
  expect(before.next.what).toMatch(/mailer$/);
  await db.pool.query(
    `insert into pauses values ('campaign', $1, '2026-01-01', 'infinity', 'olga', 'wrong price')`,
    [campaign],
  );
  expect((await read(ids[0]!)).next).toMatchObject({
    what: 'pause',
    pauses: [{ scope: 'campaign', setBy: 'olga', why: 'wrong price', until: null }],
  });
  await db.pool.query('delete from pauses');
  await deliver();
  expect((await read(ids[0]!)).gates.handover).toEqual([
    { gate: 'exit', saw: 'active', passed: true },
    { gate: 'address', saw: 'one', passed: true },
    { gate: 'suppression', saw: 'none', passed: true },
    { gate: 'topic', saw: 'by_default', passed: true },
    { gate: 'pause', saw: 'none', passed: true },
  ]);
});

test('the mail can be looked at before it is sent, with the place of every variable', async () => {
  const { ids } = await seed();
  const { body: preview } = await rest.ask('GET', `/api/v1/messages/${ids[0]}/mail`);
  expect(preview).toMatchObject({
    subject: 'We miss you, Jo',
    asSent: false,
    variables: [{ variable: 'profile.first_name', value: 'Jo', from: 'profile' }],
  });
  await db.pool.query(`update profiles set traits = traits - 'first_name'`);
  await deliver();
  const { body: sent } = await rest.ask('GET', `/api/v1/messages/${ids[0]}/mail`);
  expect(sent).toMatchObject({
    subject: 'We miss you, there',
    asSent: true,
    variables: [{ variable: 'profile.first_name', value: 'there', from: 'default' }],
  });
});

test('a message is found by its number and by its Message-ID, however it is written', async () => {
  const { ids } = await seed('sent');
  const { mailId } = await read(ids[0]!);
  for (const query of [
    `id=${ids[0]}`,
    `mailId=${mailId}`,
    `mailId=${encodeURIComponent(`<${mailId}@mail.acme.example>`)}`,
    `id=${ids[0]}&state=sent&from=2025-12-31&until=2026-01-02`,
  ]) {
    const { body } = await rest.ask('GET', `/api/v1/messages?${query}`);
    expect(body.items.map((item: { id: number }) => item.id)).toEqual(ids);
    const counts = await rest.ask('GET', `/api/v1/messages/counts?${query}`);
    expect(counts.body.counts).toEqual([{ state: 'sent', reason: null, n: 1 }]);
  }
  for (const query of [`id=${ids[0]}&state=failed`, 'mailId=none', 'id=999999999'])
    expect((await rest.ask('GET', `/api/v1/messages?${query}`)).body.items).toEqual([]);
  for (const query of ['id=x', 'id=0', 'id=1.5', `mailId=${'x'.repeat(321)}`])
    expect((await rest.ask('GET', `/api/v1/messages?${query}`)).status).toBe(422);
});
