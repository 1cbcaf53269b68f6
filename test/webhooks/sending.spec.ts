/** Deliveries over real HTTP, on a clock of the test: what arrives, what is tried again and when. */
import { DAY_MS } from '../../src/core/instant.js';
import { listDeliveries, replayFailed } from '../../src/webhooks/deliveries.sql.js';
import { disableEndpoint, enableEndpoint, rotateSecret } from '../../src/webhooks/endpoints.sql.js';
import { status } from './receiver.js';
import { deliveryRow, SECRET, seedDeliveries, until } from './support.js';
import { START, World } from './world.js';

const SECOND = 1_000;

let world: World;
beforeAll(async () => {
  world = await World.open();
});
afterAll(() => world.db.close());
beforeEach(() => world.begin());
afterEach(() => world.end());

describe('what arrives', () => {
  test('is signed, verified by the library of the standard, and written down', async () => {
    world.receiver.answer = status(200, {}, 'thanks \u0000 <b>');
    const [id] = await seedDeliveries(world.db.pool, world.endpoint, 1);
    await world.attempt(world.newSender(), id!);
    // The library compares with its own clock, five minutes at most.
    const { body, headers } = world.receiver.received[0]!;
    expect(headers).toMatchObject({
      'content-type': 'application/json',
      'webhook-timestamp': String(START / 1_000),
    });
    expect(JSON.parse(body)).toEqual({
      type: 'message.sent',
      timestamp: '2026-03-01T10:00:00.000Z',
      data: { messageId: 1, address: 'p1@example.com' },
    });
    expect(await deliveryRow(world.db.pool, id!)).toMatchObject({
      state: 'delivered',
      attempts: 1,
    });
    expect(await world.attemptsOf(id!)).toEqual([
      {
        attempt: 1,
        startedAt: START,
        durationMs: expect.any(Number),
        status: 200,
        error: null,
        response: 'thanks  <b>',
      },
    ]);
    expect(await world.endpointRow()).toMatchObject({
      failingSince: null,
      lastDeliveredAt: START,
      pending: 0,
    });
  });

  test('verifies by either secret for a day after a rotation, then by the new one alone', async () => {
    world.at(Date.now());
    const { secret } = (await rotateSecret(world.db.pool, world.endpoint, world.now))!;
    const sender = world.newSender();
    const [first, second] = await seedDeliveries(world.db.pool, world.endpoint, 2);
    await world.attempt(sender, first!);
    await world.settled(second!);
    for (const known of [secret, SECRET]) expect(world.receiver.events(known)).toHaveLength(2);
    await world.db.pool.query('update webhook_endpoints set previous_until = $1', [
      new Date(world.now).toISOString(),
    ]);
    const [third] = await seedDeliveries(world.db.pool, world.endpoint, 1);
    await world.attempt(sender, third!);
    expect(world.receiver.events(secret)).toHaveLength(3);
    expect(() => world.receiver.events(SECRET)).toThrow('No matching signature');
  });
});

