/**
 * `rekindle rollback`: what was live at an earlier revision, live again as new versions. It shows its plan first and does
 * what the plan says when it is given its hash; its campaign tests come back with it, files on disk are not touched.
 */
import type { Command } from 'commander';
import { describePlan } from '../../campaigns/describe-plan.js';
import { planChanges } from '../../campaigns/plan-changes.js';
import { DatabaseClock } from '../../core/clock.js';
import { UsageError } from '../../core/errors.js';
import { applyDefinitions } from '../../definitions/apply-definitions.js';
import { loadRevision } from '../../definitions/load-revision.js';
import { describeApplied, explainMoved, userName } from './apply.js';
import { newCommand, withWorkspace, type CommonOptions } from './new-command.js';
import type { Workspace } from '../workspace.js';

interface Options extends CommonOptions {
  to?: string;
  plan?: string;
  json?: true;
  verbose?: boolean;
}

export function registerRollback(program: Command): void {
  newCommand(program, 'rollback', 'Make an earlier revision live again, as new versions')
    .option('--to <revision>', 'its number; default: the one before what is live')
    .option('--plan <hash>', 'carry out the plan that was shown under this hash')
    .option('--verbose', 'say also of what is new or goes all that it says')
    .option('--json', 'print the plan, or what changed, as JSON')
    .action(async (options: Options) => {
      process.stdout.write(
        await withWorkspace(options, (workspace) => rollBack(workspace, options)),
      );
    });
}

async function rollBack(
  { connections, dataSource }: Workspace,
  { to, plan, json, verbose = false }: Options,
): Promise<string> {
  if (to !== undefined && !/^\d{1,15}$/.test(to))
    throw new UsageError(`--to: ${to} is not the number of a revision`);
  const stored = await loadRevision(connections, to === undefined ? null : Number(to));
  if (!stored)
    throw new UsageError(
      to === undefined ? 'there is no earlier revision' : `there is no revision ${to}`,
    );
  const { definitions, sources, tests, revision } = stored;
  if (plan === undefined) {
    const now = await new DatabaseClock().now(connections);
    const planned = await planChanges(connections, definitions, now);
    if (json) return `${JSON.stringify(planned)}\n`;
    return `${describePlan(planned, { definitions, verbose })}\nrollback --to ${revision} --plan HASH carries this out\n`;
  }
  const by = `${userName()} (rekindle rollback to ${revision})`;
  const applied = await applyDefinitions(dataSource, definitions, {
    by,
    sources,
    tests,
    plan,
  }).catch(explainMoved);
  return json ? `${JSON.stringify(applied)}\n` : describeApplied(applied);
}
