/**
 * An open workspace: the server (embedded or `DATABASE_URL`), checked and migrated, and its
 * connections. Every process begins and every command ends here. Invariant: what was opened is closed
 * in reverse order, pools before the embedded server.
 */
import type { DataSource } from 'typeorm';
import type { Environment } from '../core/environment.js';
import { OperationalError } from '../core/errors.js';
import type { ConnectionSource } from '../core/queryable.js';
import { checkServer } from './check-server.js';
import { connectionsOf, openDataSource } from './database.js';
import { startEmbedded, type EmbeddedPostgres } from './embedded-postgres.js';
import { migrate } from './migrate.js';

export interface WorkspaceOptions {
  /** Most connections of the pool; default 20. */
  max?: number;
  /** Shown in pg_stat_activity. */
  applicationName?: string;
  /** What an operator should know, one line each. */
  log: (line: string) => void;
}

export interface Workspace {
  url: string;
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
  const ran = await migrate(url, schema).catch((cause: Error) => {
    throw new OperationalError(`the database cannot be used: ${cause.message}`, 'permanent', {
      cause,
    });
  });
  if (ran.length > 0) log(`migrated schema ${schema}: ${ran.join(', ')}`);
  const dataSource = await openDataSource(url, { schema, ...options });
  const connections = connectionsOf(dataSource);
  try {
    await checkServer(connections, environment.durability, log);
  } catch (error) {
    await dataSource.destroy();
    throw error;
  }
  return {
    url,
    schema,
    dataSource,
    connections,
    async close() {
      await dataSource.destroy();
      await embedded?.stop();
    },
    async abandon() {
      await embedded?.stop(0);
    },
  };
}
