/** Over REST a field that is null is one that is not said, and a time that cannot be read is refused, wherever one may stand. */
import { seedInState } from '../delivery/in-state.js';
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
  await db.pool.query(
    `insert into profiles (id, shard, traits, created_at) values (900, 0, '{"email": "con@example.com"}', now())`,
  );
  await db.pool.query(
    `insert into profile_keys (kind, value, profile_id) values ('user', 'con', 900)`,
  );
});
afterAll(async () => {
  await rest.stop();
  await db.close();
});

const ask = (method: string, path: string, body?: unknown): Promise<Answer> =>
  rest.ask(method, `/api/v1/${path}`, body);

test('a filter of nulls finds nobody to send anything to', async () => {
  await seedInState(db.pool, workspace, { state: 'sent', count: 3 });
  for (const filter of [{ state: null }, { ids: null }, { reason: null, state: null }]) {
    const { status, body } = await ask('POST', 'messages/resend', {
      filter,
      expected: 3,
      why: 'x',
    });
    expect([status, body.detail]).toEqual([422, expect.stringContaining('not everybody')]);
  }
});

test('a pause with until null is one without an end', async () => {
  const { status, body } = await ask('PUT', 'profiles/con/pause', { why: 'asked', until: null });
  expect(status).toBe(200);
  expect(Date.parse(body.until)).toBeGreaterThan(Date.now());
});

test('what must be said is not null', async () => {
  const { status, body } = await ask('PUT', 'profiles/con/pause', { why: null });
  expect([status, body.detail]).toEqual([422, expect.stringContaining('why')]);
});

test.each(['2026-W40-7', '2026-300', '20261001T050000Z', '2026-10', '2026', '2026-02-30', 'soon'])(
  '%s is no time',
  async (text) => {
    const answers = await Promise.all([
      ask('PUT', 'profiles/con/pause', { why: 'x', until: text }),
      ask('PUT', 'profiles/con/topics', {
        topics: [{ topic: 'offers', subscribed: true }],
        source: 'form',
        at: text,
      }),
      ask('PUT', 'pauses', { scope: 'all', why: 'x', until: text }),
      ask('GET', `messages?from=${text}`),
      ask('GET', `rejects?since=${text}`),
    ]);
    for (const { status, body } of answers)
      expect([status, JSON.stringify(body)]).toEqual([
        422,
        expect.stringContaining('must be a time such as 2026-05-01T10:00:00Z'),
      ]);
  },
);
