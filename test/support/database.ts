/**
 * A database of one's own for a test file: a clone of the migrated template (15 ms).
 *
 *   let db: TestDatabase;
 *   beforeAll(async () => { db = await testDatabase(); });
 *   afterAll(() => db.close());
 */
import { randomBytes } from 'node:crypto';
import pg from 'pg';
import type { DataSource } from 'typeorm';
import { openSchema } from '../../src/app/database.js';
import { inDatabase, SERVER_URL, TEMPLATE, TEST_SCHEMA } from './test-server.js';

export interface TestDatabase {
  /** Fits ConnectionSource; has the type parsers and the workspace as search_path. */
  pool: pg.Pool;
  /** Entities, over the same pool. */
  dataSource: DataSource;
  /** For what opens its own connections (TypeORM, BullMQ, other processes). */
  url: string;
  schema: string;
  /** Lets nobody in any more and ends whoever is: as a database that is away. */
  shut(): Promise<void>;
  /** Ends the pool and drops the database, whoever is still connected. */
  close(): Promise<void>;
}

export async function testDatabase({ max = 10 }: { max?: number } = {}): Promise<TestDatabase> {
  const server = process.env[SERVER_URL];
  if (!server)
    throw new Error('no test server: tests that need a database live in test/, not src/');
  const name = `test_${randomBytes(6).toString('hex')}`;
  await onServer(server, `create database ${name} template ${TEMPLATE}`);
  const url = inDatabase(server, name);
  const { dataSource, connections } = await openSchema(url, { schema: TEST_SCHEMA, max });
  return {
    pool: connections as pg.Pool,
    dataSource,
    url,
    schema: TEST_SCHEMA,
    async shut() {
      await onServer(server, `alter database ${name} allow_connections false`);
      // With a timeout it waits for the end of each, so that their clients have heard of it.
      await onServer(
        server,
        `select pg_terminate_backend(pid, 5000) from pg_stat_activity where datname = '${name}'`,
      );
    },
    async close() {
      await dataSource.destroy();
      await onServer(server, `drop database if exists ${name} with (force)`);
    },
  };
}

async function onServer(url: string, statement: string): Promise<void> {
  const client = new pg.Client({ connectionString: url });
  await client.connect();
  try {
    await client.query(statement);
  } finally {
    await client.end();
  }
}
