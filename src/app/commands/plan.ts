/** `rekindle plan`: what an apply would change and whom that touches; nothing is changed. */
import type { Command } from 'commander';
import { describePlan } from '../../campaigns/describe-plan.js';
import { planChanges, type SaidPlan } from '../../campaigns/plan-changes.js';
import { planDiagnostics } from '../../campaigns/plan-diagnostics.js';
import { partOfPlan } from '../../campaigns/plan-part.js';
import { DatabaseClock } from '../../core/clock.js';
import { UsageError } from '../../core/errors.js';
import type { Definitions } from '../../language/definitions.js';
import { checkedDefinitions, printToStderr, warnOfSecrets } from '../check-configuration.js';
import { newCommand, withWorkspace, type CommonOptions } from './new-command.js';

interface Options extends CommonOptions {
  campaign?: string;
  json?: true;
  verbose?: boolean;
}

export function registerPlan(program: Command): void {
  newCommand(program, 'plan', 'What an apply would change, and whom that touches')
    .option('--campaign <id>', 'show only what is about this campaign')
    .option('--verbose', 'say also of what is new or goes all that it says')
    .option('--json', 'print the plan as JSON, as the REST API does')
    .addHelpText(
      'after',
      '\n`apply --plan HASH` carries out exactly this plan, or nothing when something changed since.',
    )
    .action(async (options: Options) => {
      const checked = await checkedDefinitions(options);
      const { campaign } = options;
      warnOfSecrets(checked.definitions, options);
      const { plan, diagnostics } = await withWorkspace(options, async ({ connections }) => {
        const now = await new DatabaseClock().now(connections);
        const planned = await planChanges(connections, checked.definitions, now);
        // What is about other campaigns is not asked for.
        const part =
          campaign === undefined ? planned : partOfPlan(planned, checked.definitions, campaign);
        return {
          plan: planned,
          diagnostics: await planDiagnostics(connections, checked, part ?? planned, now),
        };
      });
      printToStderr(diagnostics, checked.sources);
      process.stdout.write(show(plan, checked.definitions, options));
    });
}

function show(
  plan: SaidPlan,
  definitions: Definitions,
  { campaign, json, verbose = false }: Options,
): string {
  const part = campaign === undefined ? plan : partOfPlan(plan, definitions, campaign);
  if (!part) throw new UsageError(`there is no campaign ${campaign}, neither here nor live`);
  if (json) return `${JSON.stringify(part)}\n`;
  const shown = { definitions, verbose };
  return campaign === undefined
    ? describePlan(part, shown)
    : describePlan(part, { ...shown, part: { campaign, ofChanges: plan.changes.length } });
}
