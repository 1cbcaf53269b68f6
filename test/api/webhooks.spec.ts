/** Webhooks through the REST API: made, tested, told, put back; secrets shown once; the sample receiver of docs/api.md. */
import { spawn, type ChildProcess } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createServer, type AddressInfo } from 'node:net';
import { once } from 'node:events';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { Webhook } from 'standardwebhooks';
import { listActions } from '../../src/core/audit.js';
import { testDatabase, type TestDatabase } from '../support/database.js';
import { Receiver, status } from '../webhooks/receiver.js';
import { seedDeliveries } from '../webhooks/support.js';
import { startRest, type Answer, type RestServer } from './rest-server.js';
import { applyFiles, eventually, readAll } from './world.js';

const AT = '/api/v1/webhooks';

let db: TestDatabase;
let rest: RestServer;
let receiver: Receiver;
beforeAll(async () => {
  db = await testDatabase();
  await applyFiles(db);
  rest = await startRest(db, 'api,engine,mailer', { REKINDLE_WEBHOOK_ALLOW: '127.0.0.1' });
});
afterAll(async () => {
  await rest.stop();
  await db.close();
});
beforeEach(async () => {
  receiver = await new Receiver().listen();
});
afterEach(async () => {
  await db.pool.query('delete from webhook_endpoints; delete from webhook_events');
  await receiver.close();
});

const create = (more: object = {}): Promise<Answer> =>
  rest.ask('POST', AT, {
    url: receiver.url,
    types: ['message.sent', 'enrolment.entered'],
    ...more,
  });

test('an enrolment to its mail is told, signed by the secret that was shown once', async () => {
  const made = await create();
  expect(made.status).toBe(201);
  expect(made.body).toMatchObject({
    url: receiver.url,
    enabled: true,
    description: '',
    pending: 0,
  });
  const { id, secret } = made.body as { id: number; secret: string };
  expect(secret).toMatch(/^whsec_/);
  await rest.ask('PUT', '/api/v1/profiles/ann', { traits: { email: 'ann@example.com' } });
  const entered = await rest.ask('POST', '/api/v1/campaigns/welcome/enrolments', {
    userId: 'ann',
    entry: { plan: 'pro' },
  });
  await receiver.has(2);
  const events = receiver.events(secret);
  expect(new Set(events.map(({ type }) => type))).toEqual(
    new Set(['enrolment.entered', 'message.sent']),
  );
  const sent = events.find(({ type }) => type === 'message.sent')!;
  expect(sent.data).toMatchObject({
    campaign: 'welcome',
    version: 1,
    step: 'hello',
    enrolmentId: entered.body.enrolment,
    userId: 'ann',
    userIds: ['ann'],
    address: 'ann@example.com',
    provider: 'dev',
  });
  const { items } = await eventually(
    async () => (await rest.ask('GET', `${AT}/${id}/deliveries?state=delivered`)).body,
    (page) => page.items.length === 2,
  );
  const detail = await rest.ask('GET', `${AT}/${id}/deliveries/${items[0].id}`);
  expect(detail.body).toMatchObject({
    attempts: 1,
    status: 204,
    attemptList: [{ attempt: 1, status: 204, error: null }],
  });
  for (const path of [AT, `${AT}/${id}`, `${AT}/${id}/deliveries`])
    expect((await rest.ask('GET', path)).text).not.toContain('whsec_');
  const actions = await listActions(db.pool, { before: null, subject: `webhook/${id}`, limit: 9 });
  expect(actions).toMatchObject([{ action: 'webhook.create', actor: 'api:rest' }]);
  expect(JSON.stringify(actions)).not.toContain('whsec_');
});

test('a test goes out at once, enabled or not, and answers what came back', async () => {
  receiver.answer = status(418, {}, 'short and stout');
  const { id, secret } = (await create()).body;
  await rest.ask('PATCH', `${AT}/${id}`, { enabled: false });
  const { body } = await rest.ask('POST', `${AT}/${id}/test`);
  expect(body).toMatchObject({
    delivered: false,
    status: 418,
    error: 'answered 418',
    response: 'short and stout',
  });
  expect(receiver.events(secret)).toMatchObject([{ type: 'test', data: { endpoint: id } }]);
  expect((await rest.ask('GET', `${AT}/${id}`)).body).toMatchObject({ failingSince: null });
  receiver.answer = status(204);
  expect((await rest.ask('POST', `${AT}/${id}/test`)).body).toMatchObject({ delivered: true });
});

