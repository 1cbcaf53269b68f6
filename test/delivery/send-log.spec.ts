/** The send log over blocks of messages: the same answers as the plain statement that reads all of them. */
import fc from 'fast-check';
import { countMessages, NOT_FINAL, recountLater } from '../../src/delivery/message-counts.sql.js';
import { countSendLog } from '../../src/delivery/send-log-counts.sql.js';
import type { SendLogFilter } from '../../src/delivery/send-log-filter.js';
import { listMessages } from '../../src/delivery/send-log.sql.js';
import { testDatabase, type TestDatabase } from '../support/database.js';
import { FIRST_DECIDED, writeManyMessages } from './many-messages.js';

const COUNT = 45_000;
const OPEN = 700;
const NOW = FIRST_DECIDED + COUNT * 1_000 + 3_600_000;

let db: TestDatabase;
beforeAll(async () => {
  db = await testDatabase();
  await writeManyMessages(db.pool, { count: COUNT, open: OPEN, profiles: 900 });
  // The newest messages have not been counted.
  await db.pool.query(`create table held as select * from messages where id > ${COUNT - 300}`);
  await db.pool.query(`delete from messages where id > ${COUNT - 300}`);
  await countMessages(db.pool, NOW);
  await db.pool.query('insert into messages select * from held');
}, 60_000);
afterAll(() => db.close());

/** The filter as one plain condition, written apart from the product's. */
function plain(filter: SendLogFilter): { where: string; values: unknown[] } {
  const values: unknown[] = [];
  const bind = (value: unknown): string => `$${values.push(value)}`;
  const parts = Object.entries(filter).map(([key, value]) => {
    switch (key) {
      case 'states':
        return `state = any(${bind(value)})`;
      case 'versionId':
        return `version_id = ${bind(value)}`;
      case 'profileId':
        return `profile_id = ${bind(value)}`;
      case 'address':
        return `address ilike ${bind(value)}`;
      case 'domain':
        return `address ilike '%@' || ${bind(value)}::text`;
      case 'from':
        return `extract(epoch from decided_at) * 1000 >= ${bind(value)}::numeric`;
      case 'until':
        return `extract(epoch from decided_at) * 1000 < ${bind(value)}::numeric`;
      case 'problems':
        return `(state = 'failed' or state = 'ambiguous' or reason is not distinct from 'failed_render')`;
      default:
        return `${key} = ${bind(value)}`;
    }
  });
  return { where: parts.join(' and ') || 'true', values };
}

const instant = fc.integer({ min: -10, max: COUNT + 10 }).map((n) => FIRST_DECIDED + n * 1_000);
const filters: fc.Arbitrary<SendLogFilter> = fc.record(
  {
    states: fc.subarray(
      ['pending', 'claimed', 'transmitting', 'sent', 'failed', 'ambiguous', 'skipped'] as const,
      {
        minLength: 1,
      },
    ),
    id: fc.integer({ min: 1, max: COUNT }),
    reason: fc.constantFrom('address', 'worker_lost', 'unsubscribed', 'failed_render', 'cap'),
    campaign: fc.constantFrom('c0', 'c3', 'c9', 'c15', 'none'),
    step: fc.constantFrom('s0', 's2'),
    topic: fc.constant('news'),
    purpose: fc.constantFrom('marketing', 'transactional'),
    provider: fc.constantFrom('main', 'backup', 'rare'),
    problems: fc.constant(true),
    profileId: fc.integer({ min: 1, max: 900 }),
    address: fc.integer({ min: 1, max: 900 }).map((n) => `PERSON${n}@gmail.example`),
    domain: fc.constantFrom('gmail.example', 'OUTLOOK.example', 'd17.example', 'none.example'),
    from: instant,
    until: instant,
  },
  { requiredKeys: [] },
);
/** Few fields at once, or nothing would ever be found. */
const sparse = fc
  .tuple(
    filters,
    fc.shuffledSubarray(
      [
        'states',
        'id',
        'reason',
        'campaign',
        'step',
        'topic',
        'purpose',
        'provider',
        'problems',
        'profileId',
        'address',
        'domain',
        'from',
        'until',
      ],
      { maxLength: 3 },
    ),
  )
  .map(
    ([filter, keys]) =>
      Object.fromEntries(
        Object.entries(filter).filter(([key]) => keys.includes(key)),
      ) as SendLogFilter,
  );

const RUNS = 150;

