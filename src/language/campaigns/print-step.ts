/**
 * What an enrolment waits for, what ends it and what it is for, in the language's own words. For whoever has to tell people
 * where somebody stands. Pure.
 */
import { formatDuration, formatElapsed } from '../../core/duration.js';
import type { NoticeTo } from './notify-shapes.js';
import { printCondition, printMatch } from '../conditions/print-condition.js';
import { printDays, printInstant, printTime } from '../scalars/print-days.js';
import type { DateOffset, ExitRule, Goal, Step, WaitUntil } from '../definitions.js';
import type { TimeOfDay } from '../scalars/time-shapes.js';

/**
 * `wait: 3 days, at: 10:00`, `wait_until: tue 10:00`, `wait_for: { event: login }, at_most: 4 days`, or of a repeat
 * `repeat: 12, every: 1 month`; null: not a step that waits.
 */
export function printWait(step: Step): string | null {
  switch (step.kind) {
    case 'wait':
      return `wait: ${formatDuration(step.duration)}${atOf(step.at)}`;
    case 'wait_until':
      return `wait_until: ${untilOf(step.until)}`;
    case 'wait_for':
      return `wait_for: { ${printRule(step.rule)} }, at_most: ${formatElapsed(step.atMostMs)}`;
    case 'repeat':
      return `repeat: ${step.times}, every: ${formatDuration(step.every)}${atOf(step.at)}`;
    case 'send':
    case 'notify':
    case 'branch':
    case 'split':
    case 'set':
    case 'unset':
    case 'subscribe':
    case 'unsubscribe':
    case 'track':
    case 'enrol':
    case 'webhook':
    case 'exit':
      return null;
  }
}

/** What ends an enrolment or a wait: `event: login` or `trait: plan, is: pro`. */
export function printRule(rule: ExitRule): string {
  if (rule.kind === 'state') return printCondition(rule.condition);
  return `${printMatch(rule.match)}${sameOf(rule.same)}`;
}

/** `event: subscription_started, within: 60 days`. */
export function printGoal({ match, same, withinMs }: Goal): string {
  const within = withinMs === null ? '' : `, within: ${formatElapsed(withinMs)}`;
  return `${printMatch(match)}${sameOf(same)}${within}`;
}

/** `cs@acme.com`, `{ trait: account.csm_email, otherwise: cs@acme.com }`. */
export function printTo(to: NoticeTo): string {
  if (to.kind === 'address') return to.address;
  const trait = [...(to.of === 'account' ? ['account'] : []), ...to.path].join('.');
  return `{ trait: ${trait}${to.otherwise === null ? '' : `, otherwise: ${to.otherwise}`} }`;
}

function sameOf(same: readonly string[] | null): string {
  return same === null ? '' : `, same: ${same.join('.')}`;
}

function untilOf(until: WaitUntil): string {
  switch (until.kind) {
    case 'time':
      return `${until.days === null ? '' : `${printDays(until.days)} `}${printTime(until.at)}`;
    case 'instant':
      return printInstant(until.at);
    case 'local':
      return `${until.date} ${printTime(until.at)}`;
    case 'date':
      return dateOf(until);
  }
}

function dateOf({ from, path, shift, at }: DateOffset): string {
  const parts = [
    `date: ${[...(from === 'entry' ? ['entry'] : []), ...path].join('.')}`,
    ...(shift ? [`${shift.direction}: ${formatDuration(shift)}`] : []),
    ...(at ? [`at: ${printTime(at)}`] : []),
  ];
  return `{ ${parts.join(', ')} }`;
}

function atOf(at: TimeOfDay | null): string {
  return at ? `, at: ${printTime(at)}` : '';
}
