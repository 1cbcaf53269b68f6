/** Several endpoints and several senders: nobody waits for another, nothing arrives twice, nothing is lost by a stop. */
import {
  claimDeliveries,
  pruneEvents,
  settleDeliveries,
  type SettledDelivery,
} from '../../src/webhooks/outbox.sql.js';
import { status } from './receiver.js';
import { deliveryRow, seedDeliveries, seedEndpoint } from './support.js';
import { START, World } from './world.js';

const CLAIM = { inHand: new Map<number, number>(), secrets: {} };

let world: World;
beforeAll(async () => {
  world = await World.open();
});
afterAll(() => world.db.close());
beforeEach(() => world.begin());
afterEach(() => world.end());

describe('several endpoints and senders', () => {
  test('one that hangs keeps no other waiting, and has at most so many at once', async () => {
    world.receiver.answer = () => undefined;
    const other = await world.newReceiver();
    const healthy = await seedEndpoint(world.db.pool, other.url);
    await seedDeliveries(world.db.pool, world.endpoint, 200);
    world.newSender({ most: 4 }).look();
    expect(await other.has(200)).toHaveLength(200);
    expect((await world.endpointRow(healthy)).failed).toBe(0);
    await world.receiver.has(4);
    expect(world.receiver.received).toHaveLength(4);
  });

  test('while an endpoint fails it is asked one at a time', async () => {
    let open = 0;
    let most = 0;
    world.receiver.answer = (reply) => {
      most = Math.max(most, ++open);
      setImmediate(() => {
        open--;
        reply.writeHead(500).end();
      });
    };
    const sender = world.newSender({ most: 8 });
    const [first] = await seedDeliveries(world.db.pool, world.endpoint, 1);
    await world.attempt(sender, first!);
    const ids = await seedDeliveries(world.db.pool, world.endpoint, 20);
    sender.look();
    for (const id of ids) await world.settled(id);
    expect(most).toBe(1);
    expect(world.receiver.received).toHaveLength(21);
  });

  test('no delivery is given to two who claim at once', async () => {
    await seedDeliveries(world.db.pool, world.endpoint, 400);
    const claim = { ...CLAIM, now: START, leaseMs: 30_000, most: 50 };
    const claims = await Promise.all(
      Array.from({ length: 8 }, () => claimDeliveries(world.db.pool, claim)),
    );
    const ids = claims.flatMap(({ deliveries }) => deliveries.map(({ id }) => id));
    expect(ids.length).toBeGreaterThan(50);
    expect(new Set(ids).size).toBe(ids.length);
  });

  test('what somebody else has taken meanwhile is not settled by a late answer', async () => {
    const [id] = await seedDeliveries(world.db.pool, world.endpoint, 1);
    const claim = { ...CLAIM, leaseMs: 1_000, most: 1 };
    const claimAt = async (now: number) =>
      (await claimDeliveries(world.db.pool, { ...claim, now })).deliveries[0];
    const late = await claimAt(START);
    const taken = await claimAt(START + 1_000);
    expect([late!.attempt, taken!.attempt]).toEqual([1, 2]);
    const arrived: Omit<SettledDelivery, 'attempt'> = {
      id: id!,
      endpoint_id: world.endpoint,
      state: 'delivered',
      wait_ms: null,
      started_at: '2026-03-01T10:00:00Z',
      duration_ms: 5,
      status: 200,
      error: null,
      response: '',
      gone: false,
      rest_ms: null,
      broken_off: false,
    };
    const settle = (attempt: number) =>
      settleDeliveries(world.db.pool, [{ ...arrived, attempt }], START + 2_000);
    await settle(1);
    expect(await deliveryRow(world.db.pool, id!)).toMatchObject({ state: 'pending', attempts: 2 });
    for (let times = 0; times < 2; times++) await settle(2);
    expect(await deliveryRow(world.db.pool, id!)).toMatchObject({ state: 'delivered' });
    expect((await world.attemptsOf(id!)).map(({ error }) => error)).toEqual([
      'the process that made it was lost',
      null,
    ]);
  });

  test('two senders share: every delivery arrives once', async () => {
    const ids = await seedDeliveries(world.db.pool, world.endpoint, 400);
    for (const sender of [world.newSender(), world.newSender()]) sender.look();
    for (const id of ids) await world.settled(id);
    const seen = world.receiver.received.map(({ headers }) => headers['webhook-id']);
    expect(seen).toHaveLength(400);
    expect(new Set(seen).size).toBe(400);
    // Connections are kept and used again.
    expect(await world.receiver.connections()).toBeLessThanOrEqual(20);
  });

  test('a kept connection that the receiver has just closed costs no attempt', async () => {
    const sender = world.newSender({ most: 1 });
    const [first] = await seedDeliveries(world.db.pool, world.endpoint, 1);
    await world.attempt(sender, first!);
    // Ours is not told before it is used: the receiver takes what comes and hangs up.
    world.receiver.answer = (reply) => {
      world.receiver.answer = status(204);
      reply.socket!.resetAndDestroy();
    };
    const [second] = await seedDeliveries(world.db.pool, world.endpoint, 1);
    await world.attempt(sender, second!);
    expect(await deliveryRow(world.db.pool, second!)).toMatchObject({
      state: 'delivered',
      attempts: 1,
    });
  });
});

describe('a sender that goes', () => {
  test('lets what is under way end', async () => {
    let finish: () => void = () => undefined;
    world.receiver.answer = (reply) => (finish = () => void reply.writeHead(204).end());
    const sender = world.newSender({ drainMs: 10_000 });
    const [id] = await seedDeliveries(world.db.pool, world.endpoint, 1);
    sender.look();
    await world.receiver.has(1);
    const stopped = sender.stop();
    finish();
    await stopped;
    expect(await deliveryRow(world.db.pool, id!)).toMatchObject({ state: 'delivered' });
  });

  test('breaks off what does not end, and gives the try back: no failure of the endpoint', async () => {
    world.receiver.answer = () => undefined;
    const sender = world.newSender({ drainMs: 50 });
    const [id] = await seedDeliveries(world.db.pool, world.endpoint, 1);
    sender.look();
    await world.receiver.has(1);
    await sender.stop();
    expect(await deliveryRow(world.db.pool, id!)).toMatchObject({
      state: 'pending',
      tries: 0,
      due_at: world.now,
      claimed_at: null,
    });
    expect((await world.attemptsOf(id!))[0]!.error).toBe('the process was stopped');
    expect((await world.endpointRow()).failingSince).toBeNull();
  });
});

test('what is older than thirty days is forgotten, with its deliveries and attempts', async () => {
  const [old] = await seedDeliveries(world.db.pool, world.endpoint, 3);
  const [young] = await seedDeliveries(world.db.pool, world.endpoint, 1, '2026-03-02T10:00:00Z');
  await world.attempt(world.newSender(), old!);
  expect(await pruneEvents(world.db.pool, START + 1, 2)).toBe(3);
  const { rows } = await world.db.pool.query(
    `select (select count(*)::int from webhook_events) as events, (select count(*)::int from webhook_deliveries) as deliveries,
       (select count(*)::int from webhook_attempts) as attempts`,
  );
  expect(rows).toEqual([{ events: 1, deliveries: 1, attempts: 0 }]);
  expect(await deliveryRow(world.db.pool, young!)).toMatchObject({ state: 'pending' });
});
