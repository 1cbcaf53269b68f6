/**
 * Why an answer was no, at the instant at which it was given: the condition behind a refused entry or a step that was
 * passed by, clause by clause as it was then. In: what is stored of it. Out: the clauses, or null where no condition
 * stands behind it, or what it was about is not kept.
 */
import type { StoredEnrolment, StoredRefusal, StoredStep } from '../campaigns/enrolments.sql.js';
import type { Queryable } from '../core/queryable.js';
import { findEvent } from '../ingest/find-event.sql.js';
import { printCondition } from '../language/conditions/print-condition.js';
import { allSteps } from '../language/steps.js';
import type { Clause } from '../segments/explain-condition.js';
import { askClauses, type Asked, type Asking } from './explain-asked.js';
import { explainBars, leftSegment } from './explain-standing.js';

/** `if` of the entry, or the exit that barred it. */
export async function whyRefused(
  sql: Queryable,
  asked: Asked,
  refusal: StoredRefusal,
): Promise<Clause | null> {
  const { reason, at, detail } = refusal;
  const condition = reason === 'if' ? asked.definition.enter.if : null;
  if (!condition && (reason !== 'barred_by_exit' || typeof detail['exit'] !== 'string'))
    return null;
  const by = await askedBy(sql, refusal);
  if (!by) return null;
  if (condition) return askClauses(sql, asked, condition, by, at);
  const bars = await explainBars(sql, { ...asked, at }, by);
  return bars.find(({ label, bars: bar }) => bar && label === detail['exit'])?.clause ?? null;
}

/** `if` of a step that was passed by. */
export async function whySkipped(
  sql: Queryable,
  asked: Asked,
  { step, enrolment }: { step: StoredStep; enrolment: StoredEnrolment },
): Promise<Clause | null> {
  if (step.outcome !== 'skipped:if') return null;
  const condition = allSteps(asked.definition.steps).find(({ id }) => id === step.step)?.if;
  if (!condition) return null;
  const { causeAt, entry } = enrolment;
  return askClauses(sql, asked, condition, { causeAt, entry }, step.settledAt);
}

/** What was so when an enrolment ended by it: an exit by a state, `while`, or what the segment asks that was left. */
export async function whyEnded(
  sql: Queryable,
  asked: Asked,
  { endReason, endBecause, endedAt, causeAt, entry }: StoredEnrolment,
): Promise<Clause | null> {
  if (endReason !== 'exited' || endedAt === null) return null;
  const then = { ...asked, at: endedAt };
  if (endBecause === 'left_segment') {
    const left = leftSegment(then);
    return left && askClauses(sql, then, left.who);
  }
  const rules = await explainBars(sql, then, { causeAt, entry });
  return rules.find(({ label }) => label === endBecause)?.clause ?? null;
}

/** The arm that was taken at a branch, in the language's words; null: it was no branch, or is not known any more. */
export function armTaken({ definition }: Asked, { step, outcome }: StoredStep): string | null {
  const taken = /^branch:(-?\d+)$/.exec(outcome);
  const branch = allSteps(definition.steps).find(({ id }) => id === step);
  if (!taken || branch?.kind !== 'branch') return null;
  const arm = branch.arms[Number(taken[1])];
  if (!arm) return 'none';
  return arm.if === null ? 'else' : `if: ${printCondition(arm.if)}`;
}

/** What would have begun: an event with its properties, a broadcast with its data. A request's data are not kept. */
async function askedBy(
  sql: Queryable,
  { trigger, at, profileId }: StoredRefusal,
): Promise<Asking | null> {
  const eventId = eventOfTrigger({ trigger });
  if (eventId !== null) {
    const event = await findEvent(sql, profileId, eventId);
    return event && { causeAt: event.occurredAt, entry: event.properties };
  }
  const [kind, id = ''] = trigger.split(/[:/]/);
  if (kind === 'broadcast') {
    const { rows } = await sql.query<{ entry: Record<string, unknown> }>(
      'select entry from broadcasts where id = $1',
      [id],
    );
    return rows[0] ? { causeAt: at, entry: rows[0].entry } : null;
  }
  return kind === 'api' ? null : { causeAt: at, entry: {} };
}

/** The number of the event that it came by (`event:12`); null: it came otherwise. */
export function eventOfTrigger({ trigger }: Pick<StoredRefusal, 'trigger'>): number | null {
  const [kind, id = ''] = trigger.split(/[:/]/);
  return kind === 'event' && /^\d{1,15}$/.test(id) ? Number(id) : null;
}
