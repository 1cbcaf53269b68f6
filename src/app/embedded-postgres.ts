/**
 * The embedded server: a private PostgreSQL in `REKINDLE_HOME`, for those who bring none. In: a home;
 * out: a URL that works until `stop()`. Several processes share one home: who finds a server running
 * (also one that a killed run left behind) adopts it, the last one out stops it. Each holds a shared
 * advisory lock on a session of its own; whoever can turn it exclusive is the last. No lock file is
 * needed: PostgreSQL's own `postmaster.pid` decides whose start wins.
 */
import { closeSync, statfsSync } from 'node:fs';
import { createServer } from 'node:net';
import { once } from 'node:events';
import { setTimeout as pause } from 'node:timers/promises';
import type { ChildProcess } from 'node:child_process';
import pg from 'pg';
import { OperationalError } from '../core/errors.js';
import { Outage } from '../core/outage.js';
import { homeRefusal } from './explain-start.js';
import { createLauncher, type Launcher } from './embedded-binaries.js';
import {
  capLog,
  findPostmaster,
  initialise,
  lastFatal,
  openHome,
  openLog,
  readPassword,
  removeForeignPidFile,
  serves,
  serverFailed,
  type Home,
} from './embedded-home.js';

export interface EmbeddedOptions {
  /** Folder of data, password and log; made when missing. */
  home: string;
  /** Server settings over the defaults, when this call starts the server; tests turn fsync off. */
  settings?: Record<string, string>;
  /** Told of restarts and slow starts, one line each. */
  log?: (line: string) => void;
}

const DATABASE = 'rekindle';
/** The advisory lock of those who use the server, in database `postgres`: "rk". */
const TENANTS = '(29291, 1)';
/** A start that fails this often in a row will not get better. */
const MAX_LAUNCHES = 5;
/** Between two tries to bring a crashed server back. */
const LONGEST_REST_MS = 5_000;
const POLL_MS = 25;
/** Between two looks at how long the log has become. */
const LOG_WATCH_MS = 60_000;

/** Starts or adopts the server of a home. Rejects with OperationalError when it cannot run. */
export async function startEmbedded(options: EmbeddedOptions): Promise<EmbeddedPostgres> {
  try {
    const home = openHome(options.home);
    const launcher = createLauncher(home.data);
    await initialise(home, launcher);
    const server = new EmbeddedPostgres(home, launcher, options);
    await server.join();
    return server;
  } catch (error) {
    throw homeRefusal(error, options.home);
  }
}

/** One process' hold on the server. Made by `startEmbedded`. */
export class EmbeddedPostgres {
  /** True when the server was already running. */
  adopted = true;
  private port = 0;
  private tenancy: pg.Client | null = null;
  private stopping = false;
  private keepsPort = false;
  private readonly logWatch: NodeJS.Timeout;

  constructor(
    private readonly home: Home,
    private readonly launcher: Launcher,
    private readonly options: EmbeddedOptions,
  ) {
    this.logWatch = setInterval(() => capLog(home), LOG_WATCH_MS).unref();
  }

  /** Connection string of database `rekindle`, as its superuser; holds the password. */
  get url(): string {
    return this.urlOf(DATABASE);
  }

  /** Process id of the running server, null between a crash and its restart. */
  get pid(): number | null {
    return findPostmaster(this.home)?.pid ?? null;
  }

  /** Becomes a tenant: connects to the server, starting it when none runs. */
  async join(): Promise<void> {
    this.tenancy = await this.enter();
    this.tenancy.once('end', () => void this.rejoin());
    // Asked first: the server would log an error of ours at every start.
    const known = await this.tenancy.query('select from pg_database where datname = $1', [
      DATABASE,
    ]);
    if (known.rowCount !== 0) return;
    try {
      await this.tenancy.query(`create database ${DATABASE}`);
    } catch (error) {
      // 42P04: it is there; 23505: another process is making it this very moment.
      if (!['42P04', '23505'].includes((error as pg.DatabaseError).code ?? '')) throw error;
    }
  }

  /**
   * Leaves; the last tenant stops the server: SIGTERM lets sessions finish, SIGINT ends those still open
   * after `graceMs`. Close the pools first. Resolves when the server is gone, or at once for any but
   * the last.
   */
  async stop(graceMs = 3_000): Promise<void> {
    this.stopping = true;
    clearInterval(this.logWatch);
    const tenancy = this.tenancy;
    this.tenancy = null;
    if (!tenancy) return;
    const pid = this.pid;
    const isLast = await this.isLastOne(tenancy);
    if (pid !== null && isLast) process.kill(pid, 'SIGTERM');
    await tenancy.end();
    if (pid === null || !isLast || (await this.isGone(pid, graceMs))) return;
    process.kill(pid, 'SIGINT');
    if (!(await this.isGone(pid, 60_000))) {
      throw new OperationalError(`the embedded server (pid ${pid}) does not stop`, 'transient');
    }
  }

  /** Asks while it still holds the lock alone, so that nobody can join a server about to stop. */
  private async isLastOne(tenancy: pg.Client): Promise<boolean> {
    try {
      await tenancy.query(`select pg_advisory_unlock_shared${TENANTS}`);
      const { rows } = await tenancy.query<{ alone: boolean }>(
        `select pg_try_advisory_lock${TENANTS} as alone`,
      );
      return rows[0]!.alone;
    } catch {
      // The session is gone and with it our hold; nobody else can be asked, so nobody else is hurt.
      return false;
    }
  }