test('what is changed is told, what is not, stays', async () => {
  const { id } = (await create({ description: 'the shop' })).body;
  const changed = await rest.ask('PATCH', `${AT}/${id}`, { types: ['message.failed'] });
  expect(changed.body).toMatchObject({
    url: receiver.url,
    description: 'the shop',
    types: ['message.failed'],
    enabled: true,
  });
  const disabled = await rest.ask('PATCH', `${AT}/${id}`, { enabled: false, description: '' });
  expect(disabled.body).toMatchObject({
    enabled: false,
    disabledBecause: 'by_hand',
    description: '',
  });
  const enabled = await rest.ask('PATCH', `${AT}/${id}`, { enabled: true });
  expect(enabled.body).toMatchObject({ enabled: true, disabledBecause: null, disabledAt: null });
  expect((await rest.ask('PATCH', `${AT}/${id}`, { enabled: true })).status).toBe(200);
  const actions = await listActions(db.pool, { before: null, subject: `webhook/${id}`, limit: 9 });
  expect(actions.map(({ action }) => action)).toEqual(
    ['enable', 'disable', 'change', 'change', 'create'].map((what) => `webhook.${what}`),
  );
});

test('a rotated secret signs beside the old one for a day', async () => {
  const { id, secret: old } = (await create()).body;
  const rotated = (await rest.ask('POST', `${AT}/${id}/rotate`)).body;
  expect(rotated.secret).not.toBe(old);
  expect(Date.parse(rotated.previousSecretUntil) - Date.now()).toBeGreaterThan(86_000_000);
  await rest.ask('POST', `${AT}/${id}/test`);
  for (const secret of [rotated.secret, old]) expect(receiver.events(secret)).toHaveLength(1);
  expect(receiver.received[0]!.headers['webhook-signature']).toMatch(/^v1,\S+ v1,\S+$/);
});

test('what was given up is put back, one by one or all since an instant', async () => {
  const { id } = (await create()).body;
  // Not due before they are put back.
  const early = await seedDeliveries(db.pool, id, 2, '2099-03-01T10:00:00Z');
  const late = await seedDeliveries(db.pool, id, 3, '2099-03-02T10:00:00Z');
  await db.pool.query(
    `update webhook_deliveries set state = 'failed', tries = 10, settled_at = now()`,
  );
  const replayed = await rest.ask('POST', `${AT}/${id}/replay`, { since: '2099-03-02T00:00:00Z' });
  expect(replayed.body).toEqual({ replayed: 3 });
  await receiver.has(3);
  const one = await rest.ask('POST', `${AT}/${id}/deliveries/${early[0]}/retry`);
  expect(one.body).toMatchObject({ id: early[0], state: 'pending' });
  await receiver.has(4);
  const all = await eventually(
    () => readAll<{ id: number; state: string }>(rest, `${AT}/${id}/deliveries?limit=2`),
    (items) => items.filter(({ state }) => state === 'delivered').length === 4,
  );
  expect(all.map((item) => item.id)).toEqual([...early, ...late].toReversed());
  expect(all.at(-1)).toMatchObject({ id: early[0], state: 'delivered' });
  expect((await rest.ask('GET', `${AT}/${id}`)).body).toMatchObject({ failed: 1, pending: 0 });
});

test('deleting ends it, with its log', async () => {
  const { id } = (await create()).body;
  await seedDeliveries(db.pool, id, 2, '2099-01-01T00:00:00Z');
  expect((await rest.ask('DELETE', `${AT}/${id}`)).status).toBe(204);
  expect((await rest.ask('GET', `${AT}/${id}`)).status).toBe(404);
  expect((await rest.ask('DELETE', `${AT}/${id}`)).status).toBe(404);
  const { rows } = await db.pool.query('select count(*)::int as n from webhook_deliveries');
  expect(rows).toEqual([{ n: 0 }]);
});

