/**
 * An open workspace: the server (embedded or `DATABASE_URL`), checked and migrated, and its
 * connections. Every process begins and every command ends here. Invariant: what was opened is closed
 * in reverse order, pools before the embedded server.
 */
import type { DataSource } from 'typeorm';
import type { Environment } from '../core/environment.js';
import type { ConnectionSource } from '../core/queryable.js';
import { OperationalError } from '../core/errors.js';
import { checkServer } from './check-server.js';
import { connectionsOf, openDataSource, SteadyClient } from './database.js';
import { startEmbedded, type EmbeddedPostgres } from './embedded-postgres.js';
import { databasePlace, databaseRefusal } from './explain-start.js';
import { migrate, unknownMigrations } from './migrate.js';

export interface WorkspaceOptions {
  /** Most connections of the pool; default 20. */
  max?: number;
  /** Shown in pg_stat_activity. */
  applicationName?: string;
  /** What an operator should know, one line each. */
  log: (line: string) => void;
}

/** A server that has not answered by then is out of reach. */
const FIRST_ANSWER_MS = 10_000;

const REMEDY =
  'start that version, or restore a backup from before it; REKINDLE_NEWER_SCHEMA=accept tries all the same';

export interface Workspace {
  url: string;
  /** Which database, for people: without the password. */
  place: string;
  schema: string;
  dataSource: DataSource;
  connections: ConnectionSource;
  /** Closes the pool, then leaves the embedded server, which the last process stops. */
  close(): Promise<void>;
  /** For a process that must end now: sessions are cut, the embedded server is stopped or left to others. */
  abandon(): Promise<void>;
}

/** Opens the workspace the environment names; rejects with OperationalError when the server is out of reach or unfit. */
export async function openWorkspace(
  environment: Environment,
  { max = 20, applicationName = 'rekindle', log }: WorkspaceOptions,
): Promise<Workspace> {
  const embedded = environment.databaseUrl
    ? null
    : await startEmbedded({ home: environment.home, log });
  try {
    return await openOn(embedded, environment, { max, applicationName, log });
  } catch (error) {
    await embedded?.stop();
    throw error;
  }
}

async function openOn(
  embedded: EmbeddedPostgres | null,
  environment: Environment,
  { log, ...options }: WorkspaceOptions,
): Promise<Workspace> {
  const url = embedded?.url ?? environment.databaseUrl!;
  const { schema } = environment;
  const dataSource = await prepare(url, environment, { log, ...options }).catch(
    (error: unknown) => {
      throw databaseRefusal(error, url);
    },
  );
  return {
    url,
    schema,
    place: embedded ? `embedded in ${environment.home}` : databasePlace(url),
    dataSource,
    connections: connectionsOf(dataSource),
    async close() {
      await dataSource.destroy();
      await embedded?.stop();
    },
    async abandon() {
      await embedded?.stop(0);
    },
  };
}

/** A server that is unfit is refused before anything of it is touched. */
async function prepare(
  url: string,
  { schema, durability, newerSchema }: Environment,
  { log, ...options }: WorkspaceOptions,
): Promise<DataSource> {
  const guest = new SteadyClient({
    connectionString: url,
    connectionTimeoutMillis: FIRST_ANSWER_MS,
  });
  await guest.connect();
  try {
    await checkServer(guest, durability, log);
    const unknown = await unknownMigrations(guest, schema);
    const newer = `schema ${schema} was migrated by a newer version (${unknown.join(', ')})`;
    if (unknown.length > 0 && newerSchema === 'refuse')
      throw new OperationalError(`${newer}: ${REMEDY}`, 'permanent');
    if (unknown.length > 0) log(`${newer}; REKINDLE_NEWER_SCHEMA=accept lets this one use it`);
  } finally {
    await guest.end();
  }
  const ran = await migrate(url, schema);
  if (ran.length > 0) log(`migrated schema ${schema}: ${ran.join(', ')}`);
  return openDataSource(url, { schema, ...options });
}
