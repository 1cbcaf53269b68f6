/**
 * Waits for a date hear of what moves it (semantics.md, Clock): a change of its trait or of the zone, and whatever may
 * have changed any trait. The enrolment is due at once; its walk looks the date up anew when the instant closes.
 */
import { isDated } from '../campaigns/walk-waits.js';
import type { Step } from '../language/definitions.js';
import { traitsOf } from '../language/steps.js';
import type { Fact, Turn } from './window.js';

export function recheckWaits({ profile, at }: Turn, fact: Fact): void {
  if (fact.kind === 'event' || fact.kind === 'enrol') return;
  for (const enrolment of profile.enrolments) {
    if (!enrolment.active || enrolment.step === null) continue;
    const place = enrolment.version.program.steps.get(enrolment.step);
    if (!place || !isDated(place.step) || !moves(fact, place.step)) continue;
    enrolment.dueAt = Math.min(enrolment.dueAt, at);
  }
}

function moves(fact: Fact, step: Step): boolean {
  if (fact.kind !== 'traits') return true;
  const read = ['timezone', ...traitsOf(step).map((path) => path[0]!)];
  return read.some((trait) => Object.hasOwn(fact.data, trait));
}
