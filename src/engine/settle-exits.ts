/**
 * Settles exits that are states (semantics.md, ties 1 and 3): asks for their truth where a fact or the
 * clock may have changed it, ends the enrolments for which one became true, and keeps the watch of the
 * others: the instant at which each is to be looked at again.
 */
import type { Instant } from '../core/instant.js';
import { NEVER } from '../core/instant.js';
import type { Queryable } from '../core/queryable.js';
import type { CompiledCondition } from '../segments/compile-condition.js';
import type { Question } from './ask.js';
import { ask } from './ask.js';
import type { EnrolmentState, Window } from './window.js';
import { endEnrolment } from './window.js';

export interface ExitCheck {
  enrolment: EnrolmentState;
  at: Instant;
}

/** Asks the state exits that `wanted` picks, for active enrolments. */
export async function settleStateExits(
  sql: Queryable,
  window: Window,
  checks: readonly ExitCheck[],
  wanted: (condition: CompiledCondition, check: ExitCheck, key: string) => boolean,
): Promise<void> {
  const asked: { check: ExitCheck; key: string; label: string }[] = [];
  const questions: Question[] = [];
  for (const check of checks) {
    const { enrolment, at } = check;
    enrolment.version.definition.exit.forEach((rule, index) => {
      if (rule.kind !== 'state') return;
      const condition = enrolment.version.compiled(rule.condition);
      const key = String(index);
      if (!wanted(condition, check, key)) return;
      asked.push({ check, key, label: rule.label });
      questions.push({ condition, profile: enrolment.profile, at, enrolment });
    });
  }
  const answers = await ask(sql, window.definitions, questions);
  answers.forEach((answer, i) => {
    const { check, key, label } = asked[i]!;
    if (!check.enrolment.active) return;
    if (answer.holds === true) endEnrolment(check.enrolment, check.at, 'exited', label);
    else watch(check.enrolment, key, answer.changesAt, check.at);
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