test('a page is what the plain statement finds, from any place on', async () => {
  let found = 0;
  await fc.assert(
    fc.asyncProperty(
      sparse,
      fc.option(fc.integer({ min: 1, max: COUNT + 5 })),
      fc.constantFrom(1, 7, 60),
      async (filter, before, limit) => {
        const { where, values } = plain(filter);
        const { rows } = await db.pool.query<{ id: number }>(
          `select id from messages where ${where} and id < ${before ?? COUNT + 1} order by id desc limit ${limit}`,
          values,
        );
        const page = await listMessages(db.pool, filter, { before, limit });
        found += page.length;
        expect(page.map(({ id }) => id)).toEqual(rows.map(({ id }) => id));
      },
    ),
    { numRuns: RUNS, seed: 7 },
  );
  expect(found).toBeGreaterThan(RUNS);
}, 120_000);

test('counts are those of the plain statement wherever they say that they are exact', async () => {
  let exact = 0;
  await fc.assert(
    fc.asyncProperty(sparse, async (filter) => {
      const { where, values } = plain(filter);
      const { rows } = await db.pool.query(
        `select state, reason, count(*)::integer as n from messages where ${where} group by 1, 2 order by 1, 2 nulls first`,
        values,
      );
      const { counts, approximate } = await countSendLog(db.pool, filter);
      if (approximate) return;
      exact += 1;
      expect(counts).toEqual(rows);
    }),
    { numRuns: RUNS, seed: 8 },
  );
  expect(exact).toBeGreaterThan(RUNS / 2);
}, 120_000);

test('a settled message that somebody changes is found as what it is now', async () => {
  const failed = async () =>
    (await listMessages(db.pool, { states: ['failed'] }, { before: 16_000, limit: 100 })).map(
      ({ id }) => id,
    );
  const before = await failed();
  expect(before).toContain(1009);
  // A sent message, in a block that is final.
  await db.pool.query(`update messages set state = 'failed', reason = 'address' where id = 1000`);
  await recountLater(db.pool, [1000]);
  expect(await failed()).toEqual([...before, 1000]);
  await countMessages(db.pool, NOW);
  expect(await failed()).toEqual([...before, 1000]);
  const { counts } = await countSendLog(db.pool, {
    states: ['failed'],
    until: FIRST_DECIDED + 16_384_000,
  });
  const { rows } = await db.pool.query(
    `select count(*)::integer as n from messages where state = 'failed' and id < 16384`,
  );
  expect(counts).toEqual([{ state: 'failed', reason: 'address', n: rows[0]!.n }]);
});

test('a message that somebody changes while its block is being counted is counted again', async () => {
  await recountLater(db.pool, [1000]);
  const person = await db.pool.connect();
  await person.query('begin');
  await person.query('select from message_blocks where block = 0 for update');
  // Its statement has seen the block as it was, and waits to write that down.
  const counting = countMessages(db.pool, NOW);
  await waitsForALock();
  await person.query(
    `update messages set state = 'ambiguous', settled_at = decided_at where id = 1000`,
  );
  await recountLater(person, [1000]);
  await person.query('commit');
  person.release();
  await counting;
  const ambiguous = await listMessages(
    db.pool,
    { states: ['ambiguous'] },
    { before: 1001, limit: 1 },
  );
  expect(ambiguous.map(({ id }) => id)).toEqual([1000]);
  await countMessages(db.pool, NOW);
});

/** Resolves when a statement in this database waits for a lock. */
async function waitsForALock(): Promise<void> {
  for (;;) {
    const { rowCount } = await db.pool.query(
      `select from pg_stat_activity where datname = current_database() and wait_event_type = 'Lock'`,
    );
    if (rowCount) return;
  }
}

test('what is all settled is counted once', async () => {
  await db.pool.query(
    `update messages set state = 'sent', settled_at = decided_at where state in ('pending', 'claimed', 'transmitting')`,
  );
  await db.pool.query('update message_blocks set open = 1');
  expect(await countMessages(db.pool, NOW)).toBe(3);
  expect(await countMessages(db.pool, NOW)).toBe(1);
  const { rows } = await db.pool.query(`select block from message_blocks where ${NOT_FINAL}`);
  expect(rows).toEqual([]);
});

test('a block whose messages were all erased is counted once more and then left alone', async () => {
  await db.pool.query('delete from messages where id < 16384');
  await recountLater(db.pool, [1000]);
  expect(await countMessages(db.pool, NOW)).toBe(2);
  expect(await countMessages(db.pool, NOW)).toBe(1);
  const { counts } = await countSendLog(db.pool, {});
  const { rows } = await db.pool.query('select count(*)::integer as n from messages');
  expect(counts.reduce((sum, { n }) => sum + n, 0)).toBe(rows[0]!.n);
});

test('an empty log is an empty page', async () => {
  const empty = await testDatabase();
  expect(await countMessages(empty.pool, NOW)).toBe(0);
  expect(await listMessages(empty.pool, { problems: true }, { before: null, limit: 5 })).toEqual(
    [],
  );
  expect(await countSendLog(empty.pool, {})).toEqual({ counts: [], approximate: false });
  await empty.close();
});
