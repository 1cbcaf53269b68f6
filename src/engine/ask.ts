/**
 * Asks the database for the truth of many conditions about many profiles, each at its own instant: one
 * statement per distinct condition, whatever the number of questions.
 */
import type { Instant } from '../core/instant.js';
import type { Queryable } from '../core/queryable.js';
import { isZone } from '../core/calendar.js';
import type { Zone } from '../language/definitions.js';
import type { CompiledCondition } from '../segments/compile-condition.js';
import { evaluate } from '../segments/evaluate.js';
import type { EngineDefinitions } from './engine-definitions.js';
import type { EnrolmentState, ProfileState } from './window.js';
import { traitAt } from './trait-past.js';

export interface Question {
  condition: CompiledCondition;
  profile: ProfileState;
  at: Instant;
  /** Cause and data of the enrolment that asks; null outside enrolments. */
  enrolment: Pick<EnrolmentState, 'causeAt' | 'entry'> | null;
  /** When the step began that asks; null outside steps. */
  waitSince?: Instant;
}

export interface Answer {
  holds: boolean | null;
  changesAt: Instant;
}

/** The answers, in the order of the questions. */
export async function ask(
  sql: Queryable,
  definitions: EngineDefinitions,
  questions: readonly Question[],
): Promise<Answer[]> {
  const byCondition = new Map<CompiledCondition, number[]>();
  questions.forEach(({ condition }, index) => {
    const group = byCondition.get(condition);
    if (group) group.push(index);
    else byCondition.set(condition, [index]);
  });
  const answers: Answer[] = Array.from({ length: questions.length });
  for (const [condition, indexes] of byCondition) {
    const subjects = indexes.map((index) => {
      const { profile, at, enrolment, waitSince = null } = questions[index]!;
      return {
        subjectId: index,
        profileId: profile.id,
        at,
        since: enrolment?.causeAt ?? null,
        waitSince,
        entry: enrolment?.entry ?? null,
        stays: staysOf(condition, profile),
        zone: profileZone(profile, definitions, at),
      };
    });
    for (const verdict of await evaluate(sql, condition, subjects)) {
      if (verdict.changesAt <= questions[verdict.subjectId]!.at)
        throw new Error('changes_at must lie in the future');
      answers[verdict.subjectId] = verdict;
    }
  }
  return answers;
}

/** Since when it is a member of the segments whose time is asked for, where that is known here. */
function staysOf(
  { reads }: CompiledCondition,
  { segments, knowsSegments }: ProfileState,
): Record<string, Instant | null> | undefined {
  if (!knowsSegments || reads.stays.size === 0) return undefined;
  const since = (segment: string): Instant | null => {
    const state = segments.get(segment);
    return state?.member ? state.since : null;
  };
  return Object.fromEntries([...reads.stays].map((segment) => [segment, since(segment)]));
}

/** The profile's zone at an instant: its `timezone` trait where that names a zone, else the project's. */
export function profileZone(
  profile: ProfileState,
  definitions: EngineDefinitions,
  at: Instant,
): string {
  const stated =
    profile.traitChanges.length === 0 ? profile.zone : traitAt(profile, 'timezone', at);
  return typeof stated === 'string' && isZone(stated) ? stated : definitions.project.zone;
}

/** The zone a campaign counts in for this profile: `profile`, `project` or a name. */
export function campaignZone(
  zone: Zone,
  profile: ProfileState,
  definitions: EngineDefinitions,
  at: Instant,
): string {
  if (zone === 'profile') return profileZone(profile, definitions, at);
  return zone === 'project' ? definitions.project.zone : zone;
}
