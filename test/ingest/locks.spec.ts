/**
 * The locks between ingest and merge, one interleaving each, without chance: the other side is played by a
 * transaction that stops where it hurts, and goes on once the store has been seen waiting for it.
 */
import type pg from 'pg';
import { testDatabase, type TestDatabase } from '../support/database.js';
import { item, NOON, picture, rowsOf, store } from './support.js';

let db: TestDatabase;
beforeAll(async () => {
  db = await testDatabase();
});
afterAll(() => db.close());
beforeEach(() =>
  db.pool.query(
    `truncate events, event_keys, profile_event_stats, inbox, trait_changes, profile_keys, profiles cascade`,
  ),
);

const idOf = async (value: string): Promise<number> => {
  const text = 'select profile_id from profile_keys where value = $1';
  return (await rowsOf<{ profile_id: number }>(db.pool, text, [value]))[0]!.profile_id;
};

/** Runs `before` in an open transaction, starts `work`, commits once it waits for a lock; `work` must wait. */
async function interleave<T>(
  before: (sql: pg.PoolClient) => Promise<unknown>,
  work: () => Promise<T>,
): Promise<T> {
  const other = await db.pool.connect();
  try {
    await other.query('begin');
    await before(other);
    let ended = false;
    const working = work().finally(() => (ended = true));
    for (;;) {
      const waiting = await rowsOf(
        db.pool,
        `select from pg_stat_activity where datname = current_database() and wait_event_type = 'Lock'`,
      );
      if (waiting.length > 0) break;
      if (ended) {
        await working;
        throw new Error('it did not wait');
      }
    }
    await other.query('commit');
    return await working;
  } finally {
    other.release();
  }
}

/** Resolves once some session waits for a lock that `holder` holds. */
async function untilWaitingFor(holder: pg.PoolClient): Promise<void> {
  const { rows } = await holder.query<{ pid: number }>('select pg_backend_pid() as pid');
  const text = 'select from pg_stat_activity where $1 = any(pg_blocking_pids(pid))';
  while ((await rowsOf(db.pool, text, [rows[0]!.pid])).length === 0);
}

test('an event for a key that is being merged away goes to the survivor', async () => {
  await store(db.pool, [item({ anonymousId: 'd' }), item({ userId: 'u' })]);
  const [loser, survivor] = [await idOf('d'), await idOf('u')];
  await interleave(
    async (sql) => {
      await sql.query('update profile_keys set profile_id = $2 where profile_id = $1', [
        loser,
        survivor,
      ]);
      await sql.query('update profiles set merged_into = $2 where id = $1', [loser, survivor]);
    },
    () => store(db.pool, [item({ anonymousId: 'd', messageId: 'late' })]),
  );
  expect(await rowsOf(db.pool, `select profile_id from events where message_id = 'late'`)).toEqual([
    { profile_id: survivor },
  ]);
});

test('a merge waits for an event that is being written, and takes it along', async () => {
  await store(db.pool, [
    item({ anonymousId: 'd', messageId: 'a' }),
    item({ userId: 'u', messageId: 'b' }),
  ]);
  const loser = await idOf('d');
  await interleave(
    async (sql) => {
      await sql.query(`select from profile_keys where value = 'd' for share`);
      await sql.query(
        `insert into events (profile_id, name, occurred_at, judged_at, received_at, source, message_id)
         values ($1, 'x', $2, $2, $2, 'test', 'c')`,
        [loser, new Date(NOON).toISOString()],
      );
    },
    () => store(db.pool, [item({ type: 'identify', userId: 'u', anonymousId: 'd' })]),
  );
  expect(await picture(db.pool)).toMatchObject([{ events: ['a', 'b', 'c'] }]);
});

test('a merge also moves a key that was being added when it began', async () => {
  await store(db.pool, [item({ anonymousId: 'd' }), item({ userId: 'u' })]);
  const loser = await idOf('d');
  await interleave(
    async (sql) => {
      await sql.query(`select from profile_keys where value = 'd' for share`);
      await sql.query(`insert into profile_keys values ('anonymous', 'added', $1)`, [loser]);
    },
    () => store(db.pool, [item({ type: 'identify', userId: 'u', anonymousId: 'd' })]),
  );
  expect(await picture(db.pool)).toMatchObject([
    { keys: ['anonymous:added', 'anonymous:d', 'user:u'] },
  ]);
});

test('a merge looks again until no key is new: keys added in turn all move', async () => {
  await store(db.pool, [item({ anonymousId: 'd' }), item({ userId: 'u' })]);
  const loser = await idOf('d');
  await db.pool.query(`insert into profile_keys values ('anonymous', 'e', $1)`, [loser]);
  const [first, second, third] = await Promise.all([1, 2, 3].map(() => db.pool.connect()));
  const share = (value: string) =>
    `begin; select from profile_keys where value = '${value}' for share`;
  const add = (sql: pg.PoolClient, value: string) =>
    sql.query(`insert into profile_keys values ('anonymous', $1, $2)`, [value, loser]);
  await first!.query(share('d'));
  await add(first!, 'f');
  await second!.query(share('e'));
  const merging = store(db.pool, [item({ type: 'identify', userId: 'u', anonymousId: 'd' })]);
  await untilWaitingFor(first!);
  await first!.query('commit');
  await untilWaitingFor(second!);
  await third!.query(share('f'));
  await add(third!, 'g');
  await second!.query('commit');
  await untilWaitingFor(third!);
  await third!.query('commit');
  await merging;
  for (const client of [first, second, third]) client!.release();
  const keys = ['d', 'e', 'f', 'g'].map((value) => `anonymous:${value}`);
  expect(await picture(db.pool)).toMatchObject([{ keys: [...keys, 'user:u'] }]);
});

test('a device that another user is claiming at this moment is not claimed twice', async () => {
  await store(db.pool, [item({ anonymousId: 'd' })]);
  const device = await idOf('d');
  await interleave(
    async (sql) => {
      await sql.query('select from profiles where id = $1 for no key update', [device]);
      await sql.query(`insert into profile_keys values ('user', 'u', $1)`, [device]);
    },
    () => store(db.pool, [item({ userId: 'v', anonymousId: 'd' })]),
  );
  expect((await picture(db.pool)) as object[]).toMatchObject([
    { keys: ['anonymous:d', 'user:u'] },
    { keys: ['user:v'] },
  ]);
});

test('a new key that another writer binds at this moment is bound once', async () => {
  await store(db.pool, [item({ userId: 'u' })]);
  const owner = await idOf('u');
  await interleave(
    (sql) => sql.query(`insert into profile_keys values ('anonymous', 'd', $1)`, [owner]),
    () => store(db.pool, [item({ anonymousId: 'd', messageId: 'late' })]),
  );
  expect(await picture(db.pool)).toMatchObject([{ keys: ['anonymous:d', 'user:u'] }]);
});

test('the same event in another transaction is waited for and stored once', async () => {
  const twin = item({ userId: 'u', source: 's', messageId: 'm' });
  const claim = (sql: pg.PoolClient) =>
    sql.query(`insert into event_keys values (md5(E's\\nm')::uuid, '2026-01-01')`);
  const [outcome] = await interleave(claim, () => store(db.pool, [twin]));
  expect(outcome!.kind).toBe('duplicate');
});

test('no group is stored while definitions are being published', async () => {
  await interleave(
    (sql) => sql.query('select pg_advisory_xact_lock(hashtext(current_schema()), -1)'),
    () => store(db.pool, [item({ userId: 'u' })]),
  );
  expect(await picture(db.pool)).toHaveLength(1);
});
