/**
 * `per: K` keeps one enrolment per value of K; an exit or a goal whose event lacks `same: K` would end all of
 * them at once: paying one invoice would stop the reminders of another.
 */
import { isDeepStrictEqual } from 'node:util';
import type {
  CampaignDefinition,
  Condition,
  EventCondition,
  ExitRule,
  Goal,
} from '../definitions.js';
import type { Reading } from '../reading.js';

export function checkSameKey(
  reading: Reading,
  { enter, exit, goal, purpose }: CampaignDefinition,
): void {
  const { per } = enter;
  if (!per) return;
  const key = per.join('.');
  const report = (rule: ExitRule | Goal, what: string): void => {
    if ('same' in rule && isDeepStrictEqual(rule.same, per)) return;
    say(rule, what, `add same: ${key}`);
  };
  const say = (rule: ExitRule | Goal, what: string, help: string): void => {
    const message = `this ${what} ends the enrolments of every ${key}, not only the one it is about`;
    if (purpose === 'transactional') reading.error('RK407', reading.placeOf(rule), message, help);
    else reading.warn('RK407', reading.placeOf(rule), message, help);
  };
  for (const rule of exit) {
    if (rule.kind === 'event') report(rule, 'exit');
    else if (isOfEvents(rule.condition))
      say(
        rule,
        'exit',
        `a line of exit: for each event, with the key: - { event: …, same: ${key} }`,
      );
  }
  if (goal) report(goal, 'goal');
}

/** Any of some events: the same as an exit for each. */
function isOfEvents(condition: Condition): boolean {
  if (condition.kind === 'any') return condition.of.some(isOfEvents);
  return condition.kind === 'event' && isBare(condition);
}

function isBare({ quantity, window, occurrence, sequence }: EventCondition): boolean {
  const sinceEntry = window.kind === 'since' && window.of === null;
  return quantity.kind === 'once' && sinceEntry && occurrence === null && !sequence;
}
