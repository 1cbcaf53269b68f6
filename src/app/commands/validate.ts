/** `rekindle validate`: every diagnostic of a configuration; exit code 1 when one is an error. */
import type { Command } from 'commander';
import { parseEnvironment } from '../environment.js';
import { UsageError } from '../../core/errors.js';
import { diagnosticsJson } from '../../language/print-diagnostics.js';
import { checkConfiguration, printToStderr } from '../check-configuration.js';
import { sourceFolders } from '../read-sources.js';
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
      if (options.watch) {
        throw new UsageError('validate --watch is not built yet; run validate again instead');
      }
      const folders = sourceFolders(parseEnvironment(options), options);
      const { diagnostics, definitions, sources } = await checkConfiguration(folders);
      if (options.json) {
        process.stdout.write(`${JSON.stringify(diagnosticsJson(diagnostics), null, 2)}\n`);
      } else {
        printToStderr(diagnostics, sources);
        if (definitions) process.stdout.write(`${folders.config}: ${countsOf(definitions)}\n`);
      }
      if (!definitions) process.exitCode = 1;
    });
}

function countsOf(definitions: {
  segments: unknown[];
  campaigns: unknown[];
  templates: unknown[];
}): string {
  const counts = (['campaign', 'segment', 'template'] as const).map((kind) => {
    const { length } = definitions[`${kind}s`];
    return `${length} ${kind}${length === 1 ? '' : 's'}`;
  });
  return `${counts.join(', ')}, no errors`;
}
