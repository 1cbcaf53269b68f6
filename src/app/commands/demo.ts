/**
 * `rekindle demo`: the campaigns of config/ on invented people and a virtual clock, in a schema of its own, then
 * served like any other workspace. Everything is made anew each time; the same day gives the same people.
 */
import type { Command } from 'commander';
import { DatabaseClock } from '../../core/clock.js';
import { UsageError } from '../../core/errors.js';
import { DAY_MS } from '../../core/instant.js';
import { sourceTexts } from '../../definitions/source-texts.js';
import { testTexts } from '../../definitions/test-files.sql.js';
import { holdInventedPeople } from '../../delivery/way-out.js';
import { summary } from '../../language/print-diagnostics.js';
import type { Environment } from '../../core/environment.js';
import { runDemo, type DemoResult } from '../../simulation/demo.js';
import { checkConfiguration, printToStderr } from '../check-configuration.js';
import { migrate } from '../migrate.js';
import { sourceFolders } from '../read-sources.js';
import { runUntilStopped } from '../run-until-stopped.js';
import type { Workspace } from '../workspace.js';
import { describeCampaigns } from './describe-demo.js';
import { newCommand, withWorkspace, type CommonOptions } from './new-command.js';
import { startProgress } from './progress.js';

interface Options extends CommonOptions {
  json?: true;
  exit?: true;
}

const SCHEMA = 'rekindle_demo';
const PROFILES = 2_000;
const DAYS = 90;
const SEED = 1;

export function registerDemo(program: Command): void {
  newCommand(
    program,
    'demo',
    `Run the campaigns on ${PROFILES} invented profiles and ${DAYS} virtual days, then serve`,
  )
    .option('--exit', 'end after the virtual run')
    .option('--json', 'print the result as JSON')
    .action(async (options: Options) => {
      // Its people are invented: whatever SMTP_URL says, nothing leaves.
      const overrides = { ...options, schema: SCHEMA, transport: 'dev_mailbox' as const };
      const result = await withWorkspace(
        overrides,
        (workspace, environment) => run(workspace, environment, options),
        { mayBegin: true },
      );
      process.stdout.write(options.json ? `${JSON.stringify(result)}\n` : describeDemo(result));
      if (options.exit) return;
      process.stderr.write(
        `serving the demo's workspace (schema ${SCHEMA}) from here on; Ctrl-C ends\n`,
      );
      await runUntilStopped(overrides);
    });
}

async function run(
  workspace: Workspace,
  environment: Environment,
  options: Options,
): Promise<DemoResult> {
  const folders = sourceFolders(environment, options);
  const { definitions, diagnostics, sources, tests } = await checkConfiguration(folders);
  printToStderr(diagnostics, sources);
  if (!definitions) throw new UsageError(`${summary(diagnostics)} in ${folders.config}`);
  await empty(workspace);
  const { connections, dataSource } = workspace;
  await holdInventedPeople(connections);
  const now = await new DatabaseClock().now(connections);
  const to = Math.floor(now / DAY_MS) * DAY_MS;
  const from = to - DAYS * DAY_MS;
  const progress = startProgress(`${DAYS} days`, to - from);
  return runDemo({
    connections,
    dataSource,
    definitions,
    sources: sourceTexts(sources),
    tests: testTexts(tests, sources),
    profiles: PROFILES,
    days: DAYS,
    seed: SEED,
    to,
    publicUrl: environment.publicUrl,
    onProgress: (at) => progress.update(at - from, new Date(at).toISOString().slice(0, 10)),
  }).finally(() => progress.stop());
}

/** Makes the workspace new when an earlier demo used it. */
async function empty({ connections, url, schema }: Workspace): Promise<void> {
  const { rows } = await connections.query('select from revisions limit 1');
  if (rows.length === 0) return;
  await connections.query(`drop schema ${schema} cascade`);
  await migrate(url, schema);
}

/** One line per campaign, and what comes of it. */
function describeDemo({ profiles, events, campaigns, mails, virtualSeconds }: DemoResult): string {
  return `${describeCampaigns(campaigns)}\n${profiles} profiles, ${events} events, ${DAYS} days in ${virtualSeconds} s; ${mails} mails in the dev mailbox\n`;
}
