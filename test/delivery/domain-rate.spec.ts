/** A domain's rate: halved once per complaint, doubled each quiet hour, always between the floor and what it was. */
import fc from 'fast-check';
import type { Instant } from '../../src/core/instant.js';
import { instantToSql } from '../../src/core/instant.js';
import {
  burstAt,
  forgetRisenRates,
  halveRates,
  rateAt,
  SLOW_DOMAIN_MS,
} from '../../src/delivery/domain-rate.sql.js';
import type { TestDatabase } from '../support/database.js';
import { testDatabase } from '../support/database.js';

const NOW = Date.parse('2026-03-01T10:00:00Z');
const HOUR = 3_600_000;

let db: TestDatabase;
beforeAll(async () => (db = await testDatabase()));
beforeEach(() =>
  db.pool.query('delete from rate_buckets; delete from attempts; delete from messages'),
);
afterAll(() => db.close());

const bucket = (perSecond: number, burst = perSecond) =>
  db.pool.query(`insert into rate_buckets values ('domain', 'd.example', $1, $2, $2, $3)`, [
    perSecond,
    burst,
    instantToSql(NOW),
  ]);

const complain = (now: Instant) =>
  db.pool.query(
    `with complained as (select 'd.example'::text as domain) ${halveRates('complained', '$1::timestamptz(3)')}`,
    [instantToSql(now)],
  );

async function at(now: Instant): Promise<{ rate: number; burst: number } | null> {
  const { rows } = await db.pool.query<{ rate: number; burst: number }>(
    `select ${rateAt('b', '$1::timestamptz(3)')} as rate, ${burstAt('b', '$1::timestamptz(3)')} as burst
     from rate_buckets b where name = 'd.example'`,
    [instantToSql(now)],
  );
  return rows[0] ?? null;
}

it('halves at a complaint and doubles with every hour without one, up to what ops had set', async () => {
  await bucket(8, 40);
  await complain(NOW);
  const rates = [];
  for (const hours of [0, 0.9, 1, 2, 30]) rates.push(await at(NOW + hours * HOUR));
  expect(rates).toEqual([
    { rate: 4, burst: 20 },
    { rate: 4, burst: 20 },
    { rate: 8, burst: 40 },
    { rate: 8, burst: 40 },
    { rate: 8, burst: 40 },
  ]);
});

it('a complaint halves what it has risen to, not what it was', async () => {
  await bucket(64);
  for (const hours of [0, 1 / 6, 2 / 6, 3 / 6]) await complain(NOW + hours * HOUR);
  expect(await at(NOW + HOUR / 2)).toMatchObject({ rate: 4 });
  await complain(NOW + 2.6 * HOUR);
  expect(await at(NOW + 2.6 * HOUR)).toMatchObject({ rate: 8 });
});

it('replies that were under way when the domain was paused halve nothing more', async () => {
  await bucket(8);
  await complain(NOW);
  for (const ms of [0, 1_000, SLOW_DOMAIN_MS - 1]) await complain(NOW + ms);
  expect(await at(NOW)).toMatchObject({ rate: 4 });
});

it('a domain without a bucket gets one, which is forgotten when it has risen for a day', async () => {
  await complain(NOW);
  expect(await at(NOW)).toEqual({ rate: 0.05, burst: 1 });
  expect(await at(NOW + 10 * HOUR)).toEqual({ rate: 51.2, burst: 51.2 });
  expect(await forgetRisenRates(db.pool, NOW + 24 * HOUR)).toBe(0);
  expect(await forgetRisenRates(db.pool, NOW + 24 * HOUR + 1)).toBe(1);
  await bucket(8);
  await complain(NOW);
  expect(await forgetRisenRates(db.pool, NOW + 1_000 * HOUR)).toBe(0);
});

it('keeps its bounds under any history: never above what was set, never below the floor, never falling by itself', async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.double({ min: 0.01, max: 1_000, noNaN: true }),
      fc.array(fc.tuple(fc.boolean(), fc.integer({ min: 0, max: 5 * HOUR })), { maxLength: 12 }),
      async (configured, steps) => {
        await db.pool.query('delete from rate_buckets');
        await bucket(configured);
        let now = NOW;
        let slowedAt = -Infinity;
        let before = configured;
        for (const [complains, ms] of steps) {
          now += ms;
          const risen = (await at(now))!.rate;
          expect(risen).toBeGreaterThanOrEqual(before);
          expect(risen).toBeLessThanOrEqual(configured);
          if (complains) await complain(now);
          const { rate, burst } = (await at(now))!;
          const counts = complains && now - slowedAt >= SLOW_DOMAIN_MS;
          if (counts) slowedAt = now;
          const floor = Math.min(configured, 0.05);
          expect(rate).toBeCloseTo(counts ? Math.max(floor, risen / 2) : risen, 6);
          expect(burst).toBeGreaterThanOrEqual(rate);
          // The same row and the same instant give the same rate, whoever asks.
          expect(await at(now)).toEqual({ rate, burst });
          before = rate;
        }
        expect((await at(now + 1_000 * HOUR))!.rate).toBeCloseTo(configured, 6);
      },
    ),
    { numRuns: 40 },
  );
});
