/**
 * Settles what ends enrolments by their state, exits and `while` (semantics.md, ties 1 and 3): asks for its truth where a
 * fact or the clock may have changed it, ends those for which it says so, and keeps the watch of the others: the instant
 * at which each is to be looked at again.
 */
import type { StateRule } from '../campaigns/state-rules.js';
import type { Instant } from '../core/instant.js';
import { NEVER } from '../core/instant.js';
import type { Queryable } from '../core/queryable.js';
import type { CompiledCondition } from '../segments/compile-condition.js';
import type { Question } from './ask.js';
import { ask } from './ask.js';
import type { EnrolmentState, Window } from './window.js';
import { endEnrolment } from './happen.js';

export interface ExitCheck {
  enrolment: EnrolmentState;
  at: Instant;
}

/** Asks the rules that `wanted` picks, for active enrolments; the first one that ends says why. */
export async function settleStateExits(
  sql: Queryable,
  window: Window,
  checks: readonly ExitCheck[],
  wanted: (condition: CompiledCondition, check: ExitCheck, key: string) => boolean,
): Promise<void> {
  const asked: { check: ExitCheck; rule: StateRule }[] = [];
  const questions: Question[] = [];
  for (const check of checks) {
    const { enrolment, at } = check;
    for (const rule of enrolment.version.stateRules) {
      const condition = enrolment.version.compiled(rule.condition);
      if (!wanted(condition, check, rule.key)) continue;
      asked.push({ check, rule });
      questions.push({ condition, profile: enrolment.profile, at, enrolment });
    }
  }
  const answers = await ask(sql, window.definitions, questions);
  answers.forEach((answer, i) => {
    const { check, rule } = asked[i]!;
    if (!check.enrolment.active) return;
    if (rule.ends(answer.holds)) endEnrolment(check.enrolment, check.at, 'exited', rule.label);
    else watch(check.enrolment, rule.key, answer.changesAt, check.at);
  });
}

/** Keeps the earlier of two future instants: a watch that fires too soon only asks again. */
export function watch(
  enrolment: EnrolmentState,
  key: string,
  changesAt: Instant,
  now: Instant,
): void {
  const known = enrolment.watches.get(key) ?? NEVER;
  if (known > now && known <= changesAt) return;
  if (changesAt === NEVER) enrolment.watches.delete(key);
  else enrolment.watches.set(key, changesAt);
  enrolment.changed = true;
}
