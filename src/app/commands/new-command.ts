/**
 * What every command of `rekindle` shares: the options `--config` and `--templates`, and the opening and
 * closing of the workspace around its body. Commands print results on stdout and everything else on
 * stderr, and fail with UsageError or OperationalError for what is not a bug.
 */
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import type { Command } from 'commander';
import { UsageError } from '../../core/errors.js';
import type { Environment } from '../../core/environment.js';
import { parseEnvironment, type Overrides } from '../environment.js';
import { interruptedCode, onStopSignals } from '../stop-signals.js';
import { openWorkspace, type Workspace } from '../workspace.js';

/** The options every command has. */
export type CommonOptions = Pick<Overrides, 'config' | 'templates'>;

/** A subcommand with the common options; `nameAndArguments` as commander reads it, e.g. `import <file>`. */
export function newCommand(program: Command, nameAndArguments: string, summary: string): Command {
  const command = program.command(nameAndArguments).description(summary).allowExcessArguments();
  return withFolders(command.hook('preAction', () => refuseSurplus(command)));
}

/** As `plan` prints it. */
const HASH = /^[0-9a-f]{64}$/;

/** A word too many is nearly always the folder, or the hash of a plan, whose option was left out. */
function refuseSurplus(command: Command): void {
  const surplus = command.args[command.registeredArguments.length];
  if (surplus === undefined) return;
  const called = [command.name()];
  for (let above = command.parent; above; above = above.parent) called.unshift(above.name());
  const takesHash = HASH.test(surplus) && command.options.some(({ long }) => long === '--plan');
  const option = takesHash ? '--plan' : '--config';
  throw new UsageError(
    `${command.name()} does not take \`${surplus}\`; did you mean \`${called.join(' ')} ${option} ${surplus}\`?`,
  );
}

/** Adds `--config` and `--templates`. */
export function withFolders(command: Command): Command {
  return command
    .option('--config <dir>', 'folder of definitions (default: config)')
    .option('--templates <dir>', 'folder of mail templates (default: templates)');
}

/** What is said of an option that should have been a time. */
export function notATime(flag: string, text: string): string {
  return `${flag}: ${text} is not a time such as 2026-05-01, 2026-05-01T10:00 or 2026-05-01T10:00:00Z`;
}

/** How long a start that is interrupted may go on before it is left as it is; a signal after the first and its echoes ends it at once. */
const PATIENCE_MS = 10_000;

/**
 * Opens the workspace (embedded or DATABASE_URL, migrated; one that is not there yet only with `mayBegin`), runs `body` and closes it again, also when
 * the body throws or the process is interrupted: then it says so and exits with `interruptedCode`. With `interrupt`,
 * the first signal only aborts it, so that the body can put away what it made; one that is no echo of it always ends the process.
 */
export async function withWorkspace<T>(
  options: Overrides,
  body: (workspace: Workspace, environment: Environment) => Promise<T>,
  { interrupt, mayBegin = false }: { interrupt?: AbortController; mayBegin?: boolean } = {},
): Promise<T> {
  const environment = parseEnvironment(options);
  if (!mayBegin) refuseEmptyHome(environment);
  const opening = openWorkspace(environment, {
    applicationName: 'rekindle command',
    log: (line) => process.stderr.write(`rekindle: ${line}\n`),
  });
  const watch = endOnSignal(opening, interrupt);
  try {
    const workspace = await opening;
    try {
      return await body(workspace, environment);
    } finally {
      await workspace.close();
    }
  } catch (error) {
    // What a body says whose connections were just cut is no news.
    if (watch.isLeaving()) await new Promise(() => undefined);
    throw error;
  } finally {
    watch.stop();
  }
}

/** In a shell without the service's settings a command would talk to a database of its own, which nobody serves. */
function refuseEmptyHome({ databaseUrl, home }: Environment): void {
  if (databaseUrl !== null || existsSync(join(home, 'postgres'))) return;
  throw new UsageError(
    `there is no database in ${home} (REKINDLE_HOME): give this command the settings of the server (REKINDLE_HOME or DATABASE_URL), or start the server first, which makes it`,
  );
}

function endOnSignal(
  opening: Promise<Workspace>,
  interrupt: AbortController | undefined,
): { isLeaving(): boolean; stop(): void } {
  let interrupted = false;
  const leave = (signal: NodeJS.Signals): never => process.exit(interruptedCode(signal));
  const stop = onStopSignals({
    stop(signal) {
      interrupted = true;
      if (interrupt) return interrupt.abort(signal);
      process.stderr.write('rekindle: interrupted\n');
      // What cannot be put away in time is adopted or dropped by the next start.
      setTimeout(leave, PATIENCE_MS, signal);
      void opening
        .then((workspace) => workspace.abandon())
        .then(
          () => leave(signal),
          () => leave(signal),
        );
    },
    stopAtOnce: leave,
  });
  return { isLeaving: () => interrupted && !interrupt, stop };
}
