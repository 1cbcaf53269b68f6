/** The shapes of steps that change something beside the campaign; `Value` is a value that a step states or sends along. */

/** Whose value: the data of the entry, a trait of the profile or its account, or what stands above in the same list. */
export type ValueSource = 'entry' | 'profile' | 'account' | 'with';

export type ActBody<Value> =
  | { kind: 'set'; traits: Record<string, Value> }
  | { kind: 'unset'; traits: string[] }
  /** `*` = every topic. */
  | { kind: 'subscribe' | 'unsubscribe'; topic: string }
  | { kind: 'track'; event: string; with: Record<string, Value> }
  | { kind: 'enrol'; campaign: string; with: Record<string, Value> }
  | { kind: 'webhook'; endpoint: string; with: Record<string, Value> };
