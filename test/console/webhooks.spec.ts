/** Webhooks in the console: who looks, who acts, what is asked first, and where a secret is shown. */
import { Webhook } from 'standardwebhooks';
import { listActions } from '../../src/core/audit.js';
import { listEndpoints, loadEndpoint } from '../../src/webhooks/endpoints.sql.js';
import { testDatabase, type TestDatabase } from '../support/database.js';
import { Receiver, status } from '../webhooks/receiver.js';
import { deliveryRow, seedDeliveries, seedEndpoint } from '../webhooks/support.js';
import { type Browser, startConsole, type ConsoleServer } from './console-server.js';

const AT = '/console/webhooks';

let db: TestDatabase;
let server: ConsoleServer;
let operator: Browser;
let viewer: Browser;
let receiver: Receiver;
beforeAll(async () => {
  db = await testDatabase();
  server = await startConsole(db, { REKINDLE_WEBHOOK_ALLOW: '127.0.0.1' });
  operator = await server.as('operator');
  viewer = await server.as('viewer');
});
afterAll(async () => {
  await server.stop();
  await db.close();
});
beforeEach(async () => {
  receiver = await new Receiver().listen();
});
afterEach(async () => {
  await db.pool.query('delete from webhook_endpoints; delete from webhook_events');
  await receiver.close();
});

const secretIn = (text: string): string | undefined => /whsec_[A-Za-z0-9+/=]+/.exec(text)?.[0];
const lastAction = async () =>
  (await listActions(db.pool, { before: null, subject: null, limit: 1 }))[0];
const giveUp = () =>
  db.pool.query(`update webhook_deliveries set state = 'failed', tries = 10, settled_at = now()`);

test('an empty list says what to do, to those who may', async () => {
  expect((await operator.get(AT)).text).toContain('href="/console/webhooks/new"');
  const seen = (await viewer.get(AT)).text;
  expect(seen).toContain('Nobody is told anything yet');
  expect(seen).not.toContain('/console/webhooks/new');
});

test('an endpoint is made, tested with the secret that is shown once, and found in the list', async () => {
  const made = await operator.post(AT, {
    url: receiver.url,
    types: 'message.sent',
    description: 'the shop',
  });
  expect(made.status).toBe(200);
  const secret = secretIn(made.text)!;
  const [endpoint] = await listEndpoints(db.pool);
  expect(endpoint).toMatchObject({ url: receiver.url, types: ['message.sent'] });
  expect(await lastAction()).toMatchObject({
    action: 'webhook.create',
    actor: 'console:a-operator',
    subject: `webhook/${endpoint!.id}`,
  });
  const at = `${AT}/${endpoint!.id}`;
  receiver.answer = status(500, {}, 'out of <b>order</b>');
  const tested = (await operator.post(`${at}/test`, {})).text;
  expect(tested).toContain('It did not arrive.');
  expect(tested).toContain('answered 500');
  expect(tested).toContain('out of &lt;b>order&lt;/b>');
  receiver.answer = status(204);
  expect((await operator.post(`${at}/test`, {})).text).toContain('It arrived.');
  const { body, headers } = receiver.received[0]!;
  expect(new Webhook(secret).verify(body, headers as Record<string, string>)).toMatchObject({
    type: 'test',
  });
  for (const path of [AT, at, `${at}/edit`, '/console/system/audit'])
    expect(secretIn((await operator.get(path)).text)).toBeUndefined();
});

test('what cannot be saved comes back as it was written, with the reason', async () => {
  const inside = { url: 'https://169.254.169.254/"x', types: 'message.sent', description: 'a "b"' };
  const refused = await operator.post(AT, inside);
  expect(refused.status).toBe(422);
  expect(refused.text).toContain('169.254.169.254 is not a public address');
  expect(refused.text).toContain('value="https://169.254.169.254/&quot;x"');
  expect(refused.text).toContain('value="a &quot;b&quot;"');
  const nothing = await operator.post(AT, { url: 'https://example.com' });
  expect([nothing.status, nothing.text]).toEqual([
    422,
    expect.stringContaining('choose at least one thing to tell'),
  ]);
  await seedEndpoint(db.pool, receiver.url);
  const known = await operator.post(AT, { url: receiver.url, types: 'message.sent' });
  expect(known.status).toBe(409);
  expect((await operator.post(AT, { url: receiver.url, types: 'message.opened' })).status).toBe(
    422,
  );
  expect(await listEndpoints(db.pool)).toHaveLength(1);
});

