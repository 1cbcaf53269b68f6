/** Where a condition stands decides what it may refer to. */
import type { ChangedCondition, StepValue } from '../definitions.js';
import type { TestSource } from './value-of-shapes.js';

export interface Scope {
  /** There is an enrolment: `entry:` and `since: entry` mean something. */
  entry: boolean;
  /** What an event, or a change of a trait, without window means: an exit's happens from entry on, a wait's from the wait on. */
  windowless: ChangedCondition['window'];
  /** Within `account:` it is about the company, within its `who:` about each member; else about the profile. */
  about?: 'company' | 'member';
  /** There is no enrolment yet, but data for it: those of a broadcast. */
  data?: true;
  /** It is about a step that has values of its own, or about one of these. */
  given?: Given;
}

/** Values of a step by name, `with.`; undefined is one that could not be read, null all of them. */
export type Given = ReadonlyMap<string, StepValue | undefined> | null;

/** Of whom a test may take values: those of a step are known by what stands there. */
export type Source = TestSource | { given: Given };

export const IN_SEGMENT: Scope = { entry: false, windowless: { kind: 'ever' } };
export const IN_CAMPAIGN: Scope = { entry: true, windowless: { kind: 'ever' } };
export const IN_EXIT: Scope = { entry: true, windowless: { kind: 'since', of: null } };
export const IN_WAIT: Scope = { entry: true, windowless: { kind: 'since_wait' } };
export const IN_BROADCAST: Scope = { ...IN_SEGMENT, data: true };

/** Of whom a test of this place may take values. */
export function sourcesOf({ entry, data, about, given }: Scope): readonly Source[] {
  return [
    ...(entry || data ? (['entry'] as const) : []),
    ...(about === 'company' ? [] : (['profile'] as const)),
    ...(about === 'member' ? [] : (['account'] as const)),
    ...(given === undefined ? [] : [{ given }]),
  ];
}

/** Of events that are judged as they come: the one that lets in, and those of somebody who has entered. */
export const OF_ENTRANT: readonly TestSource[] = ['profile'];
export const OF_ENTERED: readonly TestSource[] = ['entry', 'profile'];
