/**
 * What is stored of a profile and a campaign, as it stood at an instant: what began later is left out, what ended later
 * was under way. Pure. What is not kept is until when a step was to wait, and what held a send:
 * when it did go on is told instead.
 */
import type { StoredEnrolment, StoredRefusal, StoredStep } from '../campaigns/enrolments.sql.js';
import type { StoredMove } from '../campaigns/migrations.sql.js';
import { NEVER, type Instant } from '../core/instant.js';

export type EnrolmentWithHistory = StoredEnrolment & { steps: StoredStep[]; moves: StoredMove[] };

/** An enrolment as of `at`, at which it had begun; as it is where it has not changed since. */
export function enrolmentAt(enrolment: EnrolmentWithHistory, at: Instant): EnrolmentWithHistory {
  const then = placeAt(enrolment, at);
  const undone = enrolment.moves.find((move) => move.at > at);
  if (!undone) return then;
  const moves = enrolment.moves.filter((move) => move.at <= at);
  // Not before it was moved did it stand at a step of another version.
  const step = then.state === 'active' ? undone.fromStep : then.step;
  return { ...then, moves, step, version: undone.from };
}

function placeAt(enrolment: EnrolmentWithHistory, at: Instant): EnrolmentWithHistory {
  const { endedAt, convertedAt, arrivedAt } = enrolment;
  const converted = convertedAt !== null && convertedAt > at;
  const past = {
    ...enrolment,
    ...(converted ? { convertedAt: null, conversionValue: null } : {}),
    steps: enrolment.steps.filter(({ settledAt }) => settledAt <= at),
  };
  if (endedAt !== null && endedAt <= at) return past;
  if (endedAt === null && (arrivedAt === null || arrivedAt <= at)) return past;
  const passing = enrolment.steps.find((step) => step.arrivedAt <= at && at < step.settledAt);
  // It left the step that it ended at without settling it.
  const last = arrivedAt !== null && arrivedAt <= at ? arrivedAt : null;
  return {
    ...past,
    state: 'active',
    step: passing?.step ?? (last === null ? null : enrolment.step),
    arrivedAt: passing?.arrivedAt ?? last,
    dueAt: passing?.settledAt ?? endedAt ?? NEVER,
    held: null,
    endedAt: null,
    endReason: null,
    endBecause: null,
  };
}

/** The latest of the two, where it came after the other. */
export function isLater(refusal: StoredRefusal, enrolment: StoredEnrolment | null): boolean {
  return !enrolment || refusal.at > (enrolment.endedAt ?? enrolment.enteredAt);
}
