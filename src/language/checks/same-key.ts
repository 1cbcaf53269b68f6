/**
 * `per: K` keeps one enrolment per value of K; an exit or a goal whose event lacks `same: K` would end all of
 * them at once: paying one invoice would stop the reminders of another.
 */
import { isDeepStrictEqual } from 'node:util';
import type { CampaignDefinition, ExitRule, Goal } from '../definitions.js';
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
    const message = `this ${what} ends the enrolments of every ${key}, not only the one it is about`;
    const help = `add same: ${key}`;
    if (purpose === 'transactional') reading.error('RK407', reading.placeOf(rule), message, help);
    else reading.warn('RK407', reading.placeOf(rule), message, help);
  };
  for (const rule of exit) if (rule.kind === 'event') report(rule, 'exit');
  if (goal) report(goal, 'goal');
}
