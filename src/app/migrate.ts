/**
 * The tables of a workspace. In: `migrations/*.sql`, in the order of their names; out: a schema that
 * has run each of them once. Production goes through TypeORM (its `migrations` table remembers what
 * ran) under an advisory lock, so that processes starting together do not race. A simulation makes
 * the same tables in a schema of its own without that memory.
 */
import { readFileSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import pg from 'pg';
import type { DataSource, MigrationInterface, QueryRunner } from 'typeorm';
import type { ConnectionSource, Queryable } from '../core/queryable.js';
import { checkSchemaName, openDataSource } from './database.js';
import { PACKAGE_ROOT } from './package-root.js';

interface MigrationFile {
  /** As TypeORM wants it: words, then the 13 digits that order it. */
  name: string;
  sql: string;
}

/** The files of `migrations/`, oldest first; a name that is not `<13 digits>-<words>.sql` throws. */
export function migrationFiles(directory = join(PACKAGE_ROOT, 'migrations')): MigrationFile[] {
  return readdirSync(directory)
    .filter((file) => file.endsWith('.sql'))
    .toSorted()
    .map((file) => {
      const [, at, words] = /^(\d{13})-([a-z0-9-]+)\.sql$/.exec(file) ?? [];
      if (!at || !words) throw new Error(`migrations/${file}: not <13 digits>-<words>.sql`);
      return {
        name: words.replace(/(?:^|-)(.)/g, (_, letter: string) => letter.toUpperCase()) + at,
        sql: readFileSync(join(directory, file), 'utf8'),
      };
    });
}

/** Each file as the class TypeORM expects. There is no way down: restore a backup instead. */
function migrationClasses(): (new () => MigrationInterface)[] {
  return migrationFiles().map(
    ({ name, sql }) =>
      class implements MigrationInterface {
        readonly name = name;
        async up(runner: QueryRunner): Promise<void> {
          await runner.query(sql);
        }
        down(): Promise<void> {
          throw new Error('migrations are not undone; restore a backup');
        }
      },
  );
}

/**
 * Brings the workspace `schema` up to date, creating it when missing. Any number of processes may call
 * it at once. Returns the names of the migrations that this call ran.
 */
export async function migrate(url: string, schema: string): Promise<string[]> {
  const guard = new pg.Client({ connectionString: url });
  await guard.connect();
  try {
    await guard.query(`select pg_advisory_lock(hashtext('rekindle migrate'), hashtext($1))`, [
      schema,
    ]);
    await guard.query(`create schema if not exists ${checkSchemaName(schema)}`);
    return await runMigrations(url, schema);
  } finally {
    await guard.end();
  }
}

/** Names of migrations that a newer version has run in `schema`, for all that this one knows; none where there is no schema yet. */
export async function unknownMigrations(sql: Queryable, schema: string): Promise<string[]> {
  const table = `${checkSchemaName(schema)}.migrations`;
  const there = await sql.query('select where to_regclass($1) is not null', [table]);
  if (there.rows.length === 0) return [];
  const { rows } = await sql.query<{ name: string }>(
    `select name from ${table} where name <> all($1) order by id`,
    [migrationFiles().map(({ name }) => name)],
  );
  return rows.map(({ name }) => name);
}

async function runMigrations(url: string, schema: string): Promise<string[]> {
  const dataSource: DataSource = await openDataSource(url, {
    schema,
    max: 2,
    migrations: migrationClasses(),
  });
  try {
    const ran = await dataSource.runMigrations({ transaction: 'each' });
    return ran.map((migration) => migration.name);
  } finally {
    await dataSource.destroy();
  }
}

/**
 * The same tables in another schema, for a simulation: fails if the schema exists. The caller drops it
 * (`drop schema ... cascade`) and reaches it with a pool of that schema (`openPool(url, {schema})`).
 */
export async function createWorkspaceSchema(
  connections: ConnectionSource,
  schema: string,
): Promise<void> {
  checkSchemaName(schema);
  const connection = await connections.connect();
  try {
    await connection.query('begin');
    await connection.query(`create schema ${schema}`);
    await connection.query(`set local search_path = ${schema}`);
    for (const { sql } of migrationFiles()) await connection.query(sql);
    await connection.query('commit');
    connection.release();
  } catch (error) {
    connection.release(true);
    throw error;
  }
}
