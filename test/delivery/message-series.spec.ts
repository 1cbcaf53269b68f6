/** Messages over time, from counts of blocks: the same as reading all of them, or as much in all where it says that it estimates. */
import { countMessages } from '../../src/delivery/message-counts.sql.js';
import { messagesOverTime, type SeriesFilter } from '../../src/delivery/message-series.sql.js';
import { testDatabase, type TestDatabase } from '../support/database.js';
import { FIRST_DECIDED, writeManyMessages } from './many-messages.js';

const COUNT = 45_000;
const HOUR = 3_600_000;

let db: TestDatabase;
beforeAll(async () => {
  db = await testDatabase();
  await writeManyMessages(db.pool, { count: COUNT, open: 700, profiles: 900 });
  // The newest messages have not been counted, and some of them have room in a block that was.
  await db.pool.query(`create table held as select * from messages where id > ${COUNT - 300}`);
  await db.pool.query(`delete from messages where id > ${COUNT - 300}`);
  await countMessages(db.pool, FIRST_DECIDED + COUNT * 1_000 + HOUR);
  await db.pool.query('insert into messages select * from held');
}, 60_000);
afterAll(() => db.close());

/** `hours` bounds from an instant after the first message on. */
const hourly = (from: number, hours: number): number[] =>
  Array.from({ length: hours + 1 }, (_, n) => FIRST_DECIDED + from + n * HOUR);

async function plainly(campaign: string | null, bounds: number[]): Promise<Record<string, number>> {
  const found: Record<string, number> = {};
  for (const [span, from] of bounds.slice(0, -1).entries()) {
    const { rows } = await db.pool.query<{ state: string; n: number }>(
      `select state, count(*)::int as n from messages
       where ($1::text is null or campaign = $1) and decided_at >= $2 and decided_at < $3 group by 1`,
      [campaign, new Date(from), new Date(bounds[span + 1]!)],
    );
    for (const { state, n } of rows) found[`${span} ${state}`] = n;
  }
  return found;
}

async function shown(
  filter: SeriesFilter,
  bounds: number[],
  mostRead?: number,
): Promise<{ found: Record<string, number>; lags: boolean; estimated: boolean }> {
  const { counts, ...how } = await messagesOverTime(db.pool, filter, bounds, mostRead);
  return {
    found: Object.fromEntries(counts.map(({ span, state, n }) => [`${span} ${state}`, n])),
    ...how,
  };
}

test.each([
  ['all of them by hour', {}, hourly(-1_000, 14)],
  ['a frequent campaign by hour', { campaign: 'c0' }, hourly(600_000, 9)],
  ['a rare campaign by hour', { campaign: 'c9' }, hourly(0, 13)],
  ['nobody’s', { campaign: 'none' }, hourly(0, 13)],
  ['the last half hour, mostly not counted yet', {}, hourly((COUNT - 1_800) * 1_000, 1)],
  ['a time before the first', {}, hourly(-10 * HOUR, 5)],
])('%s: exactly what is there', async (_, filter: SeriesFilter, bounds) => {
  const { found, estimated } = await shown(filter, bounds);
  expect(found).toEqual(await plainly(filter.campaign ?? null, bounds));
  expect(estimated).toBe(false);
});

test('blocks that lie within one stretch are not read: their counts are enough', async () => {
  const all = [FIRST_DECIDED - HOUR, FIRST_DECIDED + 100 * HOUR];
  const { found, estimated } = await shown({}, all, 0);
  expect(found).toEqual(await plainly(null, all));
  expect(estimated).toBe(false);
});

test('what may not be read is divided by time, loses nobody and says so', async () => {
  const bounds = hourly(-1_000, 14);
  const { found, estimated } = await shown({ campaign: 'c0' }, bounds, 0);
  expect(estimated).toBe(true);
  const exact = await plainly('c0', bounds);
  const sum = (counts: Record<string, number>): number =>
    Object.entries(counts).reduce((all, [key, n]) => (key.endsWith('sent') ? all + n : all), 0);
  expect(Math.abs(sum(found) - sum(exact))).toBeLessThan(bounds.length);
  expect(Math.abs(found['3 sent']! - exact['3 sent']!) / exact['3 sent']!).toBeLessThan(0.02);
});
