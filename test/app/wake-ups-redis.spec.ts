/**
 * Wake-ups through a real Redis: they arrive, also in other processes; what a flush or a crash of Redis loses
 * is found by the sweepers; a Redis that may evict is named at the start; one that is away holds nobody up.
 */
import { EventEmitter, once } from 'node:events';
import { BullWakeUps } from '../../src/app/wake-ups.js';
import { parseEnvironment } from '../../src/app/environment.js';
import { startApplication, type RunningApplication } from '../../src/app/start.js';
import { JsonLogger } from '../../src/app/logger.js';
import { DatabaseClock } from '../../src/core/clock.js';
import { instantToSql } from '../../src/core/instant.js';
import { campaign, eventEntry, Scenario, send, wait } from '../engine/scenario.js';
import { runTypescript, type Running } from '../support/processes.js';
import { findRedisServer, RedisServer } from '../support/redis.js';

// Processes compile what they load, and share two cores with other test files.
jest.setTimeout(90_000);

const binary = findRedisServer();

test('there is a redis-server to test against', () => {
  if (binary) return;
  if (process.env['CI']) throw new Error('no redis-server: apt-get install redis-server');
  process.stderr.write('wake-ups through Redis UNCHECKED: apt-get install redis-server\n');
});

function onRedis(server: string): void {
  let redis: RedisServer;
  const open: BullWakeUps[] = [];
  const told: string[] = [];
  beforeAll(async () => {
    redis = await RedisServer.start(server);
  });
  beforeEach(() => redis.command('flushall'));
  afterEach(async () => {
    told.length = 0;
    await Promise.all(open.splice(0).map((wakeUps) => wakeUps.close()));
  });
  afterAll(() => redis.kill());

  function wakeUps(workspaceId = 'w'): BullWakeUps {
    const made = new BullWakeUps({
      databaseUrl: 'postgres://nobody@127.0.0.1:1/none',
      schema: 'rekindle',
      redisUrl: redis.url,
      workspaceId,
      log: (message, error) => told.push(`${message}: ${error?.message}`),
    });
    open.push(made);
    return made;
  }

  /** A listener of the engine lane: each call of its handler is an event of `calls`. */
  async function listener(calls = new EventEmitter(), workspaceId?: string): Promise<EventEmitter> {
    const listening = wakeUps(workspaceId);
    listening.onWake('engine', () => {
      calls.emit('call');
      return Promise.resolve();
    });
    await listening.ready();
    return calls;
  }

  test('a wake-up reaches one listener of its workspace and no other', async () => {
    const both = await listener(await listener());
    const foreign = jest.fn();
    (await listener(undefined, 'another')).on('call', foreign);
    let calls = 0;
    both.on('call', () => (calls += 1));
    const producer = wakeUps();
    await producer.ready();
    for (let n = 1; n <= 20; n += 1) {
      const called = once(both, 'call');
      producer.wake('engine');
      await called;
    }
    expect(calls).toBe(20);
    expect(foreign).not.toHaveBeenCalled();
  });

  test('a burst is few jobs, and the handler looks after its last wake-up', async () => {
    let [stored, seen, calls] = [0, 0, 0];
    const complete = new EventEmitter();
    const done = once(complete, 'seen all');
    const [producer, consumer] = [wakeUps(), wakeUps()];
    consumer.onWake('engine', () => {
      calls += 1;
      seen = stored;
      if (seen === 1000) complete.emit('seen all');
      return Promise.resolve();
    });
    await Promise.all([consumer.ready(), producer.ready()]);
    for (let n = 0; n < 1000; n += 1) {
      stored += 1;
      producer.wake('engine');
      if (n % 50 === 0) await new Promise(setImmediate);
    }
    await done;
    expect(calls).toBeLessThan(100);
  });

  test('after a flush the next wake-up arrives', async () => {
    const calls = await listener();
    const producer = wakeUps();
    for (let n = 0; n < 5; n += 1) {
      await redis.command('flushall');
      const called = once(calls, 'call');
      producer.wake('engine');
      await called;
    }
  });

  test('after Redis was killed and came back, wake-ups arrive again', async () => {
    const calls = await listener();
    const producer = wakeUps();
    await producer.ready();
    await redis.kill();
    producer.wake('engine');
    producer.wake('delivery');
    await redis.start();
    const called = once(calls, 'call');
    const again = setInterval(() => producer.wake('engine'), 100);
    await called;
    clearInterval(again);
  });

  test('a Redis that is away is told of, and closing waits for nobody', async () => {
    const [connected, fresh] = [wakeUps(), wakeUps()];
    connected.onWake('engine', () => Promise.resolve());
    await connected.ready();
    await redis.kill();
    try {
      connected.wake('engine');
      fresh.onWake('engine', () => Promise.resolve());
      fresh.wake('engine');
      await expect(fresh.ready()).rejects.toThrow(/ECONNREFUSED|closed/);
      await Promise.all([connected.close(), fresh.close()]);
      expect(told.join()).toContain('wake-ups are out of reach');
    } finally {
      await redis.start();
    }
  });

  test('a Redis that may evict is named when we start', async () => {
    await wakeUps().ready();
    expect(told).toEqual([]);
    await redis.command('config', 'set', 'maxmemory-policy', 'allkeys-lru');
    const warned = jest.spyOn(console, 'warn').mockReturnValue();
    try {
      await wakeUps().ready();
    } finally {
      warned.mockRestore();
      await redis.command('config', 'set', 'maxmemory-policy', 'noeviction');
    }
    expect(told).toEqual([expect.stringMatching(/allkeys-lru.*noeviction/)]);
  });

  describe('three engine processes', () => {
    let story: Scenario;
    let here: RunningApplication | undefined;
    const processes: Running[] = [];
    beforeAll(async () => {
      story = await Scenario.open();
    });
    afterAll(async () => {
      for (const running of processes) running.kill('SIGTERM');
      await Promise.all(processes.map((running) => running.ended));
      await here?.stop();
      await story.close();
    });

    const PROFILES = 40;
    const environment = (): Record<string, string> => ({
      DATABASE_URL: story.db.url,
      REDIS_URL: redis.url,
      REKINDLE_ROLES: 'engine',
      REKINDLE_PORT: '0',
      REKINDLE_DURABILITY: 'relaxed',
    });

    test('lose no work to flushes: the sweepers find facts and due rows', async () => {
      await story.apply({
        campaigns: [campaign('c', eventEntry('begun'), [send('a'), wait('w', 1), send('b')])],
      });
      const sent = await messagesTold(story);
      const quiet = new JsonLogger();
      quiet.setLogLevels([]);
      here = await startApplication(parseEnvironment({}, environment()), quiet);
      for (let n = 0; n < 2; n += 1)
        processes.push(runTypescript('src/main.ts', [], { env: environment() }));
      await Promise.all(processes.map((running) => running.line(/"listening"/)));
      const clock = new DatabaseClock();
      for (let n = 0; n < PROFILES; n += 1) {
        await story.track(await story.profile(), 'begun', await clock.now(story.connection));
        here.foundations.wakeUps.wake('engine');
        await redis.command('flushall');
      }
      await sent.count(PROFILES);
      // The waits are over and nobody tells: what a timer's row looks like to an engine without wake-ups.
      await story.connection.query('update enrolments set due_at = $1', [
        instantToSql(await clock.now(story.connection)),
      ]);
      await sent.count(2 * PROFILES);
      sent.stop();
      const steps = (await story.messages()).map((message) => message.split('@')[0]);
      expect(steps.filter((step) => step === 'a')).toHaveLength(PROFILES);
      expect(steps.filter((step) => step === 'b')).toHaveLength(PROFILES);
    });
  });
}

/** Counts messages as they are committed. */
async function messagesTold({
  db,
}: Scenario): Promise<{ count(n: number): Promise<void>; stop(): void }> {
  await db.pool.query(`
    create function tell_messages() returns trigger language plpgsql as
      $$ begin perform pg_notify('messages', ''); return null; end $$;
    create trigger tell after insert on messages execute function tell_messages()`);
  const client = await db.pool.connect();
  await client.query('listen messages');
  return {
    async count(n) {
      for (;;) {
        const told = once(client as unknown as EventEmitter, 'notification');
        const { rows } = await db.pool.query<{ n: number }>('select count(*) as n from messages');
        if (rows[0]!.n >= n) break;
        await told;
      }
    },
    stop: () => client.release(true),
  };
}

if (binary)
  describe('on Redis', () => {
    onRedis(binary);
  });
