/** A migration that is planned, or under way, as plain text for the command. Pure. */
import { some } from './describe-plan.js';
import type { StayReason } from './decide-move.js';
import type { StoredMigration } from './migrations.sql.js';
import type { MigrationPlan, PlannedStep } from './plan-migration.js';

const STAYS: Record<StayReason, string> = {
  step_gone: 'they stay: the step is no more; --map OLD=NEW says where they go on',
  step_behind: 'they stay: they have left that step behind',
  in_rounds: 'they stay: the step belongs to rounds there, in which they are not',
};

export function describeMigration(plan: MigrationPlan): string {
  const { campaign, from, to, steps, moves, stays, endsAtOnce } = plan;
  if (from.length === 0) return `nobody is under way on an earlier version of ${campaign}\n`;
  const lines = [
    `${campaign}: ${from.map((version) => `v${version}`).join(', ')} -> v${to}`,
    ...steps.flatMap(describeStep),
    `${some(moves, 'enrolment')} would move, ${stays} would stay; mails that are decided stay as they are, those to come wait for send windows and caps as ever`,
    ...describeEnds(endsAtOnce),
    `plan ${plan.hash}`,
  ];
  return `${lines.join('\n')}\n`;
}

function describeStep(one: PlannedStep): string[] {
  const { version, step, active, to, stays, proposed, behind, waits, dueNow, late } = one;
  const at = `  ${active} at ${step ?? 'the beginning'} (v${version})`;
  if (stays === 'step_gone' && proposed !== null)
    return [
      `${at}: they stay: the step is no more; was it renamed? --map ${step}=${proposed} lets them go on there`,
    ];
  if (stays) return [`${at}: ${STAYS[stays]}`];
  const where = to === step ? '' : ` -> ${to ?? 'the beginning'}`;
  const goes = waits === null ? 'go on at once' : `${waits}, counted from when they came there`;
  return [
    `${at}${where}: ${goes}`,
    ...(dueNow === 0
      ? []
      : [`    ${dueNow} of them go on at once: that time is over${describeLate(late)}`]),
    ...(behind === 0 ? [] : [`    ${behind} of them stay: they have left that step behind`]),
  ];
}

function describeLate(late: PlannedStep['late']): string {
  if (!late) return '';
  return late.then === 'skip'
    ? `; the next mail of ${late.n} is too late and is skipped (if_late)`
    : `; the next mail of ${late.n} is late and waits to be asked for (if_late)`;
}

function describeEnds({ of, all, by }: MigrationPlan['endsAtOnce']): string[] {
  const who = all ? `of them` : `of ${of} that were looked at`;
  return by.map(
    ({ because, n }) => `  ${n} ${who} ${n === 1 ? 'ends' : 'end'} at once: ${because}`,
  );
}

export function describeProgress({
  id,
  campaign,
  to,
  asked,
  moved,
  left,
}: StoredMigration): string {
  const rest = left === 0 ? 'done' : `${left} to come; a running engine moves them`;
  return `migration ${id} of ${campaign} to v${to}: ${moved} of ${asked} moved, ${rest}\n`;
}
