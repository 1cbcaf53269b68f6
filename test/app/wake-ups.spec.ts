/** Wake-ups on the PostgreSQL backend: few jobs for a burst, none lost, workspaces apart. */
import { once, EventEmitter } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { startEmbedded } from '../../src/app/embedded-postgres.js';
import { BullWakeUps } from '../../src/app/wake-ups.js';
import { testDatabase, type TestDatabase } from '../support/database.js';

let db: TestDatabase;
const open: BullWakeUps[] = [];
beforeAll(async () => {
  db = await testDatabase();
});
afterEach(async () => {
  await Promise.all(open.splice(0).map((wakeUps) => wakeUps.close()));
});
afterAll(() => db.close());

function wakeUps(schema = db.schema, databaseUrl = db.url): BullWakeUps {
  const made = new BullWakeUps({
    databaseUrl,
    schema,
    workspaceId: 'w',
    log: (message, error) => failures.push(`${message}: ${error?.message}`),
  });
  open.push(made);
  return made;
}
const failures: string[] = [];

/** Counts calls and tells of each one. */
function handler() {
  const calls = new EventEmitter();
  let count = 0;
  return {
    get count() {
      return count;
    },
    next: () => once(calls, 'call'),
    handle: () => {
      count += 1;
      calls.emit('call');
      return Promise.resolve();
    },
  };
}

test('a wake-up reaches a handler of its lane in another process', async () => {
  const [producer, consumer] = [wakeUps(), wakeUps()];
  const engine = handler();
  const delivery = handler();
  consumer.onWake('engine', engine.handle);
  consumer.onWake('delivery', delivery.handle);
  await consumer.ready();
  const called = engine.next();
  producer.wake('engine');
  await called;
  expect(delivery.count).toBe(0);
});

test('a burst is few jobs, and the handler looks after its last wake-up', async () => {
  const [producer, consumer] = [wakeUps(), wakeUps()];
  let stored = 0;
  let seen = 0;
  let calls = 0;
  const complete = new EventEmitter();
  const done = once(complete, 'seen all');
  consumer.onWake('engine', () => {
    calls += 1;
    seen = stored;
    if (seen === 1000) complete.emit('seen all');
    return Promise.resolve();
  });
  await consumer.ready();
  await producer.ready();
  for (let n = 0; n < 1000; n += 1) {
    stored += 1;
    producer.wake('engine');
    if (n % 50 === 0) await new Promise(setImmediate);
  }
  await done;
  expect(seen).toBe(1000);
  expect(calls).toBeLessThan(30);
});

test('a wake-up that comes while the handler runs makes it run again', async () => {
  const [producer, consumer] = [wakeUps(), wakeUps()];
  const events = new EventEmitter();
  const firstRuns = once(events, 'run 1');
  const secondRuns = once(events, 'run 2');
  let calls = 0;
  let finishFirst: () => void = () => undefined;
  consumer.onWake('engine', () => {
    calls += 1;
    events.emit(`run ${calls}`);
    return calls === 1 ? new Promise((resolve) => (finishFirst = resolve)) : Promise.resolve();
  });
  await consumer.ready();
  producer.wake('engine');
  await firstRuns;
  producer.wake('engine');
  await producer.close();
  finishFirst();
  await secondRuns;
});

test('a handler that throws is told of and called again', async () => {
  const both = wakeUps();
  const events = new EventEmitter();
  const [first, second] = [once(events, 'run'), () => once(events, 'run')];
  both.onWake('delivery', () => {
    events.emit('run');
    return Promise.reject(new Error('broken on purpose'));
  });
  await both.ready();
  both.wake('delivery');
  await first;
  const again = second();
  both.wake('delivery');
  await again;
  await both.close();
  expect(failures.filter((line) => line.includes('broken on purpose'))).toHaveLength(2);
});

test('workspaces of one database do not take each other’s wake-ups', async () => {
  const [ours, theirs] = [wakeUps('rekindle'), wakeUps('another')];
  const foreign = handler();
  const own = handler();
  theirs.onWake('engine', foreign.handle);
  ours.onWake('engine', own.handle);
  await theirs.ready();
  await ours.ready();
  const called = own.next();
  ours.wake('engine');
  await called;
  expect(foreign.count).toBe(0);
});

test('from wake-up to handler it takes milliseconds', async () => {
  const [producer, consumer] = [wakeUps(), wakeUps()];
  const engine = handler();
  consumer.onWake('engine', engine.handle);
  await consumer.ready();
  const took: number[] = [];
  for (let n = 0; n < 40; n += 1) {
    const called = engine.next();
    const start = performance.now();
    producer.wake('engine');
    await called;
    took.push(performance.now() - start);
  }
  took.sort((a, b) => a - b);
  const median = took[20]!;
  process.stderr.write(
    `wake-up to handler: median ${median.toFixed(1)} ms, worst ${took.at(-1)!.toFixed(1)} ms\n`,
  );
  expect(median).toBeLessThan(100);
});

/** Who works with the queue just then takes its locks in another order: the drop may be what is refused. */
async function dropQueue(schema: string): Promise<void> {
  for (;;)
    try {
      await db.pool.query(`drop schema ${schema} cascade`);
      return;
    } catch (error) {
      if ((error as { code?: string }).code !== '40P01') throw error;
    }
}

test('after the queue was dropped, wake-ups arrive again by themselves', async () => {
  const both = wakeUps('dropped');
  const engine = handler();
  both.onWake('engine', engine.handle);
  await both.ready();
  for (let drops = 0; drops < 2; drops += 1) {
    await dropQueue('bullmq_dropped');
    const called = engine.next();
    const again = setInterval(() => both.wake('engine'), 100);
    await called.finally(() => clearInterval(again));
  }
});

test('after the server was killed and came back, wake-ups arrive again by themselves, also elsewhere', async () => {
  const home = mkdtempSync(join(tmpdir(), 'rekindle-wake-ups-'));
  const lines = new EventEmitter();
  const server = await startEmbedded({
    home,
    settings: { fsync: 'off' },
    log: (line) => lines.emit(line),
  });
  try {
    failures.length = 0;
    const [producer, consumer] = [wakeUps('outage', server.url), wakeUps('outage', server.url)];
    const engine = handler();
    consumer.onWake('engine', engine.handle);
    await Promise.all([producer.ready(), consumer.ready()]);
    const back = once(lines, 'the embedded server is back');
    process.kill(server.pid!, 'SIGKILL');
    producer.wake('engine');
    await back;
    const called = engine.next();
    const again = setInterval(() => producer.wake('engine'), 100);
    await called.finally(() => clearInterval(again));
    expect(failures.filter((line) => line.includes('out of reach')).length).toBeLessThan(3);
    await Promise.all([producer.close(), consumer.close()]);
  } finally {
    await server.stop();
    rmSync(home, { recursive: true, force: true });
  }
});
