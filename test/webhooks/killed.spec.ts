/** A sender that is killed loses nothing: what it had in hand is due again, under the same id, and its attempt is told. */
import { once } from 'node:events';
import { createServer, type AddressInfo } from 'node:net';
import { eraseProfile } from '../../src/delivery/erase-profile.js';
import { loadDelivery } from '../../src/webhooks/deliveries.sql.js';
import { campaign, eventEntry, onEvent, Scenario, wait } from '../engine/scenario.js';
import { act, T0, valueOf } from '../engine/story-parts.js';
import type { TestDatabase } from '../support/database.js';
import { runTypescript, type Running } from '../support/processes.js';
import { Receiver, status } from './receiver.js';
import { deliveryRow, seedDeliveries, seedEndpoint, until } from './support.js';

jest.setTimeout(60_000);

const LEASE_MS = 700;
/** Of whom a test lets live no longer than it needs him. */
const LONG_MS = 30_000;

let story: Scenario;
let db: TestDatabase;
let receiver: Receiver;
let endpoint: number;
beforeEach(async () => {
  story = await Scenario.open();
  db = story.db;
  receiver = await new Receiver().listen();
  endpoint = await seedEndpoint(db.pool, receiver.url);
});
afterEach(async () => {
  await receiver.close();
  await story.close();
});

async function startSender(leaseMs = LEASE_MS): Promise<Running> {
  const sender = runTypescript('test/webhooks/sender-process.ts', [
    db.url,
    db.schema,
    String(leaseMs),
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
  const sender = await startSender(LONG_MS);
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

describe('a call of a campaign (docs/adr/0141)', () => {
  interface Call {
    id: number;
    endpoint: number;
    webhookId: string;
  }
  // Beside that of rekindle.yaml nobody is told anything.
  beforeEach(() => db.pool.query('delete from webhook_endpoints'));
  const apply = (url: string): Promise<void> =>
    story.apply({
      project: { endpoints: { crm: { url, secret: null } } },
      campaigns: [
        campaign(
          'c',
          eventEntry('begun'),
          [
            act('tell', {
              kind: 'webhook',
              endpoint: 'crm',
              with: { plan: valueOf('entry', 'plan') },
            }),
            wait('w', 30),
          ],
          { exit: [{ kind: 'event', match: onEvent('left'), same: null, label: 'event left' }] },
        ),
      ],
    });

  /** Decides one call for each of these, in their order. */
  async function decided(...plans: string[]): Promise<{ people: number[]; calls: Call[] }> {
    const people: number[] = [];
    for (const plan of plans) {
      const person = await story.profile();
      await story.track(person, 'begun', T0, { plan });
      people.push(person);
    }
    await story.advance(T0);
    const { rows: calls } = await db.pool.query<Call>(
      `select d.id, d.endpoint_id as endpoint, event.webhook_id as "webhookId"
       from webhook_deliveries d join webhook_events event on event.id = d.event_id
       where event.type = 'campaign.call' order by event.profile_id`,
    );
    return { people, calls };
  }

  /** The lease of whoever was killed is over. */
  const leaseOver = () =>
    db.pool.query(`update webhook_deliveries set due_at = now() where claimed_at is not null`);
  const came = (of: Call, state: string) =>
    until(
      () => deliveryRow(db.pool, of.id),
      (row) => row.state === state,
    );
  const errors = async ({ endpoint: at, id }: Call): Promise<(string | null)[]> =>
    (await loadDelivery(db.pool, at, id))!.attemptList.map(({ error }) => error);
  const LOST = 'the process that made it was lost';

  test('whose sender is killed before it is handed over is made once, under the id of its decision', async () => {
    // Takes the connection and never shakes hands: nothing of the request leaves.
    const silent = createServer((socket) => socket.on('error', () => undefined));
    silent.listen(0, '127.0.0.1');
    await once(silent, 'listening');
    await apply(`https://127.0.0.1:${(silent.address() as AddressInfo).port}/`);
    const { calls } = await decided('pro');
    const greeted = once(silent, 'connection');
    const sender = await startSender(LONG_MS);
    await greeted;
    expect(await deliveryRow(db.pool, calls[0]!.id)).toMatchObject({
      state: 'pending',
      attempts: 1,
    });
    await kill(sender);
    silent.close();
    await apply(receiver.url);
    await leaseOver();
    const next = await startSender();
    await came(calls[0]!, 'delivered');
    await kill(next);
    expect(receiver.received.map(({ headers }) => headers['webhook-id'])).toEqual([
      calls[0]!.webhookId,
    ]);
    expect(await errors(calls[0]!)).toEqual([LOST, null]);
  });

  test('whose sender is killed before the answer comes again, the same, unless the enrolment has been ended by then', async () => {
    receiver.answer = () => undefined;
    await apply(receiver.url);
    const { people, calls } = await decided('pro', 'team');
    const [stays, leaves] = calls as [Call, Call];
    const sender = await startSender(LONG_MS);
    await receiver.has(2);
    await kill(sender);
    await story.track(people[1]!, 'left', T0 + 1);
    await story.advance(T0 + 1);
    receiver.answer = status(200);
    await leaseOver();
    const next = await startSender();
    await came(stays, 'delivered');
    await came(leaves, 'skipped');
    await kill(next);
    const heard = (call: Call) =>
      receiver.received.filter(({ headers }) => headers['webhook-id'] === call.webhookId);
    expect([heard(stays).length, heard(leaves).length]).toEqual([2, 1]);
    expect(heard(stays)[1]!.body).toBe(heard(stays)[0]!.body);
    expect(JSON.parse(heard(stays)[0]!.body)).toMatchObject({ data: { with: { plan: 'pro' } } });
    expect(await errors(stays)).toEqual([LOST, null]);
    // Nobody knows whether it was heard: that it was made stands in the log.
    expect(await errors(leaves)).toEqual([LOST]);
  });

  test('whose sender is killed with the answer in its hand comes again under the same id', async () => {
    await apply(receiver.url);
    const { calls } = await decided('pro');
    const other = await db.pool.connect();
    // The answer cannot be written down while somebody holds the row.
    receiver.answer = (reply) => {
      void other
        .query('begin')
        .then(() => other.query('select from webhook_deliveries for update'))
        .then(() => reply.writeHead(204).end());
    };
    const sender = await startSender(LONG_MS);
    await receiver.has(1);
    await until(
      () =>
        db.pool.query(
          `select from pg_stat_activity where datname = current_database() and wait_event_type = 'Lock'`,
        ),
      ({ rowCount }) => rowCount === 1,
    );
    await kill(sender);
    // Whoever waited for the lock would write the answer down yet: its session ends before that.
    await db.pool.query(
      `select pg_terminate_backend(pid) from pg_stat_activity where datname = current_database() and wait_event_type = 'Lock'`,
    );
    await other.query('rollback');
    other.release();
    receiver.answer = status(204);
    await leaseOver();
    const next = await startSender();
    await came(calls[0]!, 'delivered');
    await kill(next);
    const { webhookId } = calls[0]!;
    expect(receiver.received.map(({ headers }) => headers['webhook-id'])).toEqual([
      webhookId,
      webhookId,
    ]);
    expect(await errors(calls[0]!)).toEqual([LOST, null]);
  });
});
