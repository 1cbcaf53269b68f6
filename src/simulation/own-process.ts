/** A command of ours in a process of its own that is polite: lowest priority, bounded memory. It ends when its stdin does. */
import { spawn, type ChildProcessWithoutNullStreams } from 'node:child_process';
import { setPriority } from 'node:os';
import type { OwnCommand } from '../core/tokens.js';

const LOWEST_PRIORITY = 19;
const LAST_WORDS = 2_000;

export interface OwnProcess {
  child: ChildProcessWithoutNullStreams;
  /** The last line that it wrote to stderr. */
  lastWords: () => string;
}

export function beginOwn({ file, args, env }: OwnCommand, command: readonly string[]): OwnProcess {
  const child = spawn(file, ['--max-old-space-size=1024', ...args, ...command], { env });
  if (child.pid !== undefined) setPriority(child.pid, LOWEST_PRIORITY);
  // One that is gone already reads nothing any more.
  child.stdin.on('error', () => undefined);
  let said = '';
  child.stderr.setEncoding('utf8').on('data', (chunk: string) => {
    said = (said + chunk).slice(-LAST_WORDS);
  });
  return { child, lastWords: () => said.trim().split('\n').at(-1) ?? '' };
}
