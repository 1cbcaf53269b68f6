/** Where a condition stands decides what it may refer to. */
export interface Scope {
  /** There is an enrolment: `entry:` and `since: entry` mean something. */
  entry: boolean;
  /** What an event condition without window means: an exit's happens from entry on (semantics.md, Campaigns). */
  windowless: 'ever' | 'since_entry';
}

export const IN_SEGMENT: Scope = { entry: false, windowless: 'ever' };
export const IN_CAMPAIGN: Scope = { entry: true, windowless: 'ever' };
export const IN_EXIT: Scope = { entry: true, windowless: 'since_entry' };
