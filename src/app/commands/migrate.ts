/**
 * `rekindle migrate`: those under way go on in the live version of their campaign. It shows what that does first, and does
 * it when it is given the hash of what it showed.
 */
import type { Command } from 'commander';
import { describeMigration, describeProgress } from '../../campaigns/describe-migration.js';
import { planMigration } from '../../campaigns/plan-migration.js';
import { requestMigration } from '../../campaigns/request-migration.js';
import { DatabaseClock } from '../../core/clock.js';
import { UsageError } from '../../core/errors.js';
import { HttpProblem } from '../../core/http-problem.js';
import { inTransaction } from '../../core/transaction.js';
import { userName } from './apply.js';
import { newCommand, withWorkspace, type CommonOptions } from './new-command.js';
import type { Workspace } from '../workspace.js';

interface Options extends CommonOptions {
  from?: string;
  map: Record<string, string>;
  plan?: string;
  json?: true;
}

export function registerMigrate(program: Command): void {
  newCommand(
    program,
    'migrate <campaign>',
    'Let those under way go on in the live version of their campaign, by step id',
  )
    .option('--from <version>', 'only those on this version; default: on every other')
    .option(
      '--map <old=new>',
      'who stands at step OLD goes on at step NEW; may be said several times',
      readPair,
      {},
    )
    .option('--plan <hash>', 'carry out what was shown under this hash')
    .option('--json', 'print the plan, or the migration, as JSON')
    .action(async (campaign: string, options: Options) => {
      const text = await withWorkspace(options, (workspace) =>
        migrate(workspace, campaign, options).catch(explainProblem),
      );
      process.stdout.write(text);
    });
}

async function migrate(
  { connections }: Workspace,
  campaign: string,
  { from, map, plan: hash, json }: Options,
): Promise<string> {
  if (from !== undefined && !/^\d{1,9}$/.test(from))
    throw new UsageError(`--from: ${from} is not the number of a version`);
  const question = { campaign, from: from === undefined ? null : Number(from), map };
  const now = await new DatabaseClock().now(connections);
  if (hash === undefined) {
    const { plan } = await planMigration(connections, question, now);
    if (json) return `${JSON.stringify(plan)}\n`;
    const next = plan.moves > 0 ? '\nthe same with --plan HASH carries this out\n' : '';
    return `${describeMigration(plan)}${next}`;
  }
  const by = `${userName()} (rekindle migrate)`;
  const asked = await inTransaction(connections, (sql) =>
    requestMigration(sql, { ...question, plan: hash, by, now }),
  );
  return json ? `${JSON.stringify(asked)}\n` : describeProgress(asked);
}

function readPair(text: string, pairs: Record<string, string>): Record<string, string> {
  const place = text.indexOf('=');
  if (place < 1 || place === text.length - 1) throw new UsageError(`--map: ${text} is not OLD=NEW`);
  return { ...pairs, [text.slice(0, place)]: text.slice(place + 1) };
}

/** What the services refuse is no bug of the command. */
function explainProblem(error: unknown): never {
  if (error instanceof HttpProblem) throw new UsageError(error.message);
  throw error;
}