test.each([
  ['a spelling of a private address', { url: 'https://2130706434/' }, '127.0.0.2 is not a public'],
  ['one beside the allowed', { url: 'http://127.0.0.2/' }, '127.0.0.2 is not a public address'],
  ['a mapped one', { url: 'https://[::ffff:169.254.169.254]/' }, 'is not a public address'],
  ['another scheme', { url: 'ftp://example.com' }, 'begins with https://'],
  ['a password', { url: 'https://me:secret@example.com' }, 'name or password'],
  ['too long', { url: `https://example.com/${'x'.repeat(3000)}` }, 'url must be shorter'],
  ['a number', { url: 7 }, 'url must be'],
  ['no type', { types: [] }, 'types must contain at least 1'],
  ['an unknown type', { types: ['message.opened'] }, 'each value in types must be one of'],
  ['a type twice', { types: ['message.sent', 'message.sent'] }, 'types'],
  ['a secret of theirs', { secret: 'mine' }, 'there is no field secret here'],
  ['NUL', { description: '\u0000' }, 'NUL'],
])('%s is refused with a sentence', async (_, more, sentence) => {
  const { status: code, body } = await create(more);
  expect(code).toBe(422);
  expect(body.detail).toContain(sentence);
});

test('one URL is one endpoint, however often it is asked for; a secret is kept nowhere', async () => {
  const { id } = (await create()).body;
  expect((await create()).status).toBe(409);
  const other = (await create({ url: `${receiver.url}/2` })).body;
  const taken = await rest.ask('PATCH', `${AT}/${other.id}`, { url: receiver.url });
  expect(taken.status).toBe(409);
  expect((await rest.ask('PATCH', `${AT}/${id}`, { url: receiver.url })).status).toBe(200);
  const key = { 'idempotency-key': 'x' };
  expect(
    (await rest.ask('POST', AT, { url: 'https://a.example', types: ['message.sent'] }, key)).status,
  ).toBe(422);
  expect((await rest.ask('POST', `${AT}/${id}/rotate`, undefined, key)).status).toBe(422);
});

test('fifty endpoints are enough', async () => {
  await db.pool.query(
    `insert into webhook_endpoints (url, types, secret, created_at)
     select 'https://example.com/' || n, '{message.sent}', 'whsec_', now() from generate_series(1, 50) n`,
  );
  const { status: code, body } = await create();
  expect([code, body.detail]).toEqual([409, 'there are 50 endpoints already: delete one first']);
});

test('looking takes the scope read, everything else manage', async () => {
  const { id } = (await create()).body;
  const [delivery] = await seedDeliveries(db.pool, id, 1);
  const as = { authorization: `Bearer ${await rest.newKey('read')}` };
  const ask = async (method: string, path: string, body?: object) =>
    (await rest.ask(method, `${AT}${path}`, body, as)).status;
  expect(await ask('GET', `/${id}/deliveries/${delivery}`)).toBe(200);
  expect(await ask('POST', '', { url: 'https://a.example', types: ['message.sent'] })).toBe(403);
  expect(await ask('PATCH', `/${id}`, { enabled: false })).toBe(403);
  expect(await ask('POST', `/${id}/rotate`)).toBe(403);
  expect(await ask('POST', `/${id}/test`)).toBe(403);
  expect(await ask('POST', `/${id}/replay`, { since: '2026-01-01T00:00:00Z' })).toBe(403);
  expect(await ask('POST', `/${id}/deliveries/${delivery}/retry`)).toBe(403);
  expect(await ask('DELETE', `/${id}`)).toBe(403);
  const other = { authorization: `Bearer ${await rest.newKey('ingest')}` };
  expect((await rest.ask('GET', AT, undefined, other)).status).toBe(403);
});

