/**
 * The one PostgreSQL of a test run: started in jest's global setup, migrated once into the database
 * `template_rekindle`, stopped in global teardown. It trades durability for speed; fault tests start
 * servers of their own. Runs that were killed leave a server behind: the next run removes it.
 */
import { mkdtempSync, readFileSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import pg from 'pg';
import { startEmbedded, type EmbeddedPostgres } from '../../src/app/embedded-postgres.js';
import { migrate } from '../../src/app/migrate.js';

/** Schema of the workspace in every test database. */
export const TEST_SCHEMA = 'rekindle';
export const TEMPLATE = 'template_rekindle';
/** Environment variable by which global setup tells the workers where the server is. */
export const SERVER_URL = 'REKINDLE_TEST_SERVER';

const PREFIX = 'rekindle-test-';
let server: EmbeddedPostgres | null = null;
let home = '';

export async function startTestServer(): Promise<void> {
  await removeAbandoned();
  home = mkdtempSync(join(tmpdir(), PREFIX));
  writeFileSync(join(home, 'owner'), String(process.pid));
  server = await startEmbedded({
    home,
    settings: {
      fsync: 'off',
      synchronous_commit: 'off',
      full_page_writes: 'off',
      autovacuum: 'off',
      max_connections: '300',
    },
  });
  await createTemplate(server.url);
  process.env[SERVER_URL] = server.url;
}

export async function stopTestServer(): Promise<void> {
  await server?.stop(0);
  rmSync(home, { recursive: true, force: true });
}

async function createTemplate(url: string): Promise<void> {
  const client = new pg.Client({ connectionString: url });
  await client.connect();
  await client.query(`create database ${TEMPLATE}`);
  await migrate(inDatabase(url, TEMPLATE), TEST_SCHEMA);
  await client.query(`alter database ${TEMPLATE} with is_template true allow_connections false`);
  await client.end();
}

/** The same server, another database. */
export function inDatabase(url: string, database: string): string {
  const other = new URL(url);
  other.pathname = `/${database}`;
  return other.href;
}

/** Stops and removes what test runs that no longer live have left in the temporary folder. */
async function removeAbandoned(): Promise<void> {
  for (const name of readdirSync(tmpdir())) {
    if (!name.startsWith(PREFIX)) continue;
    const abandoned = join(tmpdir(), name);
    if (isOwned(abandoned)) continue;
    const pid = readNumber(join(abandoned, 'postgres', 'postmaster.pid'));
    if (pid && readText(`/proc/${pid}/cmdline`).includes(abandoned)) process.kill(pid, 'SIGQUIT');
    rmSync(abandoned, { recursive: true, force: true });
  }
}

function isOwned(directory: string): boolean {
  const owner = readNumber(join(directory, 'owner'));
  if (!owner) return true;
  try {
    return process.kill(owner, 0);
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'EPERM';
  }
}

function readNumber(file: string): number {
  return Number.parseInt(readText(file), 10) || 0;
}

function readText(file: string): string {
  try {
    return readFileSync(file, 'utf8');
  } catch {
    return '';
  }
}
