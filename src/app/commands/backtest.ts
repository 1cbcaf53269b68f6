/** `rekindle backtest CAMPAIGN --from --to`: who would have got what, on the events that live recorded. */
import { writeFile } from 'node:fs/promises';
import type { Command } from 'commander';
import { UsageError } from '../../core/errors.js';
import type { Instant } from '../../core/instant.js';
import type { ConnectionSource } from '../../core/queryable.js';
import { parseLocalTime } from '../../ingest/parse-time.js';
import type { Definitions } from '../../language/definitions.js';
import { backtest } from '../../simulation/backtest.js';
import { backtestHtml } from '../../simulation/backtest-html.js';
import { describeBacktest } from '../../simulation/describe-backtest.js';
import { liveDefinitions } from '../../simulation/live-definitions.sql.js';
import type { Workspaces } from '../../simulation/simulation-schema.js';
import { checkedDefinitions } from '../check-configuration.js';
import { openSchema } from '../database.js';
import { createWorkspaceSchema } from '../migrate.js';
import type { Workspace } from '../workspace.js';
import { interruptedCode } from '../stop-signals.js';
import { newCommand, notATime, withWorkspace, type CommonOptions } from './new-command.js';
import { startProgress } from './progress.js';

interface Options extends CommonOptions {
  from: string;
  to: string;
  json?: true;
  html?: string;
}

export function registerBacktest(program: Command): void {
  newCommand(
    program,
    'backtest <campaign>',
    'Run a campaign on recorded events; live data is only read',
  )
    .requiredOption(
      '--from <time>',
      "a day or a time of the project's zone, or one with its offset; those in the segment by then do not enter, except with `current: true`",
    )
    .requiredOption('--to <time>', 'the end, exclusive')
    .option('--json', 'print the result as JSON')
    .option('--html <file>', 'write a report with plots there, one file that needs nothing else')
    .addHelpText(
      'after',
      '\nWithout --config the live definitions run, with it those of the folder; they are not applied.',
    )
    .action(async (campaign: string, options: Options) => {
      const interrupt = new AbortController();
      const result = await withWorkspace(
        options,
        async (workspace) => {
          const definitions = await definitionsFor(workspace.connections, options);
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
        { interrupt },
      );
      if (result) {
        const { from, to, html, json } = options;
        if (html !== undefined) await writeFile(html, backtestHtml(result, { campaign, from, to }));
        process.stdout.write(
          json ? `${JSON.stringify(result)}\n` : describeBacktest(campaign, result),
        );
      } else {
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
  options: Options,
): Promise<Definitions> {
  if (options.config === undefined) {
    const live = await liveDefinitions(connections);
    if (live) return live;
    throw new UsageError('nothing is applied yet; name a folder of definitions with --config');
  }
  return (await checkedDefinitions(options)).definitions;
}

function readBound(flag: string, text: string, { project }: Definitions): Instant {
  const at = parseLocalTime(text, project.zone);
  if (at === null) throw new UsageError(notATime(flag, text));
  return at;
}