test('it is changed, given a new secret, disabled, enabled and deleted, each after a look', async () => {
  const id = await seedEndpoint(db.pool, receiver.url);
  await seedDeliveries(db.pool, id, 3, '2099-01-01T00:00:00Z');
  const at = `${AT}/${id}`;
  const edited = await operator.post(at, { url: receiver.url, types: 'enrolment.ended' });
  expect(edited.headers.get('location')).toBe(`${at}?done=webhookSaved`);
  expect((await operator.get(`${at}/edit`)).text).toMatch(/value="enrolment.ended" checked/);
  expect((await operator.get(`${at}/rotate`)).text).toContain(
    'For a day the old one signs as well',
  );
  expect(secretIn((await operator.post(`${at}/rotate`, {})).text)).toBeDefined();
  expect((await operator.get(`${at}/disable`)).text).toContain('Waiting until it is enabled: 3');
  expect((await loadEndpoint(db.pool, id))!.disabledAt).toBeNull();
  await operator.post(`${at}/disable`, {});
  expect((await loadEndpoint(db.pool, id))!.disabledBecause).toBe('by_hand');
  expect((await operator.post(`${at}/disable`, {})).status).toBe(409);
  expect((await operator.get(`${at}/enable`)).text).toContain('what was waiting: 3');
  await operator.post(`${at}/enable`, {});
  expect((await operator.get(`${at}/delete`)).text).toContain('not delivered yet: 3');
  const deleted = await operator.post(`${at}/delete`, {});
  expect(deleted.headers.get('location')).toBe(`${AT}?done=webhookDeleted`);
  expect((await operator.get(at)).status).toBe(404);
  const actions = await listActions(db.pool, { before: null, subject: `webhook/${id}`, limit: 9 });
  expect(actions.map(({ action }) => action)).toEqual(
    ['delete', 'enable', 'disable', 'rotate', 'change'].map((what) => `webhook.${what}`),
  );
});

test('one that was disabled for failing says so everywhere, until somebody knows', async () => {
  const id = await seedEndpoint(db.pool, receiver.url);
  await db.pool.query(
    `update webhook_endpoints set disabled_at = now(), disabled_because = 'gone'`,
  );
  expect((await viewer.get(AT)).text).toContain('it answered 410: gone');
  expect((await viewer.get(`${AT}/${id}`)).text).toContain('Mend the receiver');
  await operator.post(`${AT}/${id}/leave`, {});
  expect((await viewer.get(`${AT}/${id}`)).text).not.toContain('Mend the receiver');
  expect((await loadEndpoint(db.pool, id))!.disabledBecause).toBe('by_hand');
});