  /**
   * After a crash of the server: the same again on the same port, so that every pool finds it. A backend that
   * outlives the crash keeps the data locked until its query ends, so this goes on until it succeeds.
   */
  private async rejoin(): Promise<void> {
    if (this.stopping) return;
    this.keepsPort = true;
    const why = lastFatal(this.home);
    this.options.log?.(
      `the embedded server is gone; starting it again. ${this.home.log} says: ${why ?? 'nothing'}`,
    );
    const outage = new Outage(
      { bad: 'the embedded server is not back yet', good: 'the embedded server is back' },
      { log: () => undefined, warn: (line) => this.options.log?.(line) },
    );
    for (let rest = POLL_MS; !this.stopping; rest = Math.min(2 * rest, LONGEST_REST_MS)) {
      try {
        await this.join();
        this.options.log?.('the embedded server is back');
        return;
      } catch (error) {
        outage.failed((error as Error).message);
        await pause(rest);
      }
    }
  }

  private async enter(): Promise<pg.Client> {
    let child: ChildProcess | null = null;
    for (let launches = 0; ; await pause(POLL_MS)) {
      const running = findPostmaster(this.home);
      if (running) {
        this.port = running.port;
        // Each knock at a server that starts or stops is a line in its log.
        const tenancy = running.isReady ? await this.tryEnter() : null;
        if (tenancy) return tenancy;
      } else if (child === null || child.exitCode !== null || child.signalCode !== null) {
        if (launches === MAX_LAUNCHES)
          throw serverFailed(this.home, 'the embedded database does not start');
        launches += 1;
        child = await this.launch(launches);
      }
    }
  }

  /** A session that holds the tenants' lock, or null while the server starts or stops. */
  private async tryEnter(): Promise<pg.Client | null> {
    const client = new pg.Client({
      connectionString: this.urlOf('postgres'),
      application_name: 'rekindle tenancy',
      connectionTimeoutMillis: 10_000,
      keepAlive: true,
    });
    client.on('error', () => undefined);
    try {
      await client.connect();
      const { rows } = await client.query<{ entered: boolean }>(
        `select pg_try_advisory_lock_shared${TENANTS} as entered`,
      );
      if (rows[0]!.entered) return client;
    } catch (error) {
      if ((error as pg.DatabaseError).code === '28P01') {
        throw new OperationalError(
          `${this.home.password} does not open the data in ${this.home.data}`,
          'permanent',
          { cause: error },
        );
      }
    }
    await client.end().catch(() => undefined);
    return null;
  }

  private async launch(attempt: number): Promise<ChildProcess> {
    this.adopted = false;
    removeForeignPidFile(this.home);
    // Pools hold on to the port of a server that crashed; at a start any free one will do.
    if (this.port === 0 || (attempt > 2 && !this.keepsPort)) this.port = await freePort();
    const log = openLog(this.home);
    const settings = Object.entries({ ...defaultSettings(), ...this.options.settings });
    const child = this.launcher.launch(
      'postgres',
      [
        '-D',
        this.home.data,
        ...settings.flatMap(([name, value]) => ['-c', `${name}=${value}`]),
        '-c',
        `port=${this.port}`,
      ],
      log,
    );
    child.on('error', (error) => this.options.log?.(`postgres does not start: ${error.message}`));
    child.unref();
    closeSync(log);
    // Give the loser of a race, or a port just taken, the time to say so.
    await Promise.race([once(child, 'exit').catch(() => undefined), pause(POLL_MS)]);
    return child;
  }

  private async isGone(pid: number, withinMs: number): Promise<boolean> {
    // The process itself: it removes its `postmaster.pid` some instants before it ends.
    for (let waited = 0; serves(pid, this.home.data); waited += POLL_MS) {
      if (waited >= withinMs) return false;
      await pause(POLL_MS);
    }
    return true;
  }

  private urlOf(database: string): string {
    const password = readPassword(this.home);
    return `postgres://rekindle:${password}@127.0.0.1:${this.port}/${database}`;
  }
}

/** For one machine that also runs the application; durability stays at PostgreSQL's safe defaults. */
function defaultSettings(): Record<string, string> {
  return {
    listen_addresses: '127.0.0.1',
    unix_socket_directories: '',
    max_connections: '200',
    shared_buffers: '256MB',
    work_mem: '16MB',
    maintenance_work_mem: '128MB',
    max_wal_size: '2GB',
    checkpoint_timeout: '15min',
    wal_compression: 'on',
    random_page_cost: '1.1',
    jit: 'off',
    ...sharedMemory(),
    // The log may be shown to anybody: no values, no statements (security.md, logs).
    log_min_messages: 'warning',
    log_checkpoints: 'off',
    log_error_verbosity: 'terse',
    log_min_error_statement: 'panic',
    log_parameter_max_length_on_error: '0',
  };
}

/** Containers often grant 64 MB of /dev/shm, too little for a parallel hash join: use files there. */
function sharedMemory(): Record<string, string> {
  if (process.platform !== 'linux') return {};
  const { bsize, blocks } = statfsSync('/dev/shm');
  return bsize * blocks < 512 * 1024 * 1024 ? { dynamic_shared_memory_type: 'mmap' } : {};
}

async function freePort(): Promise<number> {
  const probe = createServer().listen(0, '127.0.0.1');
  await once(probe, 'listening');
  const { port } = probe.address() as { port: number };
  probe.close();
  await once(probe, 'close');
  return port;
}
