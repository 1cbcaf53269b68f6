/** Entities against the tables that migrations make, and the traps of TypeORM that would bite them. */
import { NEVER } from '../../src/core/instant.js';
import { ENTITIES } from '../../src/app/entities.js';
import { DefinitionVersion } from '../../src/definitions/definition-version.entity.js';
import { StoredApiKey } from '../../src/ingest/api-key.entity.js';
import { testDatabase, type TestDatabase } from '../support/database.js';

let db: TestDatabase;
beforeAll(async () => {
  db = await testDatabase();
});
afterAll(() => db.close());

interface Column {
  name: string;
  type: string;
  nullable: boolean;
  identity: boolean;
  key: boolean;
}

async function migratedColumns(table: string): Promise<Column[]> {
  const { rows } = await db.pool.query<Column>(
    `select a.attname as name, format_type(a.atttypid, a.atttypmod) as type, not a.attnotnull as nullable,
            a.attidentity = 'd' as identity, coalesce(a.attnum = any(k.conkey), false) as key
     from pg_attribute a
     left join pg_constraint k on k.conrelid = a.attrelid and k.contype = 'p'
     where a.attrelid = $1::regclass and a.attnum > 0 and not a.attisdropped order by 1`,
    [table],
  );
  return rows;
}

/** What Postgres calls the types that entities name. */
const TYPE_NAMES: Record<string, string> = { timestamptz: 'timestamp(3) with time zone' };

function mappedColumns(entity: (typeof ENTITIES)[number]): Column[] {
  return db.dataSource
    .getMetadata(entity)
    .columns.map((column) => ({
      name: column.databaseName,
      type: (TYPE_NAMES[String(column.type)] ?? String(column.type)) + (column.isArray ? '[]' : ''),
      nullable: column.isNullable,
      identity: column.generatedIdentity === 'BY DEFAULT',
      key: column.isPrimary,
      precision: column.precision,
    }))
    .map(({ precision, ...column }) => {
      // `timestamptz` alone would keep microseconds.
      if (column.type === TYPE_NAMES['timestamptz']) expect(precision).toBe(3);
      return column;
    })
    .sort((a, b) => (a.name < b.name ? -1 : 1));
}

test.each(ENTITIES.map((entity) => [entity.name, entity] as const))(
  '%s has the columns of its migrated table',
  async (_, entity) => {
    const { tableName } = db.dataSource.getMetadata(entity);
    expect(mappedColumns(entity)).toEqual(await migratedColumns(tableName));
  },
);

test('no entity names a schema: the search_path is the workspace', () => {
  expect(
    db.dataSource.entityMetadatas.map(({ tablePath, tableName }) => tablePath === tableName),
  ).not.toContain(false);
});

const KEY = { name: 'k', prefix: 'p', hash: Buffer.from([1, 2]), scopes: ['ingest' as const] };

test('instants go in and come back to the millisecond, never included; numbers stay numbers', async () => {
  const keys = db.dataSource.getRepository(StoredApiKey);
  const at = Date.UTC(2026, 2, 29, 1, 30, 0, 7);
  await keys.insert({ ...KEY, createdAt: at, revokedAt: NEVER });
  const found = await keys.findOneByOrFail({ createdAt: at });
  expect(found).toEqual({
    ...KEY,
    id: expect.any(Number),
    createdAt: at,
    lastUsedAt: null,
    revokedAt: NEVER,
  });
  const { rows } = await db.pool.query('select created_at, revoked_at from api_keys');
  expect(rows).toEqual([{ created_at: at, revoked_at: NEVER }]);
  await keys.update({ id: found.id }, { lastUsedAt: 0, revokedAt: null });
  expect(await keys.findOneByOrFail({ id: found.id })).toMatchObject({
    lastUsedAt: 0,
    revokedAt: null,
  });
});

test.each([undefined, null])(
  'a where that lost its value (%s) throws instead of matching every row',
  async (lost) => {
    const keys = db.dataSource.getRepository(StoredApiKey);
    const where = { prefix: lost as unknown as string };
    await keys.insert({ ...KEY, prefix: `untouched ${String(lost)}`, createdAt: 0 });
    const rows = await keys.count();
    await expect(keys.find({ where })).rejects.toThrow('prefix');
    await expect(keys.findOneBy(where)).rejects.toThrow('prefix');
    await expect(keys.update(where, { name: 'lost' })).rejects.toThrow('prefix');
    await expect(keys.delete(where)).rejects.toThrow('prefix');
    expect(await keys.countBy({ name: KEY.name })).toBe(rows);
  },
);

test('values are bound, whatever they hold', async () => {
  const keys = db.dataSource.getRepository(StoredApiKey);
  const hostile = `') or 1=1; drop table api_keys; --`;
  await keys.insert({ ...KEY, name: hostile, prefix: hostile, createdAt: 0 });
  expect(await keys.findOneByOrFail({ prefix: hostile })).toMatchObject({ name: hostile });
  expect(await keys.findOneBy({ prefix: `' or ''='` })).toBeNull();
});

test('json keeps what looks like an operator or a date of TypeORM', async () => {
  const versions = db.dataSource.getRepository(DefinitionVersion);
  const definition = {
    kind: 'segment',
    id: 's',
    odd: { $in: ['2026-01-01T00:00:00Z'], '@instanceof': 'x' },
  };
  const made = versions.create({
    kind: 'segment',
    name: 's',
    version: 1,
    hash: '',
    source: '',
    createdAt: 0,
  });
  await versions.save(Object.assign(made, { definition }));
  expect((await versions.findOneByOrFail({ id: made.id })).definition).toEqual(definition);
});
