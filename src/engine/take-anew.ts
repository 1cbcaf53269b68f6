/**
 * `if_active`: what is under way takes the data of what asked to enter, or ends and makes room. In: the active enrolment
 * of the key; out: changed working memory. A wait that looks at the entry looks again at once (semantics.md, Clock).
 */
import { isDated } from '../campaigns/walk-waits.js';
import type { Instant } from '../core/instant.js';
import type { Candidate, EnrolmentState } from './window.js';
import { endEnrolment } from './happen.js';

/** The enrolment of this key that is under way; null when there is none. */
export function activeOf({ profile, version }: Candidate, perKey: string): EnrolmentState | null {
  const active = profile.enrolments.find(
    (one) => one.active && one.version.id === version.id && one.perKey === perKey,
  );
  return active ?? null;
}

/** Replaces its data; its cause, its place and the time for its goal stay what they were. */
export function refresh(enrolment: EnrolmentState, { entry, at }: Candidate): void {
  enrolment.entry = entry;
  enrolment.refreshedAt = at;
  enrolment.changed = true;
  if (looksAtEntry(enrolment)) enrolment.dueAt = Math.min(enrolment.dueAt, at);
}

export function endAsRestarted(enrolment: EnrolmentState, at: Instant): void {
  endEnrolment(enrolment, at, 'exited', 'restarted');
}

function looksAtEntry({ step, version }: EnrolmentState): boolean {
  const at = step === null ? null : version.program.steps.get(step)?.step;
  if (!at) return false;
  return isDated(at) || (at.kind === 'wait_for' && at.rule.kind === 'state');
}
