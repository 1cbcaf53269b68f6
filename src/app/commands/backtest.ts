/** `rekindle backtest CAMPAIGN --from --to`, or `--all`: who would have got what, on the events that live recorded. */
import { writeFile } from 'node:fs/promises';
import type { Command } from 'commander';
import { UsageError } from '../../core/errors.js';
import type { Instant } from '../../core/instant.js';
import type { ConnectionSource } from '../../core/queryable.js';
import { parseLocalTime } from '../../ingest/parse-time.js';
import type { Definitions } from '../../language/definitions.js';
import {
  backtest,
  backtestTogether,
  type BacktestOptions,
  type RunOptions,
} from '../../simulation/backtest.js';
import { backtestHtml, togetherHtml } from '../../simulation/backtest-html.js';
import { describeBacktest, describeTogether } from '../../simulation/describe-backtest.js';
import { liveDefinitions } from '../../simulation/live-definitions.sql.js';
import type { Workspaces } from '../../simulation/simulation-schema.js';
import { checkedDefinitions } from '../check-configuration.js';
import { openSchema } from '../database.js';
import { createWorkspaceSchema } from '../migrate.js';
import type { Workspace } from '../workspace.js';
import { interruptedCode } from '../stop-signals.js';
import { describeCampaigns } from './describe-demo.js';
import { newCommand, notATime, withWorkspace, type CommonOptions } from './new-command.js';
import { startProgress } from './progress.js';

interface Options extends CommonOptions {
  from: string;
  to: string;
  json?: true;
  html?: string;
  all?: true;
}

/** What came of a run, in each of the forms in which it can be had. */
interface Told {
  json: object;
  text: () => string;
  html: () => string;
}

export function registerBacktest(program: Command): void {
  newCommand(
    program,
    'backtest [campaign]',
    'Run a campaign on recorded events; live data is only read',
  )
    .requiredOption(
      '--from <time>',
      "a day or a time of the project's zone, or one with its offset; those in the segment by then do not enter, except with `current: true`",
    )
    .requiredOption('--to <time>', 'the end, exclusive')
    .option(
      '--all',
      'every campaign that is no draft, together under the caps they share, instead of one',
    )
    .option('--json', 'print the result as JSON')
    .option('--html <file>', 'write a report with plots there, one file that needs nothing else')
    .addHelpText(
      'after',
      '\nWithout --config the live definitions run, with it those of the folder; they are not applied.',
    )
    .action(async (campaign: string | undefined, options: Options) => {
      if ((campaign === undefined) === (options.all === undefined))
        throw new UsageError('name one campaign, or say --all');
      const interrupt = new AbortController();
      const told = await withWorkspace(
        options,
        async (workspace) => {
          const definitions = await definitionsFor(workspace.connections, options);
          const [from, to] = [
            readBound('--from', options.from, definitions),
            readBound('--to', options.to, definitions),
          ];
          const progress = startProgress(campaign ?? 'all campaigns', to - from);
          const run = {
            definitions,
            from,
            to,
            signal: interrupt.signal,
            onProgress: (at: Instant) =>
              progress.update(at - from, new Date(at).toISOString().slice(0, 10)),
          };
          const running =
            campaign === undefined
              ? all(workspace, run, options)
              : one(workspace, { ...run, campaign }, options);
          return running.finally(() => progress.stop());
        },
        { interrupt },
      );
      if (told) {
        if (options.html !== undefined) await writeFile(options.html, told.html());
        process.stdout.write(options.json ? `${JSON.stringify(told.json)}\n` : told.text());
      } else {
        process.stderr.write('rekindle: interrupted; nothing of this run is kept\n');
        process.exitCode = interruptedCode(interrupt.signal.reason);
      }
    });
}

async function one(
  workspace: Workspace,
  run: BacktestOptions,
  { from, to }: Options,
): Promise<Told | null> {
  const { campaign } = run;
  const result = await backtest(workspacesOf(workspace), run);
  return (
    result && {
      json: result,
      text: () => describeBacktest(campaign, result),
      html: () => backtestHtml(result, { campaign, from, to }),
    }
  );
}

async function all(
  workspace: Workspace,
  run: RunOptions,
  { from, to }: Options,
): Promise<Told | null> {
  const result = await backtestTogether(workspacesOf(workspace), run);
  return (
    result && {
      json: result,
      text: () => `${describeCampaigns(result.campaigns)}\n${describeTogether(result)}`,
      html: () => togetherHtml(result, { from, to }),
    }
  );
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
