/** What every connection promises (core/queryable.ts), and the workspace's tables in any schema. */
import { openPool, openDataSource, connectionsOf } from '../../src/app/database.js';
import { createWorkspaceSchema, migrate, migrationFiles } from '../../src/app/migrate.js';
import { NEVER } from '../../src/core/instant.js';
import type { ConnectionSource } from '../../src/core/queryable.js';
import { testDatabase, type TestDatabase } from '../support/database.js';

let db: TestDatabase;
beforeAll(async () => {
  db = await testDatabase();
});
afterAll(() => db.close());

test('values arrive as instants, safe numbers, json values and text', async () => {
  const { rows } = await db.pool.query(
    `select '2024-02-29 23:59:59.123+00'::timestamptz(3) as at, 'infinity'::timestamptz as never,
            9007199254740991::bigint as big, '{"a":[1]}'::jsonb as json, 1.50::numeric as exact,
            '2024-02-29'::date as day, array[1, null]::bigint[] as bigs,
            array['2024-01-01 00:00:00+00', 'infinity']::timestamptz[] as ats`,
  );
  expect(rows[0]).toEqual({
    at: Date.UTC(2024, 1, 29, 23, 59, 59, 123),
    never: NEVER,
    big: Number.MAX_SAFE_INTEGER,
    json: { a: [1] },
    exact: '1.50',
    day: '2024-02-29',
    bigs: [1, null],
    ats: [Date.UTC(2024, 0, 1), NEVER],
  });
});

test('a bigint beyond 2^53 fails instead of losing digits', async () => {
  await expect(db.pool.query('select 9007199254740992::bigint')).rejects.toThrow('safe number');
});

test('the workspace is the whole search_path, on TypeORM too', async () => {
  const dataSource = await openDataSource(db.url, { schema: db.schema });
  const { rows } = await connectionsOf(dataSource).query(
    `select current_schemas(false)::text[] as schemas, current_setting('timezone') as zone, 1::bigint as one`,
  );
  expect(rows[0]).toEqual({ schemas: ['rekindle'], zone: 'UTC', one: 1 });
  await dataSource.destroy();
});

test('the server lets go of sessions whose process vanished or stands still: they may hold shards', async () => {
  const dataSource = await openDataSource(db.url, { schema: db.schema });
  for (const connections of [db.pool, connectionsOf(dataSource)] as ConnectionSource[]) {
    const { rows } = await connections.query<{ setting: number }>(
      `select name, setting::int from pg_settings where name = any($1) order by name`,
      [['tcp_keepalives_idle', 'tcp_keepalives_interval', 'idle_in_transaction_session_timeout']],
    );
    expect(rows.map(({ setting }) => setting)).toEqual([300_000, 60, 15]);
  }
  await dataSource.destroy();
});

test('processes that migrate together run each migration once', async () => {
  const ran = await Promise.all([1, 2, 3].map(() => migrate(db.url, 'together')));
  expect(ran.flat()).toEqual(migrationFiles().map((file) => file.name));
});

test('a simulation gets the same tables in a schema of its own', async () => {
  await createWorkspaceSchema(db.pool, 'simulation_1');
  const { rows } = await db.pool.query(
    `select table_schema as schema, count(*)::int as tables from information_schema.tables
     where table_schema in ('rekindle', 'simulation_1') and table_name <> 'migrations'
     group by 1 order by 1`,
  );
  expect(rows[0]!.tables).toBe(rows[1]!.tables);
  const simulated = openPool(db.url, { schema: 'simulation_1', max: 1 });
  await simulated.query(`insert into accounts (external_id, created_at) values ('a', 'epoch')`);
  expect((await db.pool.query('select 1 from accounts')).rowCount).toBe(0);
  await simulated.end();
});

test('a schema name that would need quoting is refused', () => {
  expect(() => openPool(db.url, { schema: 'a; drop schema public' })).toThrow('schema name');
});