test.each(['0', '999999', '1e3', '12345678901234567890', 'x', '1;drop'])(
  'no endpoint and no delivery is called %s',
  async (id) => {
    const { id: known } = (await create()).body;
    for (const path of [`/${id}`, `/${id}/deliveries`, `/${known}/deliveries/${id}`])
      expect([400, 404]).toContain((await rest.ask('GET', `${AT}${path}`)).status);
    expect([400, 404]).toContain((await rest.ask('POST', `${AT}/${id}/test`)).status);
    expect([400, 404]).toContain(
      (await rest.ask('POST', `${AT}/${known}/deliveries/${id}/retry`)).status,
    );
  },
);

test('an endpoint shows nothing of another one', async () => {
  const { id } = (await create()).body;
  const other = (await create({ url: `${receiver.url}/2`, types: ['enrolment.ended'] })).body;
  const [delivery] = await seedDeliveries(db.pool, id, 1);
  expect((await rest.ask('GET', `${AT}/${other.id}/deliveries/${delivery}`)).status).toBe(404);
  expect((await rest.ask('POST', `${AT}/${other.id}/deliveries/${delivery}/retry`)).status).toBe(
    404,
  );
});

describe('the sample receiver of the docs', () => {
  const page = readFileSync(resolve(__dirname, '../../docs/api.md'), 'utf8');
  const section = page.split('\n## Webhooks\n')[1]!.split('\n## ')[0]!;
  const code = /^```js\n(.*?)^```/ms.exec(section)![1]!;
  let folder: string;
  let child: ChildProcess;
  let port: number;
  const secret = `whsec_${Buffer.alloc(24, 3).toString('base64')}`;

  beforeAll(async () => {
    folder = mkdtempSync(join(tmpdir(), 'rekindle-webhook-sample-'));
    writeFileSync(join(folder, 'receiver.mjs'), code);
    const free = createServer().listen(0, '127.0.0.1');
    await once(free, 'listening');
    ({ port } = free.address() as AddressInfo);
    free.close();
    await once(free, 'close');
  });
  afterAll(() => rmSync(folder, { recursive: true, force: true }));
  afterEach(async () => {
    child.kill();
    await once(child, 'close');
  });

  async function startSample(known: string): Promise<void> {
    child = spawn(process.execPath, ['receiver.mjs'], {
      cwd: folder,
      env: { PATH: process.env['PATH'], PORT: String(port), WEBHOOK_SECRET: known },
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    await eventually(
      () =>
        fetch(`http://127.0.0.1:${port}/`, { method: 'POST' }).then(
          ({ status: s }) => s,
          () => 0,
        ),
      (answered) => answered === 401,
    );
  }

  test('takes what we send', async () => {
    const made = (await create({ url: `http://127.0.0.1:${port}/` })).body;
    await startSample(made.secret);
    const tested = await rest.ask('POST', `${AT}/${made.id}/test`);
    expect(tested.body).toMatchObject({ delivered: true, status: 204 });
    const rotated = await rest.ask('POST', `${AT}/${made.id}/rotate`);
    expect(rotated.status).toBe(200);
    expect((await rest.ask('POST', `${AT}/${made.id}/test`)).body).toMatchObject({ status: 204 });
  });

  test('refuses what is changed, late, or signed by another', async () => {
    await startSample(secret);
    const body = '{"type": "message.sent", "data": {"profileId": 1}}';
    const send = async (key: string, at: Date, sent = body) => {
      const answer = await fetch(`http://127.0.0.1:${port}/`, {
        method: 'POST',
        headers: {
          'webhook-id': 'a',
          'webhook-timestamp': String(Math.floor(at.getTime() / 1000)),
          'webhook-signature': new Webhook(key).sign('a', at, body),
        },
        body: sent,
      });
      return answer.status;
    };
    const now = new Date();
    expect(await send(secret, now)).toBe(204);
    expect(await send(secret, now, body.replace('1', '2'))).toBe(401);
    expect(await send(secret, now, body.replace(' ', ''))).toBe(401);
    expect(await send(secret, new Date(now.getTime() - 360_000))).toBe(401);
    expect(await send(`whsec_${Buffer.alloc(24).toString('base64')}`, now)).toBe(401);
  });
});
