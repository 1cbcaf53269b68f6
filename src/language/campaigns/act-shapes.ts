/** The shapes of steps that change something beside the campaign, and of the values that steps state or send along. */

/** Whose value: the data of the entry, a trait of the profile or its account, or what stands above in the same list. */
export type ValueSource = 'entry' | 'profile' | 'account' | 'with';

/** A value that a step states or sends along. */
export type StepValue =
  | { kind: 'literal'; value: unknown }
  | { kind: 'value_of'; from: ValueSource; path: string[] };

export type ActBody =
  | { kind: 'set'; traits: Record<string, StepValue> }
  | { kind: 'unset'; traits: string[] }
  /** `*` = every topic. */
  | { kind: 'subscribe' | 'unsubscribe'; topic: string }
  | { kind: 'track'; event: string; with: Record<string, StepValue> }
  | { kind: 'enrol'; campaign: string; with: Record<string, StepValue> };
