/**
 * Whom an explanation is about, and as of when; and how each of its parts asks a condition. In: a profile and the
 * definitions that were live at that instant. Out: clauses, judged as the engine would have judged them then.
 */
import type { Instant } from '../core/instant.js';
import type { Queryable } from '../core/queryable.js';
import type { LiveDefinitions } from '../definitions/load-definitions.js';
import type { CampaignDefinition, Condition } from '../language/definitions.js';
import type { GateFacts } from '../messages/gate-facts.sql.js';
import { explainCondition, turnsAt, type Clause } from '../segments/explain-condition.js';

export interface Asked {
  /** As of `at`. */
  live: LiveDefinitions;
  profile: GateFacts;
  /** The campaign as of `at`. */
  definition: CampaignDefinition;
  at: Instant;
}

/** The enrolment that asks: where `since: entry` starts, what it began with, since when it waits. */
export interface Asking {
  /** Null: there is no enrolment yet. */
  causeAt: Instant | null;
  entry: Record<string, unknown>;
  waitSince?: Instant;
}

/** `by`: null outside enrolments. `at`: another instant than the one that is asked about. */
export async function askClauses(
  sql: Queryable,
  asked: Asked,
  condition: Condition,
  by: Asking | null = null,
  at = asked.at,
): Promise<Clause> {
  return explainCondition(sql, condition, segmentsOf(asked), subjectOf(asked, by, at));
}

/** When it becomes true by itself, or with `wanted: false` is true no more; NEVER = it does not. */
export async function askTurn(
  sql: Queryable,
  asked: Asked,
  condition: Condition,
  { by, wanted = true }: { by: Asking | null; wanted?: boolean },
): Promise<Instant> {
  const subject = subjectOf(asked, by, asked.at);
  return turnsAt(sql, condition, segmentsOf(asked), { subject, wanted });
}

export function zoneOf({ profile, live }: Pick<Asked, 'profile' | 'live'>): string {
  return profile.zone ?? live.project.zone;
}

export function segmentsOf({ live }: Asked) {
  return new Map([...live.segments].map(([id, { definition }]) => [id, definition]));
}

function subjectOf(asked: Asked, by: Asking | null, at: Instant) {
  return {
    profileId: asked.profile.profileId,
    at,
    since: by?.causeAt ?? null,
    waitSince: by?.waitSince ?? null,
    entry: by?.entry ?? null,
    zone: zoneOf(asked),
  };
}
