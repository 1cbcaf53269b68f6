/** Where a condition stands decides what it may refer to. */
import type { ChangedCondition } from '../definitions.js';
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
}

export const IN_SEGMENT: Scope = { entry: false, windowless: { kind: 'ever' } };
export const IN_CAMPAIGN: Scope = { entry: true, windowless: { kind: 'ever' } };
export const IN_EXIT: Scope = { entry: true, windowless: { kind: 'since', of: null } };
export const IN_WAIT: Scope = { entry: true, windowless: { kind: 'since_wait' } };
export const IN_BROADCAST: Scope = { ...IN_SEGMENT, data: true };

/** Of whom a test of this place may take values. */
export function sourcesOf({ entry, data, about }: Scope): readonly TestSource[] {
  return [
    ...(entry || data ? (['entry'] as const) : []),
    ...(about === 'company' ? [] : (['profile'] as const)),
    ...(about === 'member' ? [] : (['account'] as const)),
  ];
}

/** Of events that are judged as they come: the one that lets in, and those of somebody who has entered. */
export const OF_ENTRANT: readonly TestSource[] = ['profile'];
export const OF_ENTERED: readonly TestSource[] = ['entry', 'profile'];
