/**
 * Processes that tests start, watch and kill. They run our TypeScript without a build and speak in
 * lines on stdout; a test waits for a line, never for time.
 */
import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { join, resolve } from 'node:path';
import { createInterface } from 'node:readline';

const ROOT = resolve(__dirname, '../..');

export interface Running {
  process: ChildProcess;
  pid: number;
  /** Every line so far, stdout and stderr. */
  lines: string[];
  /** The first line, past or to come, that matches; rejects when the process ends without one. */
  line(wanted: RegExp | ((line: string) => boolean)): Promise<string>;
  kill(signal?: NodeJS.Signals): void;
  /** Resolves when the process has ended: its exit code, or the signal that ended it. */
  ended: Promise<number | NodeJS.Signals>;
}

/** Runs a TypeScript file of the repository (path from the root) in its own process. */
export function runTypescript(
  file: string,
  args: string[] = [],
  { env = {}, detached = false }: { env?: Record<string, string>; detached?: boolean } = {},
): Running {
  const runner = [join(ROOT, 'test/support/run-typescript.cjs'), join(ROOT, file), ...args];
  return runCommand(process.execPath, runner, { env, detached });
}

/** Runs a command in the root of the repository. */
export function runCommand(
  command: string,
  args: string[],
  { env = {}, detached = false }: { env?: Record<string, string>; detached?: boolean } = {},
): Running {
  const child = spawn(command, args, {
    cwd: ROOT,
    detached,
    stdio: ['ignore', 'pipe', 'pipe'],
    env: { PATH: process.env['PATH'], ...env },
  });
  return watch(child);
}

function watch(child: ChildProcess): Running {
  const lines: string[] = [];
  const waiting = new Set<{
    matches: (line: string) => boolean;
    found: (line: string) => void;
    gone: () => void;
  }>();
  for (const stream of [child.stdout!, child.stderr!]) {
    createInterface({ input: stream }).on('line', (line) => {
      lines.push(line);
      for (const waiter of waiting) if (waiter.matches(line)) waiter.found(line);
    });
  }
  const ended = once(child, 'close').then(([code, signal]) => {
    for (const waiter of waiting) waiter.gone();
    return (signal ?? code) as number | NodeJS.Signals;
  });
  return {
    process: child,
    pid: child.pid!,
    lines,
    ended,
    kill: (signal = 'SIGKILL') => void child.kill(signal),
    line: (wanted) =>
      new Promise((found, reject) => {
        const matches = typeof wanted === 'function' ? wanted : (line: string) => wanted.test(line);
        const past = lines.find(matches);
        if (past !== undefined) return found(past);
        const gone = () =>
          reject(new Error(`ended without ${String(wanted)}:\n${lines.join('\n')}`));
        if (child.exitCode !== null || child.signalCode !== null) return gone();
        waiting.add({ matches, found, gone });
      }),
  };
}
