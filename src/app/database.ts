/**
 * Connections to the workspace. In: a URL and a schema; out: TypeORM's DataSource (entities,
 * migrations) and the pg pool underneath it, which the hot paths use (core/queryable.ts). Invariant:
 * every session has the workspace as its whole `search_path`, UTC, ISO dates and the parsers of
 * type-parsers.ts, so SQL never names a schema and never meets a `Date`.
 */
import pg from 'pg';
import { DataSource, type DataSourceOptions } from 'typeorm';
import type { ConnectionSource } from '../core/queryable.js';
import { UsageError } from '../core/errors.js';
import { ENTITIES } from './entities.js';
import { TYPES } from './type-parsers.js';

export interface PoolOptions {
  /** The workspace; default `rekindle`. Lower-case letters, digits and `_`. */
  schema?: string;
  /** Most connections at once; default 10. */
  max?: number;
  /** Shown in pg_stat_activity; default `rekindle`. */
  applicationName?: string;
}

/** A schema name that needs no quoting anywhere: it also travels in connection options. Throws UsageError. */
export function checkSchemaName(schema: string): string {
  if (!/^[a-z_][a-z0-9_]{0,49}$/.test(schema)) {
    throw new UsageError(
      `a schema name is 1 to 50 lower-case letters, digits and "_", not ${JSON.stringify(schema)}`,
    );
  }
  return schema;
}

/**
 * A session that may be lost at any moment without ending the process: pg emits `error` on a borrowed
 * client that is between two statements, and nobody listens there. Its next statement fails as usual.
 */
export class SteadyClient extends pg.Client {
  constructor(config?: string | pg.ClientConfig) {
    super(config);
    this.on('error', () => undefined);
  }
}

/**
 * A session whose process vanished without a word (power, network) ends within two minutes instead of hours, and one whose
 * process stands still in a transaction after five: until then it holds its locks, whole shards among them.
 */
const LOSE_THE_LOST =
  '-c tcp_keepalives_idle=60 -c tcp_keepalives_interval=15 -c tcp_keepalives_count=4 -c idle_in_transaction_session_timeout=300000';

/** What pg's Pool and TypeORM's `extra` both take. */
function sessionOptions({
  schema = 'rekindle',
  max = 10,
  applicationName = 'rekindle',
}: PoolOptions) {
  return {
    Client: SteadyClient,
    max,
    types: TYPES,
    application_name: applicationName,
    // JIT costs more than it gives on statements of milliseconds.
    options: `-c search_path=${checkSchemaName(schema)} -c timezone=UTC -c datestyle=ISO -c jit=off ${LOSE_THE_LOST}`,
    // An idle session that the server ended must not end us: the pool replaces it.
    keepAlive: true,
    keepAliveInitialDelayMillis: 60_000,
  };
}

/**
 * A plain pool of its own, for tests, simulations and benches. The caller ends it. A connection lost
 * while idle is dropped and replaced; statements in flight fail as usual.
 */
export function openPool(url: string, options: PoolOptions = {}): pg.Pool {
  const pool = new pg.Pool({ connectionString: url, ...sessionOptions(options) });
  pool.on('error', () => undefined);
  return pool;
}

/**
 * An initialised TypeORM DataSource over every entity. The caller destroys it; migrations are given and
 * run by migrate.ts alone. A `where` with a null or undefined value throws instead of matching every row.
 */
export async function openDataSource(
  url: string,
  { migrations = [], ...options }: PoolOptions & Pick<DataSourceOptions, 'migrations'> = {},
): Promise<DataSource> {
  const dataSource = new DataSource({
    type: 'postgres',
    url,
    entities: ENTITIES,
    migrations,
    migrationsTableName: 'migrations',
    uuidExtension: 'pgcrypto',
    installExtensions: false,
    logging: false,
    invalidWhereValuesBehavior: { null: 'throw', undefined: 'throw' },
    poolErrorHandler: () => undefined,
    extra: sessionOptions(options),
  });
  return dataSource.initialize();
}

/** A DataSource together with the pool beneath it, of one schema; destroying the DataSource ends both. */
export async function openSchema(
  url: string,
  options: PoolOptions,
): Promise<{ dataSource: DataSource; connections: ConnectionSource }> {
  const dataSource = await openDataSource(url, options);
  return { dataSource, connections: connectionsOf(dataSource) };
}

/** The pg pool that TypeORM itself uses: entities and set-based SQL share its connections. */
export function connectionsOf(dataSource: DataSource): ConnectionSource {
  return (dataSource.driver as unknown as { master: pg.Pool }).master;
}
