/**
 * Where somebody stands who is in a campaign: what it waits for, and what would end it, each rule with its clauses and
 * when it ends by itself. In: the enrolment and the version that it is on.
 */
import type { StoredEnrolment } from '../campaigns/enrolments.sql.js';
import { stateRulesOf } from '../campaigns/state-rules.js';
import { formatElapsed } from '../core/duration.js';
import type { Instant } from '../core/instant.js';
import { NEVER } from '../core/instant.js';
import type { Queryable } from '../core/queryable.js';
import { printGoal, printRule } from '../language/campaigns/print-step.js';
import { printCondition } from '../language/conditions/print-condition.js';
import type { CampaignDefinition } from '../language/definitions.js';
import { allSteps } from '../language/steps.js';
import type { Clause } from '../segments/explain-condition.js';
import { askClauses, askTurn, type Asked, type Asking } from './explain-asked.js';

/** Something that ends an enrolment, or the wait that it is in. */
export interface EndRule {
  /** `exit: event: login`, `while: segment: trials`, `ends_after: 30 days`, `goal: …`, `left_segment: trials`. */
  says: string;
  /** Of a state; null for events and times. */
  clause: Clause | null;
  /** It ends when the clause, which is what its segment asks, is not true any more. */
  bySegment?: true;
  /** When it comes by itself if nothing more arrives; NEVER = it does not. */
  at: Instant;
}

/** A state that bars entry while it is so. */
export interface Bar {
  says: string;
  /** As the refusal names it. */
  label: string;
  clause: Clause;
  bars: boolean;
}

export interface Standing {
  /** What its step waits for beside time; null = nothing. */
  awaits: EndRule | null;
  ends: EndRule[];
}

/** Of an active enrolment, as of the instant that is asked about; `causeAt`: where `since: entry` starts. */
export async function explainStanding(
  sql: Queryable,
  asked: Asked,
  enrolment: StoredEnrolment & { causeAt: Instant },
): Promise<Standing> {
  const { causeAt, entry, step: stepId, arrivedAt } = enrolment;
  const by: Asking = { causeAt, entry };
  const step = allSteps(asked.definition.steps).find(({ id }) => id === stepId);
  const awaits =
    step?.kind === 'wait_for'
      ? await explainRule(sql, asked, `wait_for: ${printRule(step.rule)}`, {
          condition: step.rule.kind === 'state' ? step.rule.condition : null,
          by: { ...by, waitSince: arrivedAt ?? causeAt },
        })
      : null;
  return { awaits, ends: await explainEnds(sql, asked, by, enrolment.enteredAt) };
}

async function explainEnds(
  sql: Queryable,
  asked: Asked,
  by: Asking,
  enteredAt: Instant,
): Promise<EndRule[]> {
  const { exit, goal, enter, endsAfterMs, while: stays } = asked.definition;
  const rules: EndRule[] = [];
  for (const rule of exit)
    rules.push(
      await explainRule(sql, asked, `exit: ${printRule(rule)}`, {
        condition: rule.kind === 'state' ? rule.condition : null,
        by,
      }),
    );
  if (stays)
    rules.push(
      await explainRule(sql, asked, `while: ${printCondition(stays)}`, {
        condition: stays,
        by,
        wanted: false,
      }),
    );
  if (goal?.ends) rules.push({ says: `goal: ${printGoal(goal)}`, clause: null, at: NEVER });
  if (endsAfterMs !== undefined)
    rules.push({
      says: `ends_after: ${formatElapsed(endsAfterMs)}`,
      clause: null,
      at: enteredAt + endsAfterMs,
    });
  const left = leftSegment(asked);
  if (left) {
    const asks = { condition: left.who, by: null, wanted: false };
    rules.push({
      ...(await explainRule(sql, asked, `left_segment: ${left.id}`, asks)),
      bySegment: true,
    });
  }
  return enter.kind === 'segment' && !left && enter.ifLeft === 'exit'
    ? [...rules, { says: `left_segment: ${enter.segment}`, clause: null, at: NEVER }]
    : rules;
}

/** The segment that ends it when it is left; null: none does, or it is no more. */
export function leftSegment({ definition: { enter }, live }: Asked) {
  if (enter.kind !== 'segment' || enter.ifLeft !== 'exit') return null;
  return live.segments.get(enter.segment)?.definition ?? null;
}

/** What bars entry by its state: the exits and `while`, as they would be judged at entry. */
export async function explainBars(sql: Queryable, asked: Asked, by: Asking | null): Promise<Bar[]> {
  const bars: Bar[] = [];
  for (const rule of stateRulesOf(asked.definition)) {
    const { condition, label } = rule;
    const clause = await askClauses(sql, asked, condition, by);
    const word = rule.key === 'while' ? 'while' : 'exit';
    bars.push({
      says: `${word}: ${printCondition(condition)}`,
      label,
      clause,
      bars: rule.ends(clause.holds),
    });
  }
  return bars;
}

async function explainRule(
  sql: Queryable,
  asked: Asked,
  says: string,
  o: { condition: CampaignDefinition['while'] | null; by: Asking | null; wanted?: boolean },
): Promise<EndRule> {
  const { condition, by, wanted = true } = o;
  if (!condition) return { says, clause: null, at: NEVER };
  const clause = await askClauses(sql, asked, condition, by);
  return { says, clause, at: await askTurn(sql, asked, condition, { by, wanted }) };
}
