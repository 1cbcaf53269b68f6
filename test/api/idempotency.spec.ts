/** Idempotency-Key on POSTs, and the record of who changed what. */
import { listActions } from '../../src/core/audit.js';
import { testDatabase, type TestDatabase } from '../support/database.js';
import { startRest, type Answer, type RestServer } from './rest-server.js';
import { applyFiles } from './world.js';

let db: TestDatabase;
let rest: RestServer;
beforeAll(async () => {
  db = await testDatabase();
  await applyFiles(db);
  rest = await startRest(db, 'api,engine');
});
afterAll(async () => {
  await rest.stop();
  await db.close();
});

const suppress = (address: string, key: string, as: Record<string, string> = {}): Promise<Answer> =>
  rest.ask('POST', '/api/v1/suppressions', { address }, { 'idempotency-key': key, ...as });

describe('Idempotency-Key', () => {
  test('the same request gets the same answer, and does nothing again', async () => {
    const first = await suppress('a@x.example', 'one');
    expect([first.status, first.headers.get('idempotent-replayed')]).toEqual([201, null]);
    await rest.ask('DELETE', '/api/v1/suppressions/a@x.example');
    const again = await suppress('a@x.example', 'one');
    expect([again.status, again.body]).toEqual([201, first.body]);
    expect(again.headers.get('idempotent-replayed')).toBe('true');
    expect((await rest.ask('GET', '/api/v1/suppressions')).body.items).toEqual([]);
  });

  test('another request with this key is 422, another client with it is somebody else', async () => {
    await suppress('b@x.example', 'two');
    expect((await suppress('c@x.example', 'two')).status).toBe(422);
    const elsewhere = await rest.ask(
      'POST',
      '/api/v1/campaigns/hello/drain',
      { why: 'x' },
      { 'idempotency-key': 'two' },
    );
    expect(elsewhere.status).toBe(422);
    const made = await rest.ask('POST', '/api/v1/keys', { name: 'other', scopes: ['manage'] });
    const other = await suppress('c@x.example', 'two', {
      authorization: `Bearer ${made.body.key}`,
    });
    expect(other.status).toBe(201);
  });

  test('what failed is done anew', async () => {
    expect((await suppress('nobody', 'three')).status).toBe(422);
    expect((await suppress('nobody', 'three')).status).toBe(422);
    const path = '/api/v1/campaigns/hello/resume';
    const headers = { 'idempotency-key': 'four' };
    expect((await rest.ask('POST', path, undefined, headers)).status).toBe(409);
    await rest.ask('POST', '/api/v1/campaigns/hello/drain', { why: 'x' });
    expect((await rest.ask('POST', path, undefined, headers)).status).toBe(200);
  });

  test('of many at once one is done; nobody hears of two', async () => {
    const answers = await Promise.all(
      Array.from({ length: 8 }, () =>
        rest.ask(
          'POST',
          '/api/v1/profiles/ann/events',
          { name: 'clicked' },
          { 'idempotency-key': 'five' },
        ),
      ),
    );
    // Those that met the first one under way are told to come again.
    const statuses = answers.map(({ status }) => status);
    expect(statuses).toContain(201);
    expect(statuses.filter((status) => status !== 201 && status !== 409)).toEqual([]);
    const { body } = await rest.ask('GET', '/api/v1/profiles/ann/events');
    expect(body.items).toHaveLength(1);
  });

  test('an event holds the key itself: a process that died before its answer was kept stores nothing twice', async () => {
    const ask = () =>
      rest.ask(
        'POST',
        '/api/v1/profiles/bob/events',
        { name: 'bought' },
        { 'idempotency-key': 'six' },
      );
    const first = await ask();
    await db.pool.query(`delete from api_answers where idempotency_key = 'six'`);
    const again = await ask();
    expect([again.status, again.body]).toEqual([200, first.body]);
  });

  test('a claim whose owner died is taken over after a minute', async () => {
    await suppress('d@x.example', 'seven');
    const claimed = (minutes: number) =>
      db.pool.query(
        `update api_answers set status = null, asked_at = now() - make_interval(mins => $1) where idempotency_key = 'seven'`,
        [minutes],
      );
    await claimed(0);
    expect((await suppress('d@x.example', 'seven')).status).toBe(409);
    await claimed(2);
    expect((await suppress('d@x.example', 'seven')).status).toBe(200);
  });

  test('the secret of a key is kept nowhere', async () => {
    const asked = { name: 'x', scopes: ['read'] };
    const { status } = await rest.ask('POST', '/api/v1/keys', asked, {
      'idempotency-key': 'eight',
    });
    expect(status).toBe(422);
  });

  test.each(['', 'x'.repeat(256)])('the key %j is 422', async (key) => {
    expect((await suppress('e@x.example', key)).status).toBe(422);
  });
});

test('who changed what is recorded, with the key as actor', async () => {
  await rest.ask('PUT', '/api/v1/pauses', { scope: 'all', why: 'moving' });
  await rest.ask('DELETE', '/api/v1/pauses?scope=all');
  await rest.ask('PUT', '/api/v1/profiles/carl', {});
  await rest.ask('PUT', '/api/v1/profiles/carl/topics', {
    topics: [{ topic: 'offers', subscribed: true }],
    source: 'form',
  });
  await rest.ask('POST', '/api/v1/campaigns/hello/pause', { why: 'look' });
  await rest.ask('POST', '/api/v1/campaigns/hello/resume');
  await rest.ask('DELETE', '/api/v1/profiles/carl');
  const actions = await listActions(db.pool, { before: null, subject: null, limit: 7 });
  expect(actions.every(({ actor }) => actor === 'api:rest')).toBe(true);
  expect(actions.map(({ action }) => action).toReversed()).toEqual([
    'suppression.add',
    'pause.set',
    'pause.lift',
    'profile.topics',
    'campaign.pause',
    'campaign.resume',
    'profile.erase',
  ]);
  expect(actions.find(({ action }) => action === 'pause.set')).toMatchObject({
    subject: 'pause/all',
    detail: { why: 'moving' },
  });
});