test('the log is filtered and paged; what was given up is delivered again, one or all since a day', async () => {
  const id = await seedEndpoint(db.pool, receiver.url);
  const at = `${AT}/${id}`;
  const early = await seedDeliveries(db.pool, id, 60, '2026-03-01T10:00:00Z');
  const late = await seedDeliveries(db.pool, id, 2, '2026-03-05T10:00:00Z');
  await giveUp();
  const [waiting] = await seedDeliveries(db.pool, id, 1, '2099-01-01T00:00:00Z');
  const rows = (text: string) => text.match(/\/deliveries\/\d+"/g) ?? [];
  const first = (await viewer.get(`${at}?state=failed`)).text;
  expect(rows(first)).toHaveLength(50);
  const next = /href="([^"]+cursor=[^"]+)"/.exec(first)![1]!.replaceAll('&amp;', '&');
  expect(rows((await viewer.get(next)).text)).toHaveLength(12);
  expect(rows((await viewer.get(`${at}?state=pending`)).text)).toEqual([`/deliveries/${waiting}"`]);

  const one = (await viewer.get(`${at}/deliveries/${early[0]}`)).text;
  expect(one).toContain('p1@example.com');
  await operator.post(`${at}/deliveries/${early[0]}/retry`, {});
  expect(await deliveryRow(db.pool, early[0]!)).toMatchObject({ state: 'pending', tries: 0 });

  const question = (await operator.get(`${at}/replay?since=2026-03-05`)).text;
  expect(question).toContain('2 deliveries are due again at once');
  expect((await deliveryRow(db.pool, late[0]!)).state).toBe('failed');
  await operator.post(`${at}/replay`, { since: '2026-03-05' });
  for (const delivery of late) expect((await deliveryRow(db.pool, delivery)).state).toBe('pending');
  expect((await deliveryRow(db.pool, early[1]!)).state).toBe('failed');
  expect(await lastAction()).toMatchObject({ action: 'webhook.replay', detail: { replayed: 2 } });
});

test('a viewer sees everything but the buttons, and cannot press them', async () => {
  const id = await seedEndpoint(db.pool, receiver.url);
  const [delivery] = await seedDeliveries(db.pool, id, 1);
  await giveUp();
  const at = `${AT}/${id}`;
  for (const path of [AT, at, `${at}/deliveries/${delivery}`]) {
    const { status: code, text } = await viewer.get(path);
    expect([path, code]).toEqual([path, 200]);
    expect(text).not.toMatch(/method="post" action="\/console\/webhooks/);
    expect(text).not.toContain('data-ask');
  }
  for (const path of ['/new', `/${id}/edit`, `/${id}/delete`, `/${id}/replay?since=2026-01-01`])
    expect((await viewer.get(`${AT}${path}`)).status).toBe(403);
  for (const path of [
    '',
    `/${id}`,
    `/${id}/test`,
    `/${id}/rotate`,
    `/${id}/delete`,
    `/${id}/replay`,
    `/${id}/deliveries/${delivery}/retry`,
  ])
    expect((await viewer.post(`${AT}${path}`, {})).status).toBe(403);
  expect(receiver.received).toEqual([]);
  expect(await loadEndpoint(db.pool, id)).toMatchObject({ failed: 1 });
});

test.each(['0', '1e3', '99999999999999999999', 'x', '%00', '..%2f1'])(
  'no endpoint and no delivery is called %s',
  async (id) => {
    const known = await seedEndpoint(db.pool, receiver.url);
    for (const path of [
      `/${id}`,
      `/${id}/delete`,
      `/${id}/deliveries/1`,
      `/${known}/deliveries/${id}`,
      `/${known}/${id}`,
    ])
      expect([404, 422]).toContain((await operator.get(`${AT}${path}`)).status);
  },
);

test('the overview says when webhooks are late or an endpoint was disabled', async () => {
  const id = await seedEndpoint(db.pool, receiver.url);
  await seedEndpoint(db.pool, `${receiver.url}/2`, ['message.failed']);
  await db.pool.query(
    `update webhook_endpoints set disabled_at = now(), disabled_because = 'failing' where id <> $1`,
    [id],
  );
  await seedDeliveries(db.pool, id, 1);
  await db.pool.query(
    `insert into events (profile_id, name, occurred_at, judged_at, received_at, source, message_id)
     values (1, 'e', now(), now(), now(), 's', 'm')`,
  );
  const { text } = await viewer.get('/console');
  expect(text).toContain('Endpoints of webhooks disabled for failing: 1');
  expect(text).toContain('Webhooks are late: one is due for');
});

test('an endpoint of rekindle.yaml is looked after, not changed; held calls are delivered on request', async () => {
  const id = await seedEndpoint(db.pool, receiver.url);
  const [delivery] = await seedDeliveries(db.pool, id, 1);
  await db.pool.query(
    `update webhook_endpoints set name = 'crm', types = '{}', secret = null, secret_env = 'CRM_SECRET', secret_missing_since = now()`,
  );
  await db.pool.query(
    `update webhook_events set endpoint = 'crm', type = 'campaign.call', enrolment_id = 1, campaign = 'win-back', step = 'tell', iteration = 0`,
  );
  await db.pool.query(`update webhook_deliveries set state = 'held', reason = 'late'`);
  const at = `${AT}/${id}`;
  const list = (await operator.get(AT)).text;
  expect(list).toContain('>crm</a>');
  expect(list).toContain('CRM_SECRET holds no secret');
  const page = (await operator.get(at)).text;
  expect(page).toContain('endpoints.crm of rekindle.yaml');
  expect(page).toContain('win-back/tell');
  expect(page).toContain('late');
  for (const change of ['edit', 'rotate', 'delete']) expect(page).not.toContain(`${at}/${change}`);
  expect((await operator.get(`${at}/delete`)).status).toBe(409);
  expect((await operator.get(`${at}/edit`)).status).toBe(409);
  expect((await operator.post(`${at}/test`, {})).status).toBe(409);
  const before = (await operator.get(`${at}/replay?since=2026-01-01`)).text;
  expect(before).toContain('1 delivery is due again at once');
  await operator.post(`${at}/replay`, { since: '2026-01-01' });
  expect(await deliveryRow(db.pool, delivery!)).toMatchObject({ state: 'pending' });
});
