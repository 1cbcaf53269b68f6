/** Asking for an enrolment over HTTP, with the engine's part played by the test. */
import { randomUUID } from 'node:crypto';
import { testDatabase, type TestDatabase } from '../support/database.js';
import { ingestServer, type IngestServer } from './server.js';
import { item, rowsOf, store } from './support.js';

let db: TestDatabase;
let server: IngestServer;
let authorization: string;
beforeAll(async () => {
  db = await testDatabase();
  server = await ingestServer(db);
  authorization = `Bearer ${await server.newKey('manage')}`;
  await store(db.pool, [item({ userId: 'u' })]);
  const definition = { draft: false, enter: { kind: 'api', needs: [['order', 'id']] } };
  await db.pool.query(
    `with v as (insert into definition_versions (kind, name, version, hash, source, definition, created_at)
                values ('campaign', 'receipt', 1, '', '', $1, '2026-01-01') returning id)
     insert into live_definitions select 'campaign', 'receipt', id from v`,
    [JSON.stringify(definition)],
  );
});
afterAll(async () => {
  await server.close();
  await db.close();
});

const ENTRY = { userId: 'u', entry: { order: { id: 7 } } };
const ask = (body: unknown, key: string, campaign = 'receipt') =>
  server.post(`/api/v1/campaigns/${campaign}/enrolments`, body, {
    authorization,
    'idempotency-key': key,
  });

/** Decides every open request as soon as its fact is there. */
async function decide(outcome: object): Promise<void> {
  for (;;) {
    const { rowCount } = await db.pool.query(
      `with taken as (delete from inbox where kind = 'enrol' returning data)
       update enrolment_requests set outcome = $1 from taken where id = (data ->> 'request_id')::uuid`,
      [JSON.stringify(outcome)],
    );
    if (rowCount) return;
  }
}

test('the engine is woken with the entry data, and its decision is the answer', async () => {
  server.woken.length = 0;
  const [answer] = await Promise.all([
    ask(ENTRY, randomUUID()),
    decide({ entered: true, enrolment: 5 }),
  ]);
  expect(answer).toMatchObject({ status: 200, body: { entered: true, enrolment: 5 } });
  expect(server.woken).toEqual(['engine']);
});

test('a refused entry is an answer too', async () => {
  const [answer] = await Promise.all([
    ask(ENTRY, randomUUID()),
    decide({ entered: false, because: 'again_never' }),
  ]);
  expect(answer).toMatchObject({ status: 200, body: { entered: false, because: 'again_never' } });
});

test('the same key and body gets the stored answer, at once and at the same time', async () => {
  const key = randomUUID();
  const [first, twin] = await Promise.all([
    ask(ENTRY, key),
    ask(ENTRY, key),
    decide({ entered: true, enrolment: 9 }),
  ]);
  expect(twin.body).toEqual(first.body);
  expect((await ask(ENTRY, key)).body).toEqual(first.body);
  expect(await rowsOf(db.pool, `select from inbox where kind = 'enrol'`)).toEqual([]);
});

test('the same key with another body or campaign is refused', async () => {
  const key = randomUUID();
  await Promise.all([ask(ENTRY, key), decide({ entered: true, enrolment: 1 })]);
  expect((await ask({ ...ENTRY, entry: { order: { id: 8 } } }, key)).status).toBe(422);
  expect((await ask(ENTRY, key, 'other')).status).toBe(422);
});

test('unknown campaign or profile, missing needs, bad bodies and other scopes are told apart', async () => {
  const status = async (body: unknown, campaign?: string): Promise<number> =>
    (await ask(body, randomUUID(), campaign)).status;
  expect(await status(ENTRY, 'nothing')).toBe(404);
  expect(await status({ ...ENTRY, userId: 'nobody' })).toBe(404);
  expect(await status({ userId: 'u', entry: { order: {} } })).toBe(422);
  expect(await status({ entry: { order: { id: 1 } } })).toBe(422);
  expect(await status({ userId: 'u', data: { order: { id: 1 } } })).toBe(422);
  expect(await status('{"userId":"u","entry":{"order":{"id":12345678901234567890}}}')).toBe(422);
  expect(await status('{"userId":"u","entry":{"order":{"id":"\\u0000"}}}')).toBe(422);
  const path = '/api/v1/campaigns/receipt/enrolments';
  expect((await server.post(path, ENTRY)).status).toBe(403);
  expect((await server.post(path, ENTRY, { authorization: 'Bearer x' })).status).toBe(401);
  expect(await rowsOf(db.pool, `select from inbox where kind = 'enrol'`)).toEqual([]);
});
