/**
 * Waits hear of facts. One for a date, and a send that is held: of what moves it (semantics.md, Clock). A `wait_for`: of the
 * event it waits for, and of what may change the state it waits for. The enrolment is due at once; its walk decides when
 * the instant closes, so an exit of the same instant comes first (semantics.md, Ties).
 */
import { sameValue } from '../campaigns/decide-event.js';
import { isDated } from '../campaigns/walk-waits.js';
import type { ExitRule, Step } from '../language/definitions.js';
import { companyTraitsOf, traitsOf } from '../language/steps.js';
import { matchesEvent } from '../segments/test-value.js';
import { testingOf } from './ask.js';
import { companyNews } from './company-past.js';
import { concerns } from './concerns.js';
import type { EngineDefinitions } from './engine-definitions.js';
import type { EnrolmentState, Fact, Turn } from './window.js';

/** Makes those enrolments due at the turn's instant whose waits the fact is about. */
export function wakeWaits(definitions: EngineDefinitions, turn: Turn, fact: Fact): void {
  for (const enrolment of turn.profile.enrolments) {
    const step = enrolment.active ? stepOf(enrolment) : null;
    if (!step || !hears(definitions, { ...turn, fact }, enrolment, step)) continue;
    enrolment.dueAt = Math.min(enrolment.dueAt, turn.at);
  }
}

/** The step at which it stands, null before the first. */
function stepOf({ step, version }: EnrolmentState): Step | null {
  return (step !== null && version.program.steps.get(step)?.step) || null;
}

type FactTurn = Turn & { fact: Fact };

function hears(
  definitions: EngineDefinitions,
  turn: FactTurn,
  enrolment: EnrolmentState,
  step: Step,
): boolean {
  // At a send it stands only while that is held; in another zone the hour may be another one.
  if (isDated(step) || step.kind === 'send') return moves(turn.fact, step);
  if (step.kind !== 'wait_for') return false;
  const { rule } = step;
  if (rule.kind === 'state') return concerns(enrolment.version.compiled(rule.condition), turn.fact);
  enrolment.met ||= isAwaited(definitions, turn, enrolment, rule);
  return enrolment.met;
}

function moves(fact: Fact, step: Step): boolean {
  if (fact.kind === 'event' || fact.kind === 'enrol') return false;
  const news = companyNews(fact);
  if (news)
    return companyTraitsOf(step).some(([trait]) => news.moved || news.traits.includes(trait!));
  if (fact.kind !== 'traits') return fact.kind === 'import' || fact.kind === 'merge';
  const read = ['timezone', ...traitsOf(step).map((path) => path[0]!)];
  return read.some((trait) => Object.hasOwn(fact.data, trait));
}

/** An event counts from the wait on: one that had happened before, however late it came, is not waited for. */
function isAwaited(
  definitions: EngineDefinitions,
  { profile, at, fact: { event } }: FactTurn,
  { arrivedAt, entry }: EnrolmentState,
  { match, same }: Extract<ExitRule, { kind: 'event' }>,
): boolean {
  if (!event || event.occurredAt <= arrivedAt) return false;
  return (
    matchesEvent(match, event, testingOf(profile, definitions, at, entry)) &&
    (same === null || sameValue(same, event.properties, entry))
  );
}
