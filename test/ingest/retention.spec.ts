/** Refused items are kept for thirty days, then forgotten, however many there are. */
import { VirtualClock } from '../../src/core/clock.js';
import { pruneRejects, RetentionService } from '../../src/ingest/retention.service.js';
import type { TestDatabase } from '../support/database.js';
import { testDatabase } from '../support/database.js';

const NOW = Date.UTC(2026, 4, 31, 12);

let db: TestDatabase;
beforeAll(async () => (db = await testDatabase()));
beforeEach(() => db.pool.query('truncate rejects'));
afterAll(() => db.close());

const refuse = (at: string, count: number) =>
  db.pool.query(
    `insert into rejects (received_at, source, call, code, detail, item)
     select $1, 'test', 'track', 'bad', '', '{}' from generate_series(1, $2::int)`,
    [at, count],
  );

const left = async () =>
  (await db.pool.query<{ n: number }>('select count(*)::int as n from rejects')).rows[0]!.n;

it('the daily job forgets what is older than thirty days, and nothing else', async () => {
  await refuse('2026-05-01T11:59:59.999Z', 3);
  await refuse('2026-05-01T12:00:00Z', 5);
  await new RetentionService(db.pool, new VirtualClock(NOW)).daily();
  expect(await left()).toBe(5);
});

it('in chunks, to the last one', async () => {
  await refuse('2026-01-01T00:00:00Z', 25);
  expect(await pruneRejects(db.pool, NOW, 10)).toBe(25);
  expect(await left()).toBe(0);
});

it('a database that is away is no reason to fail', async () => {
  const away = {
    query: () => Promise.reject(new Error('refused')),
    connect: () => Promise.reject(),
  };
  await expect(
    new RetentionService(away as never, new VirtualClock(NOW)).daily(),
  ).resolves.toBeUndefined();
});
