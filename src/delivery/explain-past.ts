/**
 * What is stored of a profile and a campaign, as it stood at an instant: what began later is left out, what ended later
 * was under way. Pure. What is not kept is until when a step was to wait: when it did go on is told instead. Of what held a
 * send, a closed window is found anew (`heldByWindow`); what caps had counted is not.
 */
import type { StoredEnrolment, StoredRefusal, StoredStep } from '../campaigns/enrolments.sql.js';
import type { StoredMove } from '../campaigns/migrations.sql.js';
import { NEVER, type Instant } from '../core/instant.js';
import { lookAtWindow, type WindowRule } from '../messages/send-window.js';

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

/** A send that stood outside its window at `at`, with what the window says; otherwise as it is. */
export function heldByWindow<E extends StoredEnrolment>(
  enrolment: E,
  o: { at: Instant; window: WindowRule | null; zones: { profile: string; project: string } },
): E {
  if (enrolment.held !== null || o.window === null) return enrolment;
  const { seen, opensAt } = lookAtWindow(o.window, o.at, o.zones);
  return opensAt === null
    ? enrolment
    : { ...enrolment, held: { because: 'window', gates: { window: seen } } };
}
