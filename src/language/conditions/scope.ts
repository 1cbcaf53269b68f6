/** Where a condition stands decides what it may refer to. */
import type { ChangedCondition } from '../definitions.js';

export interface Scope {
  /** There is an enrolment: `entry:` and `since: entry` mean something. */
  entry: boolean;
  /** What an event, or a change of a trait, without window means: an exit's happens from entry on, a wait's from the wait on. */
  windowless: ChangedCondition['window'];
  /** Within `account:` it is about the company, within its `who:` about each member; else about the profile. */
  about?: 'company' | 'member';
}

export const IN_SEGMENT: Scope = { entry: false, windowless: { kind: 'ever' } };
export const IN_CAMPAIGN: Scope = { entry: true, windowless: { kind: 'ever' } };
export const IN_EXIT: Scope = { entry: true, windowless: { kind: 'since', of: null } };
export const IN_WAIT: Scope = { entry: true, windowless: { kind: 'since_wait' } };
