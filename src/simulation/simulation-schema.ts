/**
 * A schema of its own for one simulation: made at the start, dropped at the end, and dropped by the next
 * simulation where a killed one left it. Who runs holds an advisory lock named after the schema, so that a schema
 * without a holder is known to be abandoned. The live workspace is only read.
 */
import { randomBytes } from 'node:crypto';
import type { DataSource } from 'typeorm';
import type { Connection, ConnectionSource } from '../core/queryable.js';

/** What a simulation needs of the application: it may not import app/. */
export interface Workspaces {
  /** The live workspace. */
  live: ConnectionSource;
  /** Makes the tables of a workspace in a new schema. */
  create(schema: string): Promise<void>;
  /** Connections whose search_path is `schema`. */
  open(schema: string): Promise<OpenSchema>;
}

/** A workspace that is open: its entities, and the pool beneath them; `dataSource.destroy()` ends both. */
export interface OpenSchema {
  dataSource: DataSource;
  connections: ConnectionSource;
}

export interface SimulationSchema extends OpenSchema {
  name: string;
  /** Drops the schema and everything in it. */
  drop(): Promise<void>;
}

const PREFIX = 'simulation_';

/** Makes a workspace for one run, after removing what dead runs left. */
export async function createSimulationSchema(workspaces: Workspaces): Promise<SimulationSchema> {
  await dropAbandoned(workspaces.live);
  const name = `${PREFIX}${randomBytes(6).toString('hex')}`;
  const guard = await workspaces.live.connect();
  await lock(guard, name);
  await workspaces.create(name);
  const open = await workspaces.open(name);
  return {
    name,
    ...open,
    async drop() {
      await open.dataSource.destroy();
      await guard.query(`drop schema ${name} cascade`);
      // The session ends and with it the lock.
      guard.release(true);
    },
  };
}

/** Drops simulation schemas whose run is over without having dropped them; returns their names. */
export async function dropAbandoned(live: ConnectionSource): Promise<string[]> {
  const { rows } = await live.query<{ name: string }>(
    `select nspname as name from pg_namespace where nspname ~ $1 order by 1`,
    [`^${PREFIX}[0-9a-f]{12}$`],
  );
  const dropped: string[] = [];
  for (const { name } of rows) {
    const guard = await live.connect();
    try {
      if (!(await lock(guard, name))) continue;
      await guard.query(`drop schema if exists ${name} cascade`);
      dropped.push(name);
    } finally {
      guard.release(true);
    }
  }
  return dropped;
}

async function lock(guard: Connection, schema: string): Promise<boolean> {
  const { rows } = await guard.query<{ held: boolean }>(
    `select pg_try_advisory_lock(hashtext('rekindle simulation'), hashtext($1)) as held`,
    [schema],
  );
  return rows[0]!.held;
}
