/** What a profile may hold at most, and what a batch of values that the database cannot keep may cost at most. */
import fc from 'fast-check';
import type { ConnectionSource } from '../../src/core/queryable.js';
import { GroupCommit } from '../../src/ingest/group-commit.js';
import type { Item } from '../../src/ingest/item.js';
import { storeItems } from '../../src/ingest/store-items.js';
import { jsonbBytes } from '../../src/ingest/trait-limits.js';
import { testDatabase, type TestDatabase } from '../support/database.js';
import { item, NOON, picture, rowsOf, store } from './support.js';

let db: TestDatabase;
beforeAll(async () => {
  db = await testDatabase();
});
afterAll(() => db.close());
beforeEach(() =>
  db.pool.query(
    `truncate events, event_keys, profile_event_stats, inbox, rejects, trait_changes, profile_keys, profiles, accounts cascade`,
  ),
);

const LIMIT = 256 * 1024;
/** Nearly as much as one call may carry: eight fit, the ninth does not. */
const bulk = (name: string): Item['traits'] => ({ [name]: 'x'.repeat(30_000) });
const identify = (part: Partial<Item>) => item({ type: 'identify', userId: 'u', ...part });
const kinds = (outcomes: { kind: string }[]) => outcomes.map(({ kind }) => kind);
const rejects = () =>
  rowsOf<{ code: string; detail: string }>(db.pool, 'select code, detail from rejects order by id');

test('the size of a value is what Postgres writes', async () => {
  const values = fc.array(fc.jsonValue({ noUnicodeString: false }), {
    minLength: 50,
    maxLength: 50,
  });
  await fc.assert(
    fc.asyncProperty(
      values,
      fc.array(fc.double({ noNaN: true, noDefaultInfinity: true })),
      async (list, numbers) => {
        const all = [...list, ...numbers].filter(
          (value) => !/\\u(0000|d[89a-f])/.test(JSON.stringify(value)),
        );
        const rows = await rowsOf<{ bytes: number }>(
          db.pool,
          `select octet_length(e::text) as bytes from jsonb_array_elements($1::jsonb) with ordinality as l (e, n) order by n`,
          [JSON.stringify(all)],
        );
        expect(rows.map(({ bytes }) => bytes)).toEqual(all.map(jsonbBytes));
      },
    ),
    { numRuns: 40 },
  );
});

test('traits beyond 256 KB are refused, item by item, and the rest of the batch is kept', async () => {
  const batch = Array.from({ length: 12 }, (_, i) =>
    identify({ traits: bulk(`t${i}`), messageId: `b${i}` }),
  );
  batch.push(item({ userId: 'u', event: 'seen' }), identify({ traits: { small: 1 } }));
  const outcomes = await store(db.pool, batch);
  expect(kinds(outcomes)).toEqual([
    ...Array.from({ length: 8 }, () => 'stored'),
    ...Array.from({ length: 4 }, () => 'refused'),
    'stored',
    'stored',
  ]);
  expect(await rejects()).toEqual(
    Array.from({ length: 4 }, () => ({
      code: 'traits_full',
      detail: 'its traits would come to more than 262144 bytes',
    })),
  );
  const [row] = await rowsOf<{ bytes: number; names: string[] }>(
    db.pool,
    `select octet_length(traits::text) as bytes, array(select jsonb_object_keys(traits)) as names from profiles`,
  );
  expect(row!.bytes).toBeLessThanOrEqual(LIMIT);
  expect(row!.names.sort()).toEqual(['small', 't0', 't1', 't2', 't3', 't4', 't5', 't6', 't7']);
  expect(await rowsOf(db.pool, 'select trait from trait_changes')).toHaveLength(9);
});

test('nothing of a refused call is stored, and it may come again once there is room', async () => {
  await store(
    db.pool,
    Array.from({ length: 8 }, (_, i) => identify({ traits: bulk(`t${i}`) })),
  );
  const late = identify({
    traits: bulk('late'),
    anonymousId: 'device',
    groupId: 'acme',
    messageId: 'late',
  });
  expect(kinds(await store(db.pool, [late]))).toEqual(['refused']);
  expect(await picture(db.pool)).toMatchObject([{ keys: ['user:u'] }]);
  expect(await rowsOf(db.pool, 'select from accounts')).toEqual([]);
  await store(db.pool, [identify({ traits: { t0: null } })]);
  expect(kinds(await store(db.pool, [late]))).toEqual(['stored']);
});