describe('what fails', () => {
  test('comes again with the same id and the same bytes, after about 5 s, and is then at peace', async () => {
    world.receiver.answer = status(503);
    const sender = world.newSender();
    const [id] = await seedDeliveries(world.db.pool, world.endpoint, 1);
    await world.attempt(sender, id!);
    expect(await world.endpointRow()).toMatchObject({ failingSince: START, pending: 1 });
    const { due_at: due, state } = await deliveryRow(world.db.pool, id!);
    expect(state).toBe('pending');
    expect(Math.abs(due - START - 5 * SECOND)).toBeLessThanOrEqual(500);
    world.at(due - 1);
    sender.look();
    await until(
      () => Promise.resolve(world.receiver.received.length),
      (n) => n === 1,
    );
    world.at(due);
    world.receiver.answer = status(204);
    await world.attempt(sender, id!);
    const [one, two] = world.receiver.received;
    expect(two!.body).toBe(one!.body);
    expect(two!.headers['webhook-id']).toBe(one!.headers['webhook-id']);
    expect(Number(two!.headers['webhook-timestamp'])).toBeGreaterThan(START / 1_000);
    expect(await deliveryRow(world.db.pool, id!)).toMatchObject({
      state: 'delivered',
      attempts: 2,
    });
    expect((await world.attemptsOf(id!)).map(({ status: code, error }) => [code, error])).toEqual([
      [503, 'answered 503'],
      [204, null],
    ]);
    expect((await world.endpointRow()).failingSince).toBeNull();
  });

  test('is given up after ten tries over three days, and can be put back', async () => {
    world.receiver.answer = status(500);
    const sender = world.newSender();
    const [id] = await seedDeliveries(world.db.pool, world.endpoint, 1);
    const waits: number[] = [];
    for (let n = 0; n < 10; n++) {
      await world.attempt(sender, id!);
      const { due_at: due } = await deliveryRow(world.db.pool, id!);
      waits.push(due - world.now);
      world.at(Math.max(world.now, due));
    }
    expect(world.receiver.received).toHaveLength(10);
    expect(await deliveryRow(world.db.pool, id!)).toMatchObject({ state: 'failed', attempts: 10 });
    expect(waits.slice(0, 9).reduce((sum, wait) => sum + wait) / 3_600_000).toBeCloseTo(75.6, -1);
    world.at(world.now + DAY_MS);
    world.receiver.answer = status(200);
    expect(
      await replayFailed(world.db.pool, world.endpoint, { since: START + 1, now: world.now }),
    ).toBe(0);
    expect(
      await replayFailed(world.db.pool, world.endpoint, { since: START, now: world.now }),
    ).toBe(1);
    sender.look();
    await world.settled(id!);
    expect(await deliveryRow(world.db.pool, id!)).toMatchObject({
      state: 'delivered',
      attempts: 11,
      tries: 1,
    });
  });

  test('410 disables the endpoint at once; what waits, waits, and goes out when somebody enables it', async () => {
    world.receiver.answer = status(410);
    const sender = world.newSender({ most: 1 });
    const [first, second] = await seedDeliveries(world.db.pool, world.endpoint, 2);
    await world.attempt(sender, first!);
    expect(await world.endpointRow()).toMatchObject({ disabledBecause: 'gone', disabledAt: START });
    expect(world.warnings).toEqual([
      `webhook endpoint ${world.endpoint} is disabled: it answered 410`,
    ]);
    world.at(world.now + DAY_MS);
    sender.look();
    expect(await deliveryRow(world.db.pool, first!)).toMatchObject({ state: 'failed' });
    expect(await deliveryRow(world.db.pool, second!)).toMatchObject({
      state: 'pending',
      attempts: 0,
    });
    // Whoever knows of it says so, and is not reminded any more.
    expect(await disableEndpoint(world.db.pool, world.endpoint, world.now)).toBe(true);
    expect(await world.endpointRow()).toMatchObject({
      disabledBecause: 'by_hand',
      disabledAt: START,
    });
    world.receiver.answer = status(200);
    expect(await enableEndpoint(world.db.pool, world.endpoint)).toBe(true);
    await world.attempt(sender, second!);
    expect(world.receiver.received).toHaveLength(2);
  });

  test('an endpoint where nothing has arrived for five days is disabled', async () => {
    world.receiver.answer = status(500);
    const sender = world.newSender();
    const [first] = await seedDeliveries(world.db.pool, world.endpoint, 1);
    await world.attempt(sender, first!);
    world.at(START + 5 * DAY_MS - 1);
    await world.attempt(sender, first!);
    expect((await world.endpointRow()).disabledAt).toBeNull();
    world.at(START + 5 * DAY_MS);
    const [later] = await seedDeliveries(world.db.pool, world.endpoint, 1);
    await world.attempt(sender, later!);
    expect(await world.endpointRow()).toMatchObject({
      disabledBecause: 'failing',
      disabledAt: world.now,
    });
    expect(world.warnings[0]).toContain('nothing has arrived there for five days');
  });

  test('Retry-After leaves the whole endpoint alone', async () => {
    world.receiver.answer = status(429, { 'retry-after': '90' });
    const sender = world.newSender({ most: 1 });
    const [first, second] = await seedDeliveries(world.db.pool, world.endpoint, 2);
    await world.attempt(sender, first!);
    expect(await world.endpointRow()).toMatchObject({ restsUntil: START + 90 * SECOND });
    expect((await deliveryRow(world.db.pool, first!)).due_at).toBe(START + 90 * SECOND);
    world.at(START + 89 * SECOND);
    sender.look();
    await until(
      () =>
        listDeliveries(world.db.pool, world.endpoint, { state: 'pending', before: null, limit: 9 }),
      (rows) => rows.length === 2,
    );
    expect(world.receiver.received).toHaveLength(1);
    world.at(START + 90 * SECOND);
    world.receiver.answer = status(204);
    sender.look();
    await world.settled(second!);
    await world.receiver.has(3);
  });

  test('a redirect is not followed', async () => {
    const elsewhere = await world.newReceiver();
    world.receiver.answer = status(307, { location: elsewhere.url });
    const [id] = await seedDeliveries(world.db.pool, world.endpoint, 1);
    await world.attempt(world.newSender(), id!);
    expect((await world.attemptsOf(id!))[0]).toMatchObject({
      status: 307,
      error: 'answered 307: redirects are not followed',
    });
    expect(elsewhere.received).toEqual([]);
  });

  test('of an answer without end the beginning is kept, and its end not waited for', async () => {
    world.receiver.answer = (reply) => {
      reply.writeHead(200);
      const more = setInterval(() => reply.write('ü'.repeat(1_500)), 1);
      reply.on('close', () => clearInterval(more));
    };
    const [id] = await seedDeliveries(world.db.pool, world.endpoint, 1);
    await world.attempt(world.newSender(), id!);
    const [row] = await world.attemptsOf(id!);
    expect(row).toMatchObject({ status: 200, error: null });
    expect(Buffer.byteLength(row!.response!)).toBe(2_048);
    expect(row!.response).toMatch(/^ü+$/);
  });

  test.each([
    ['accepts and never answers', () => undefined],
    [
      'begins an answer and stops',
      (reply: { writeHead(n: number): { write(s: string): unknown } }) =>
        reply.writeHead(200).write('a'),
    ],
  ])('one deadline for the whole exchange: an endpoint that %s', async (_, answer) => {
    world.receiver.answer = answer;
    const [id] = await seedDeliveries(world.db.pool, world.endpoint, 1);
    await world.attempt(world.newSender({ timeoutMs: 200 }), id!);
    const [row] = await world.attemptsOf(id!);
    expect(row!.error).toBe('no complete answer within 0.2 s');
    expect(row!.durationMs).toBeGreaterThanOrEqual(195);
    expect(await deliveryRow(world.db.pool, id!)).toMatchObject({ state: 'pending' });
  });

  test('an endpoint that is not there, and one whose connection breaks, say so', async () => {
    world.receiver.answer = (reply) => void reply.destroy();
    const sender = world.newSender();
    const [id] = await seedDeliveries(world.db.pool, world.endpoint, 1);
    await world.attempt(sender, id!);
    expect((await world.attemptsOf(id!))[0]!.error).toContain('socket hang up');
    await world.db.pool.query(`update webhook_endpoints set url = 'http://127.0.0.1:1/'`);
    world.at(world.now + DAY_MS);
    await world.attempt(sender, id!);
    expect((await world.attemptsOf(id!))[1]!.error).toContain('ECONNREFUSED');
  });
});
