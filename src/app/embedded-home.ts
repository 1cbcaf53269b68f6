/**
 * The folder of the embedded server (`REKINDLE_HOME`): `postgres/` (data), `password`, `postgres.log`.
 * Here it is made and read; embedded-postgres.ts runs the server. Invariant: `postgres/` exists only
 * complete, because initdb works beside it and the result is renamed into place.
 */
import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import {
  chmodSync,
  chownSync,
  closeSync,
  copyFileSync,
  existsSync,
  mkdirSync,
  openSync,
  readFileSync,
  realpathSync,
  renameSync,
  rmSync,
  statSync,
  truncateSync,
  writeFileSync,
} from 'node:fs';
import { execFileSync } from 'node:child_process';
import { dirname, join, resolve } from 'node:path';
import { OperationalError } from '../core/errors.js';
import type { Launcher } from './embedded-binaries.js';

export interface Home {
  data: string;
  password: string;
  log: string;
}

/** The paths of a home, which is created when missing: closed to others, except for passing through under root. */
export function openHome(directory: string): Home {
  const isNew = makeFolders(resolve(directory));
  const home = realpathSync(directory);
  if (isNew && process.getuid?.() === 0) chmodSync(home, 0o711);
  return {
    data: join(home, 'postgres'),
    password: join(home, 'password'),
    log: join(home, 'postgres.log'),
  };
}

/** Whether the folder is new. One by one: where nothing can be made (/proc), Node's own `recursive` tries for ever. */
function makeFolders(directory: string): boolean {
  if (statSync(directory, { throwIfNoEntry: false })?.isDirectory()) return false;
  const above = dirname(directory);
  if (above !== directory) makeFolders(above);
  try {
    mkdirSync(directory, { mode: 0o700 });
    return true;
  } catch (error) {
    // Another process may have been faster.
    if (statSync(directory, { throwIfNoEntry: false })?.isDirectory()) return false;
    throw error;
  }
}

/**
 * Makes the data directory unless it is there. Several processes may try at once: one rename wins, the
 * others drop what they made. A run killed half-way leaves a `postgres.<hex>` folder and no harm.
 */
export async function initialise(home: Home, launcher: Launcher): Promise<void> {
  if (existsSync(home.data)) return;
  const mine = `.${randomBytes(4).toString('hex')}`;
  const fresh = home.data + mine;
  const password = home.password + mine;
  writeFileSync(password, randomBytes(24).toString('hex'), { mode: 0o600, flag: 'wx' });
  mkdirSync(fresh, { mode: 0o700 });
  for (const path of [password, fresh]) give(path, launcher);
  try {
    await runInitdb(home, launcher, fresh, password);
    // The data directory is the claim; the password moves only after it, so the pair belongs together.
    renameSync(fresh, home.data);
    renameSync(password, home.password);
  } catch (error) {
    const code = (error as NodeJS.ErrnoException).code;
    if (code !== 'ENOTEMPTY' && code !== 'EEXIST') throw error;
  } finally {
    for (const path of [fresh, password]) rmSync(path, { recursive: true, force: true });
  }
}

function give(path: string, { account }: Launcher): void {
  if (account) chownSync(path, account.uid, account.gid);
}

async function runInitdb(home: Home, launcher: Launcher, data: string, password: string) {
  const log = openLog(home);
  const initdb = launcher.launch(
    'initdb',
    [
      `--pgdata=${data}`,
      '--username=rekindle',
      `--pwfile=${password}`,
      '--auth=scram-sha-256',
      '--encoding=UTF8',
      // Sorts by code point and knows upper and lower case of every script, on every machine alike.
      '--locale-provider=builtin',
      '--builtin-locale=C.UTF-8',
      '--locale=C',
      '--no-instructions',
    ],
    log,
  );
  const [code] = (await once(initdb, 'exit').finally(() => closeSync(log))) as [number | null];
  if (code !== 0) {
    throw serverFailed(home, 'the embedded database cannot be made');
  }
}

/** Opens the server's log for appending. */
export function openLog(home: Home): number {
  capLog(home);
  return openSync(home.log, 'a', 0o600);
}

