/** `rekindle validate`: every diagnostic of a configuration; exit code 1 when one is an error. */
import { existsSync, watch as watchFolder } from 'node:fs';
import type { Command } from 'commander';
import { parseEnvironment } from '../environment.js';
import { MachineClock } from '../../core/clock.js';
import type { Definitions } from '../../language/definitions.js';
import { diagnosticsJson } from '../../language/print-diagnostics.js';
import { checkConfiguration, printToStderr, warnOfSecrets } from '../check-configuration.js';
import { printFailure } from '../print-failure.js';
import { sourceFolders, type SourceFolders } from '../read-sources.js';
import { newCommand, type CommonOptions } from './new-command.js';

interface Options extends CommonOptions {
  json?: true;
  watch?: true;
}

export function registerValidate(program: Command): void {
  newCommand(program, 'validate', 'Check definitions and templates')
    .option('--json', 'print the diagnostics as JSON')
    .option('--watch', 'check again when a file changes')
    .action(async (options: Options) => {
      const folders = sourceFolders(parseEnvironment(options), options);
      if (options.watch) await keepChecking(folders, options);
      else if (!(await check(folders, options))) process.exitCode = 1;
    });
}

/** Says what is wrong; true when nothing is an error. */
async function check(folders: SourceFolders, options: Options): Promise<boolean> {
  const { json, watch } = options;
  const { diagnostics, definitions, sources } = await checkConfiguration(folders, {
    now: await new MachineClock().now(),
  });
  if (json) {
    // Of several answers each has a line of its own.
    const answer = diagnosticsJson(diagnostics);
    process.stdout.write(`${JSON.stringify(answer, null, watch ? 0 : 2)}\n`);
    return definitions !== null;
  }
  printToStderr(diagnostics, sources);
  if (definitions) {
    warnOfSecrets(definitions, options);
    // Warnings are counted where they are printed.
    const said = diagnostics.length === 0 ? 'no errors' : 'it can be applied';
    process.stdout.write(`${folders.config}: ${countsOf(definitions)}, ${said}\n`);
  }
  return definitions !== null;
}

/** Editors write a file in several strokes. */
const SETTLED_MS = 100;

/** Checks now and after every change, until it is interrupted. */
async function keepChecking(folders: SourceFolders, options: Options): Promise<void> {
  let due: NodeJS.Timeout | null = null;
  let running = Promise.resolve();
  const again = (): void => {
    if (due) clearTimeout(due);
    due = setTimeout(() => {
      const before = running;
      running = (async () => {
        await before;
        await check(folders, options).catch(printFailure);
      })();
    }, SETTLED_MS);
  };
  const watchers = [folders.config, folders.templates]
    .filter((folder) => existsSync(folder))
    .map((folder) => watchFolder(folder, { recursive: true }, again));
  await check(folders, options);
  if (!options.json) process.stderr.write('rekindle: watching; stop with Ctrl-C\n');
  await new Promise<void>((stop) => {
    process.once('SIGINT', stop);
    process.once('SIGTERM', stop);
  });
  for (const one of watchers) one.close();
}

/** Segments that have a file; scores where there are some: many do without. */
function countsOf({ segments, ...others }: Definitions): string {
  const named = segments.filter(({ implicitFor }) => implicitFor === null);
  const counts = (['campaign', 'segment', 'score', 'template'] as const).flatMap((kind) => {
    const { length } = { ...others, segments: named }[`${kind}s`] ?? [];
    if (kind === 'score' && length === 0) return [];
    return [`${length} ${kind}${length === 1 ? '' : 's'}`];
  });
  return counts.join(', ');
}
