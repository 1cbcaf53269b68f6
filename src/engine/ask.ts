/**
 * Asks the database for the truth of many conditions about many profiles, each at its own instant: one
 * statement per distinct condition, whatever the number of questions.
 */
import type { Instant } from '../core/instant.js';
import type { Queryable } from '../core/queryable.js';
import { isZone } from '../core/calendar.js';
import type { Zone } from '../language/scalars/time-shapes.js';
import type { CompiledCondition } from '../segments/compile-condition.js';
import { evaluate, type Subject } from '../segments/evaluate.js';
import { measure, type CompiledMeasure } from '../segments/measure.js';
import type { EngineDefinitions } from './engine-definitions.js';
import type { EnrolmentState, ProfileState } from './window.js';
import { traitAt } from './trait-past.js';
import { valueAt } from '../core/value-at.js';
import type { Testing } from '../segments/test-value.js';

export interface Question extends Asked {
  condition: CompiledCondition;
}

/** Who is asked, and when. */
interface Asked {
  profile: ProfileState;
  at: Instant;
  /** Cause and data of the enrolment that asks; null outside enrolments. */
  enrolment: Pick<EnrolmentState, 'causeAt' | 'entry'> | null;
  /** Of a broadcast, the data that every enrolment begins with. */
  entry?: Record<string, unknown>;
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
  const answers: Answer[] = Array.from({ length: questions.length });
  for (const [condition, indexes] of placesBy(questions, (one) => one.condition)) {
    const subjects = indexes.map((index) => ({
      ...subjectOf(definitions, questions[index]!, index),
      stays: staysOf(condition, questions[index]!.profile),
    }));
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

/** What events came to, in the order of the questions; one statement per distinct measure. */
export async function measureAll(
  sql: Queryable,
  definitions: EngineDefinitions,
  questions: readonly (Asked & { measure: CompiledMeasure })[],
): Promise<(number | null)[]> {
  const found = questions.map((): number | null => null);
  for (const [one, indexes] of placesBy(questions, (question) => question.measure)) {
    const subjects = indexes.map((index) => subjectOf(definitions, questions[index]!, index));
    const values = await measure(sql, one, subjects);
    indexes.forEach((index, place) => (found[index] = values[place] ?? null));
  }
  return found;
}

function placesBy<Q, K>(questions: readonly Q[], keyOf: (question: Q) => K): Map<K, number[]> {
  const places = new Map<K, number[]>();
  questions.forEach((question, index) => {
    const key = keyOf(question);
    const group = places.get(key);
    if (group) group.push(index);
    else places.set(key, [index]);
  });
  return places;
}

function subjectOf(
  definitions: EngineDefinitions,
  { profile, at, enrolment, waitSince, entry }: Asked,
  subjectId: number,
): Subject {
  return {
    subjectId,
    profileId: profile.id,
    at,
    since: enrolment?.causeAt ?? null,
    waitSince: waitSince ?? null,
    entry: enrolment?.entry ?? entry ?? null,
    zone: profileZone(profile, definitions, at),
  };
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

/** How something that has just come is tested: `entry`, the data of the enrolment that asks, null outside of one. */
export function testingOf(
  profile: ProfileState,
  definitions: EngineDefinitions,
  at: Instant,
  entry: Record<string, unknown> | null = null,
): Testing {
  return {
    at,
    zone: profileZone(profile, definitions, at),
    look: ({ of, path: [trait, ...rest], path }) => {
      if (of === 'entry') return valueAt(entry ?? undefined, path);
      // The checker has refused it there.
      if (of === 'account') throw new Error('companies are not looked up in code');
      return valueAt(traitAt(profile, trait!, at), rest);
    },
  };
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
