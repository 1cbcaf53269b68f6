/** A sender that is killed loses nothing: what it had in hand is due again, under the same id, and its attempt is told. */
import { eraseProfile } from '../../src/delivery/erase-profile.js';
import { loadDelivery } from '../../src/webhooks/deliveries.sql.js';
import { testDatabase, type TestDatabase } from '../support/database.js';
import { runTypescript, type Running } from '../support/processes.js';
import { Receiver, status } from './receiver.js';
import { deliveryRow, seedDeliveries, seedEndpoint, until } from './support.js';

jest.setTimeout(60_000);

const LEASE_MS = 700;

let db: TestDatabase;
let receiver: Receiver;
let endpoint: number;
beforeEach(async () => {
  db = await testDatabase();
  receiver = await new Receiver().listen();
  endpoint = await seedEndpoint(db.pool, receiver.url);
});
afterEach(async () => {
  await receiver.close();
  await db.close();
});

async function startSender(): Promise<Running> {
  const sender = runTypescript('test/webhooks/sender-process.ts', [
    db.url,
    db.schema,
    String(LEASE_MS),
  ]);
  await sender.line(/sending/);
  return sender;
}
async function kill(sender: Running): Promise<void> {
  sender.kill('SIGKILL');
  await sender.ended;
}

test('the attempt that died with it is told, and the next one goes out when its lease is over', async () => {
  receiver.answer = () => undefined;
  const [id] = await seedDeliveries(db.pool, endpoint, 1);
  const first = await startSender();
  await receiver.has(1);
  await kill(first);
  expect(await deliveryRow(db.pool, id!)).toMatchObject({ state: 'pending', attempts: 1 });
  receiver.answer = status(200);
  const second = await startSender();
  await until(
    () => deliveryRow(db.pool, id!),
    ({ state }) => state === 'delivered',
  );
  await kill(second);
  const { attemptList } = (await loadDelivery(db.pool, endpoint, id!))!;
  expect(attemptList.map(({ error }) => error)).toEqual([
    'the process that made it was lost',
    null,
  ]);
  const [one, two] = receiver.received;
  expect(two!.headers['webhook-id']).toBe(one!.headers['webhook-id']);
  expect(two!.body).toBe(one!.body);
});

test('killed again and again in the middle of its work: everything arrives', async () => {
  const ids = await seedDeliveries(db.pool, endpoint, 300);
  receiver.answer = (reply) => void setTimeout(() => reply.writeHead(204).end(), 5);
  for (let round = 1; round <= 4; round++) {
    const sender = await startSender();
    await receiver.has(round * 50);
    await kill(sender);
  }
  const last = await startSender();
  await until(
    async () => {
      const { rows } = await db.pool.query<{ n: number }>(
        `select count(*)::int as n from webhook_deliveries where state = 'delivered'`,
      );
      return rows[0]!.n;
    },
    (n) => n === ids.length,
  );
  await kill(last);
  const seen = new Set(receiver.received.map(({ headers }) => headers['webhook-id']));
  expect(seen.size).toBe(300);
});

test('a person is erased when what is on the wire about them has ended', async () => {
  const { rows } = await db.pool.query<{ id: number }>(
    `insert into profiles (id, shard, created_at) values (1, 1, '2026-01-01') returning id`,
  );
  let finish: () => void = () => undefined;
  receiver.answer = (reply) => (finish = () => void reply.writeHead(204).end());
  await seedDeliveries(db.pool, endpoint, 1);
  const { rows: clock } = await db.pool.query<{ now: number }>(
    'select now()::timestamptz(3) as now',
  );
  await db.pool.query('update webhook_deliveries set due_at = now()');
  const sender = runTypescript('test/webhooks/sender-process.ts', [db.url, db.schema, '30000']);
  await receiver.has(1);
  let erased = false;
  const erasing = eraseProfile(db.pool, rows[0]!.id, {
    now: clock[0]!.now,
    record: () => Promise.resolve(),
  }).then((result) => {
    erased = true;
    return result;
  });
  // Questions that take the same way, after it.
  for (let n = 0; n < 20; n++) await deliveryRow(db.pool, 1);
  expect(erased).toBe(false);
  finish();
  expect((await erasing)!.rows).toMatchObject({ webhook_events: 1, webhook_attempts: 1 });
  await kill(sender);
  expect(receiver.received).toHaveLength(1);
});
