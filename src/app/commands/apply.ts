/** `rekindle apply`: publishes a configuration that has no errors; a bad one never replaces a good one. */
import { userInfo } from 'node:os';
import type { Command } from 'commander';
import { describeTouched } from '../../campaigns/describe-plan.js';
import { planChanges } from '../../campaigns/plan-changes.js';
import { planDiagnostics } from '../../campaigns/plan-diagnostics.js';
import { applyDefinitions, PlanMoved, type Applied } from '../../definitions/apply-definitions.js';
import type { RemovedCampaign } from '../../definitions/removed-campaigns.js';
import type { PlannedChange } from '../../definitions/plan-definitions.js';
import { sourceTexts } from '../../definitions/source-texts.js';
import { testTexts } from '../../definitions/test-files.sql.js';
import { DatabaseClock } from '../../core/clock.js';
import { UsageError } from '../../core/errors.js';
import { checkedDefinitions, printToStderr, warnOfSecrets } from '../check-configuration.js';
import { newCommand, withWorkspace, type CommonOptions } from './new-command.js';

interface Options extends CommonOptions {
  json?: true;
  allowRemoval?: true;
  plan?: string;
}

export function registerApply(program: Command): void {
  newCommand(program, 'apply', 'Check definitions and templates and make them live')
    .option('--json', 'print what changed as JSON')
    .option('--plan <hash>', 'only what `rekindle plan` showed under this hash')
    .option('--allow-removal', 'also when that takes a live campaign away')
    .action(async (options: Options) => {
      const checked = await checkedDefinitions(options, 'nothing was applied');
      const { definitions, sources } = checked;
      warnOfSecrets(definitions, options);
      const applied = await withWorkspace(options, async ({ connections, dataSource }) => {
        const now = await new DatabaseClock().now(connections);
        const plan = await planChanges(connections, definitions, now);
        for (const line of describeTouched(plan)) process.stderr.write(`rekindle: ${line}\n`);
        printToStderr(await planDiagnostics(connections, checked, plan, now), sources);
        const done = await applyDefinitions(dataSource, definitions, {
          by: `${userName()} (rekindle apply)`,
          sources: sourceTexts(sources),
          tests: testTexts(checked.tests, sources),
          ...(options.plan === undefined ? {} : { plan: options.plan }),
          ...(options.allowRemoval ? {} : { onRemoval: refuseRemoval }),
        }).catch(explainMoved);
        for (const change of plan.changes.filter(leavesBehind))
          process.stderr.write(`rekindle: ${describeLeft(change)}\n`);
        return done;
      });
      process.stdout.write(
        options.json ? `${JSON.stringify(applied)}\n` : describeApplied(applied),
      );
    });
}

/** Whether somebody goes on with another version than the one that is live now. */
function leavesBehind({ kind, change, inFlight }: PlannedChange): boolean {
  return kind === 'campaign' && change === 'changed' && inFlight.length > 0;
}

/** `campaign win-back: 12 stay on version 3; rekindle migrate win-back shows what moving them does` */
function describeLeft({ name, inFlight }: PlannedChange): string {
  const stay = inFlight.map(({ version, active }) => `${active} stay on version ${version}`);
  return `campaign ${name}: ${stay.join(', ')}; rekindle migrate ${name} shows what moving them does`;
}

function refuseRemoval(removed: readonly RemovedCampaign[]): void {
  const lines = removed.map(
    ({ name, active, waiting }) =>
      `  ${name}: ${active} active enrolment${active === 1 ? '' : 's'}${waiting === 0 ? '' : `, ${waiting} wait to enter`}`,
  );
  throw new UsageError(
    `nothing was applied: live campaigns are missing in the configuration\n${lines.join('\n')}\n` +
      'bring their files back, or take the campaigns away with --allow-removal',
  );
}

/** Of an apply that was to carry out a plan. */
export function explainMoved(error: unknown): never {
  if (error instanceof PlanMoved)
    throw new UsageError(`nothing was applied: ${error.message}; look at a new plan`);
  throw error;
}

/** One line per change, then the revision. */
export function describeApplied({ revision, changed }: Applied): string {
  if (changed.length === 0) return `nothing changed; revision ${revision} stays live\n`;
  const lines = changed.map(({ kind, name, change }) => `${change.padEnd(8)} ${kind} ${name}`);
  return `${lines.join('\n')}\nrevision ${revision} is live\n`;
}

/** The system's name for whoever runs the command; accounts without an entry have none. */
export function userName(): string {
  try {
    return userInfo().username;
  } catch {
    return 'somebody';
  }
}