test('a full profile may still shrink, replace and have events', async () => {
  await store(
    db.pool,
    Array.from({ length: 8 }, (_, i) => identify({ traits: bulk(`t${i}`) })),
  );
  const outcomes = await store(db.pool, [
    identify({ traits: { t1: 'short' } }),
    identify({ traits: bulk('t2') }),
    item({ userId: 'u', event: 'seen', hints: { timezone: 'Europe/Berlin' } }),
  ]);
  expect(kinds(outcomes)).toEqual(['stored', 'stored', 'stored']);
});

test('a profile has at most 1,000 trait names, removed ones included', async () => {
  const names = (from: number, count: number, value: unknown) =>
    Object.fromEntries(Array.from({ length: count }, (_, i) => [`n${from + i}`, value]));
  const outcomes = await store(db.pool, [
    identify({ traits: names(0, 400, 1) }),
    identify({ traits: names(0, 400, null) }),
    identify({ traits: names(400, 400, 1) }),
    identify({ traits: names(800, 201, 1) }),
    identify({ traits: names(800, 200, 1) }),
  ]);
  expect(kinds(outcomes)).toEqual(['stored', 'stored', 'stored', 'refused', 'stored']);
  expect((await rejects())[0]!.detail).toContain('more than 1000 trait names');
});

test('an account is bounded as a profile is', async () => {
  const group = (i: number) =>
    item({ type: 'group', userId: `u${i}`, groupId: 'acme', accountTraits: bulk(`t${i}`) });
  const outcomes = await store(
    db.pool,
    Array.from({ length: 10 }, (_, i) => group(i)),
  );
  expect(kinds(outcomes).filter((kind) => kind === 'refused')).toHaveLength(2);
  expect(await picture(db.pool)).toHaveLength(8);
  const [row] = await rowsOf<{ bytes: number }>(
    db.pool,
    'select octet_length(traits::text) as bytes from accounts',
  );
  expect(row!.bytes).toBeLessThanOrEqual(LIMIT);
});

test('a merge that would not fit is refused with the call that asks for it; both stay as they were', async () => {
  const five = (who: Partial<Item>, name: string) =>
    Array.from({ length: 5 }, (_, i) =>
      item({ type: 'identify', ...who, traits: bulk(`${name}${i}`) }),
    );
  await store(db.pool, [...five({ userId: 'u' }, 'a'), ...five({ anonymousId: 'd' }, 'b')]);
  const before = await picture(db.pool);
  const outcomes = await store(db.pool, [
    item({ userId: 'v', event: 'seen' }),
    identify({ anonymousId: 'd' }),
  ]);
  expect(kinds(outcomes)).toEqual(['stored', 'refused']);
  expect(await rejects()).toEqual([
    { code: 'traits_full', detail: 'merged, its traits would come to more than 262144 bytes' },
  ]);
  expect(await picture(db.pool)).toEqual(expect.arrayContaining(before));
});

test('what comes past the code is stopped by the tables, and told in the same words', async () => {
  await store(db.pool, [identify({})]);
  const fill = (table: string) =>
    db.pool.query(`update ${table} set traits = jsonb_build_object('x', repeat('x', ${LIMIT}))`);
  await expect(fill('profiles')).rejects.toMatchObject({ constraint: 'profiles_traits_size' });
  await db.pool.query(`insert into accounts (external_id, created_at) values ('a', '2026-01-01')`);
  await expect(fill('accounts')).rejects.toMatchObject({ constraint: 'accounts_traits_size' });
});

test('a batch of 2,500 poisoned items costs a bounded number of transactions', async () => {
  await db.pool.query(`alter table profiles add constraint odd check (not traits ? 'odd')`);
  let transactions = 0;
  const counting: ConnectionSource = {
    query: db.pool.query.bind(db.pool),
    async connect() {
      transactions += 1;
      return db.pool.connect();
    },
  };
  const group = new GroupCommit((items, refusals) =>
    storeItems(counting, items, NOON, { refusals }),
  );
  const items = Array.from({ length: 2_500 }, (_, i) =>
    identify({ userId: `u${i}`, traits: { odd: 1 } }),
  );
  const outcomes = await group.submit({ items, refusals: [], bytes: 1 });
  await db.pool.query('alter table profiles drop constraint odd');
  expect(new Set(kinds(outcomes))).toEqual(new Set(['refused']));
  expect(transactions).toBeLessThanOrEqual(130);
  expect(await rowsOf(db.pool, 'select from rejects')).toHaveLength(2_500);
  expect(await rowsOf(db.pool, 'select from profiles')).toEqual([]);
});
