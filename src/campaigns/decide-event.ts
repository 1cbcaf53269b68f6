/**
 * Stage 3. What an event means for one enrolment: a goal reached, an exit taken. Judged on the event
 * itself; exits that are states are asked of the database by the engine. Pure.
 */
import type { Instant } from '../core/instant.js';
import type { CampaignDefinition, EventMatch, Path } from '../language/definitions.js';
import { matchesEvent, type Testing } from '../segments/test-value.js';
import { keyOf, valueAt } from './decide-entry.js';

/** An event as the engine took it from the inbox. */
export interface EngineEvent {
  id: number;
  name: string;
  occurredAt: Instant;
  properties: Record<string, unknown>;
}

export interface EnrolmentFacts {
  active: boolean;
  causeAt: Instant;
  convertedAt: Instant | null;
  entry: Record<string, unknown>;
}

export interface EventEffect {
  /** The goal was reached by this event; `value` as the event states it. */
  converted: { value: number | null } | null;
  /** The enrolment ends now. */
  ends: { reason: 'converted'; because: null } | { reason: 'exited'; because: string } | null;
}

const NO_EFFECT: EventEffect = { converted: null, ends: null };

/**
 * Goal first, then the exits in the order they are written (semantics.md, ties 1). Both count events
 * after the cause of entry; a goal counts in (cause, cause + within], also after the enrolment's end.
 * `testing`: for tests in `where` on dates and on what is looked up.
 */
export function decideEvent(
  definition: CampaignDefinition,
  enrolment: EnrolmentFacts,
  event: EngineEvent,
  testing: Testing,
): EventEffect {
  if (event.occurredAt <= enrolment.causeAt) return NO_EFFECT;
  const fits = (match: EventMatch, same: Path | null): boolean =>
    matchesEvent(match, event, testing) &&
    (same === null || sameValue(same, event.properties, enrolment.entry));

  const { goal } = definition;
  const converted =
    goal !== null &&
    enrolment.convertedAt === null &&
    (goal.withinMs === null || event.occurredAt <= enrolment.causeAt + goal.withinMs) &&
    fits(goal.match, goal.same)
      ? { value: goal.value ? numberOrNull(valueAt(event.properties, goal.value)) : null }
      : null;
  if (!enrolment.active) return { converted, ends: null };
  if (converted && goal!.ends) return { converted, ends: { reason: 'converted', because: null } };

  for (const rule of definition.exit) {
    if (rule.kind === 'event' && fits(rule.match, rule.same)) {
      return { converted, ends: { reason: 'exited', because: `event ${event.name}` } };
    }
  }
  return { converted, ends: null };
}

/** Whether event and entry carry the same identifying value at `path`; a missing one is never the same. */
export function sameValue(
  path: Path,
  properties: Record<string, unknown>,
  entry: Record<string, unknown>,
): boolean {
  const key = keyOf(valueAt(properties, path));
  return key !== null && key === keyOf(valueAt(entry, path));
}

function numberOrNull(value: unknown): number | null {
  return typeof value === 'number' && Number.isFinite(value) ? value : null;
}
