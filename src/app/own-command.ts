/** How a command of `rekindle` is run in a process of its own, on the workspace of this one. */
import { fileURLToPath } from 'node:url';
import type { OwnCommand } from '../core/tokens.js';
import { passedOn } from './environment.js';
import type { Workspace } from './workspace.js';

/** The built command line. */
const BUILT = [fileURLToPath(new URL('../cli.js', import.meta.url))];

/** `args`: what stands before the command, where it is not the built one. */
export function ownCommand(
  { url, schema }: Workspace,
  args: readonly string[] = BUILT,
): OwnCommand {
  return {
    file: process.execPath,
    args,
    // The embedded server too is one by its address.
    env: passedOn({ DATABASE_URL: url, REKINDLE_SCHEMA: schema }),
  };
}
