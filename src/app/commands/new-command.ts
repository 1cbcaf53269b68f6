/**
 * What every command of `rekindle` shares: the options `--config` and `--templates`, and the opening and
 * closing of the workspace around its body. Commands print results on stdout and everything else on
 * stderr, and fail with UsageError or OperationalError for what is not a bug.
 */
import type { Command } from 'commander';
import type { Environment } from '../../core/environment.js';
import { parseEnvironment, type Overrides } from '../environment.js';
import { openWorkspace, type Workspace } from '../workspace.js';

/** The options every command has. */
export type CommonOptions = Pick<Overrides, 'config' | 'templates'>;

/** A subcommand with the common options; `nameAndArguments` as commander reads it, e.g. `import <file>`. */
export function newCommand(program: Command, nameAndArguments: string, summary: string): Command {
  return withFolders(program.command(nameAndArguments).description(summary));
}

/** Adds `--config` and `--templates`. */
export function withFolders(command: Command): Command {
  return command
    .option('--config <dir>', 'folder of definitions (default: config)')
    .option('--templates <dir>', 'folder of mail templates (default: templates)');
}

/**
 * Opens the workspace (embedded or DATABASE_URL, migrated), runs `body` and closes it again, also when
 * the body throws or the process is interrupted (exit code 130 or 143). With `interrupt`, the first signal
 * only aborts it, so that the body can put away what it made, and a second one ends the process.
 */
export async function withWorkspace<T>(
  options: Overrides,
  body: (workspace: Workspace, environment: Environment) => Promise<T>,
  interrupt?: AbortController,
): Promise<T> {
  const environment = parseEnvironment(options);
  const workspace = await openWorkspace(environment, {
    applicationName: 'rekindle command',
    log: (line) => process.stderr.write(`rekindle: ${line}\n`),
  });
  const onSignal = (signal: NodeJS.Signals): void => {
    if (interrupt && !interrupt.signal.aborted) return interrupt.abort();
    void workspace.abandon().finally(() => process.exit(signal === 'SIGINT' ? 130 : 143));
  };
  process.on('SIGINT', onSignal);
  process.on('SIGTERM', onSignal);
  try {
    return await body(workspace, environment);
  } finally {
    process.off('SIGINT', onSignal);
    process.off('SIGTERM', onSignal);
    await workspace.close();
  }
}
