/** `rekindle backtest CAMPAIGN --from --to`: who would have got what, on the events that live recorded. */
import type { Command } from 'commander';
import { toInstant } from '../../core/calendar.js';
import { UsageError } from '../../core/errors.js';
import type { Instant } from '../../core/instant.js';
import type { ConnectionSource } from '../../core/queryable.js';
import type { Environment } from '../../core/environment.js';
import { parseTime } from '../../ingest/parse-time.js';
import type { Definitions } from '../../language/definitions.js';
import { summary } from '../../language/print-diagnostics.js';
import { backtest, type BacktestResult } from '../../simulation/backtest.js';
import { liveDefinitions } from '../../simulation/live-definitions.sql.js';
import type { Workspaces } from '../../simulation/simulation-schema.js';
import { checkConfiguration, printToStderr } from '../check-configuration.js';
import { openSchema } from '../database.js';
import { createWorkspaceSchema } from '../migrate.js';
import { sourceFolders } from '../read-sources.js';
import type { Workspace } from '../workspace.js';
import { interruptedCode } from '../stop-signals.js';
import { newCommand, withWorkspace, type CommonOptions } from './new-command.js';
import { startProgress } from './progress.js';

interface Options extends CommonOptions {
  from: string;
  to: string;
  json?: true;
}

export function registerBacktest(program: Command): void {
  newCommand(
    program,
    'backtest <campaign>',
    'Run a campaign on recorded events; live data is only read',
  )
    .requiredOption(
      '--from <time>',
      "a day of the project's zone, or a time with its offset; those in the segment by then do not enter, except with `current: true`",
    )
    .requiredOption('--to <time>', 'the end, exclusive')
    .option('--json', 'print the result as JSON')
    .addHelpText(
      'after',
      '\nWithout --config the live definitions run, with it those of the folder; they are not applied.',
    )
    .action(async (campaign: string, options: Options) => {
      const interrupt = new AbortController();
      const result = await withWorkspace(
        options,
        async (workspace, environment) => {
          const definitions = await definitionsFor(workspace.connections, environment, options);
          const [from, to] = [
            readBound('--from', options.from, definitions),
            readBound('--to', options.to, definitions),
          ];
          const progress = startProgress(campaign, to - from);
          return backtest(workspacesOf(workspace), {
            definitions,
            campaign,
            from,
            to,
            signal: interrupt.signal,
            onProgress: (at) => progress.update(at - from, new Date(at).toISOString().slice(0, 10)),
          }).finally(() => progress.stop());
        },
        interrupt,
      );
      if (result)
        process.stdout.write(
          options.json ? `${JSON.stringify(result)}\n` : describeRun(campaign, result),
        );
      else {
        process.stderr.write('rekindle: interrupted; nothing of this run is kept\n');
        process.exitCode = interruptedCode(interrupt.signal.reason);
      }
    });
}

/** An open workspace as a simulation sees it. */
export function workspacesOf({ connections, url }: Workspace): Workspaces {
  return {
    live: connections,
    create: (schema) => createWorkspaceSchema(connections, schema),
    open: (schema) => openSchema(url, { schema, max: 2, applicationName: 'rekindle simulation' }),
  };
}

/** The definitions of `--config`, which must have no errors; without it the live ones. */
async function definitionsFor(
  connections: ConnectionSource,
  environment: Environment,
  options: Options,
): Promise<Definitions> {
  if (options.config === undefined) {
    const live = await liveDefinitions(connections);
    if (live) return live;
    throw new UsageError('nothing is applied yet; name a folder of definitions with --config');
  }
  const folders = sourceFolders(environment, options);
  const { definitions, diagnostics, sources } = await checkConfiguration(folders);
  printToStderr(diagnostics, sources);
  if (!definitions) throw new UsageError(`${summary(diagnostics)} in ${folders.config}`);
  return definitions;
}

function readBound(flag: string, text: string, { project }: Definitions): Instant {
  const utc = parseTime(text);
  if (utc === null)
    throw new UsageError(
      `${flag}: ${text} is not a time such as 2026-05-01 or 2026-05-01T10:00:00Z`,
    );
  if (text.length > 10) return utc;
  const [year, month, day] = text.split('-').map(Number) as [number, number, number];
  return toInstant(
    { year, month, day, hour: 0, minute: 0, second: 0, millisecond: 0 },
    project.zone,
  );
}

function describeRun(campaign: string, result: BacktestResult): string {
  const counts = (of: Record<string, number>): string =>
    Object.entries(of)
      .map(([what, n]) => `${what} ${n}`)
      .join(', ') || 'none';
  const lines = [
    `${campaign}: ${result.entered} entered, ${result.completed} completed, ${result.converted} converted, ${result.active} still in it`,
    ...Object.entries(result.steps).map(
      ([id, { sent, skipped }]) =>
        `  ${id}: ${sent} sent${skipped ? `, not sent: ${counts(skipped)}` : ''}`,
    ),
    `  exited before: ${counts(result.exited.before)}`,
    `  waiting for: ${counts(result.waiting.before)}`,
    `  not entered: ${counts(result.refused)}`,
    `  ${result.wallSeconds} s, ${result.peakMb} MB at most`,
  ];
  return `${lines.join('\n')}\n`;
}