const LOG_CAP_BYTES = 10_000_000;

/**
 * Keeps the log below 10 MB and what came before it in `postgres.log.1`. The server goes on writing at the end of the
 * same file, so that is copied and emptied, not renamed. On a disk that is full, the old lines go. Never throws: a log
 * that cannot be capped (another account's) ends no process.
 */
export function capLog({ log }: Home): void {
  if ((statSync(log, { throwIfNoEntry: false })?.size ?? 0) <= LOG_CAP_BYTES) return;
  try {
    copyFileSync(log, `${log}.1`);
  } catch {
    rmSync(`${log}.1`, { force: true });
  }
  try {
    truncateSync(log);
  } catch {
    return;
  }
}

/** The last line of the log that says why a server ended; its log holds no values. Null: none among the latest. */
export function lastFatal({ log }: Home): string | null {
  const lines = readIfThere(log)?.slice(-LOG_TAIL).split('\n') ?? [];
  return lines.findLast((line) => /FATAL|PANIC|No space left/.test(line)) ?? null;
}

const LOG_TAIL = 20_000;

/** Why `initdb` or `postgres` failed: they say it in the log only. A full disk has the code of one. */
export function serverFailed({ log }: Home, what: string): Error {
  const end = readFileSync(log, 'utf8').trimEnd().split('\n').slice(-5).join('\n');
  const isFull = /No space left on device/.test(end);
  return isFull
    ? Object.assign(new Error(what), { code: 'ENOSPC' })
    : new OperationalError(`${what}; the end of ${log}:\n${end}`, 'permanent');
}

/** The password, or an error that says what to do when only the data is left. */
export function readPassword(home: Home): string {
  try {
    return readFileSync(home.password, 'utf8').trim();
  } catch (cause) {
    const what =
      (cause as NodeJS.ErrnoException).code === 'EACCES'
        ? 'it belongs to another account: start as that one, or choose another folder with REKINDLE_HOME'
        : 'put the file back, or move the folder away to begin anew';
    throw new OperationalError(
      `${home.password} cannot be read, so the data in ${home.data} cannot be opened: ${what}`,
      'permanent',
      { cause },
    );
  }
}

export interface Postmaster {
  pid: number;
  port: number;
  /** It takes sessions: it neither starts nor stops. */
  isReady: boolean;
}

/** What `postmaster.pid` says, if the process it names is alive and serves this very data directory. */
export function findPostmaster({ data }: Home): Postmaster | null {
  const [pid, , , port, , , , status] =
    readIfThere(join(data, 'postmaster.pid'))?.split('\n') ?? [];
  if (!pid || !port || !serves(Number(pid), data)) return null;
  return { pid: Number(pid), port: Number(port), isReady: status?.trim() === 'ready' };
}

/**
 * Removes a `postmaster.pid` whose number now belongs to a process that is not our server: after a
 * restart of the machine or container numbers repeat, and PostgreSQL would believe it is running.
 */
export function removeForeignPidFile(home: Home): void {
  const file = join(home.data, 'postmaster.pid');
  const pid = Number(readIfThere(file)?.split('\n')[0] ?? 0);
  if (pid > 0 && isAlive(pid) && findPostmaster(home) === null) rmSync(file, { force: true });
}

function readIfThere(file: string): string | null {
  try {
    return readFileSync(file, 'utf8');
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return null;
    throw error;
  }
}

function isAlive(pid: number): boolean {
  try {
    return process.kill(pid, 0);
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'EPERM';
  }
}

/** Whether a process is alive and was started for this data directory; a zombie has no command line. */
export function serves(pid: number, data: string): boolean {
  if (!isAlive(pid)) return false;
  if (process.platform === 'win32') return true;
  if (process.platform === 'linux') {
    return (readIfThere(`/proc/${pid}/cmdline`) ?? '').includes(data);
  }
  try {
    return execFileSync('ps', ['-o', 'command=', '-p', String(pid)], { encoding: 'utf8' }).includes(
      data,
    );
  } catch {
    return false;
  }
}
