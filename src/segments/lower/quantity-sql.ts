/** What a quantity of events is in SQL: which facts it reads, and what it says of them. */

/** What is known of the events that match: expressions over the main relation. */
export interface EventFacts {
  /** Their number, 0 for none; cut at the largest number that matters. */
  n: string;
  /** When the latest occurred; meaningful where n > 0. */
  last: string;
  /** An aggregate that the quantity asked for, by its name. */
  aggregate: (name: string) => string;
}

/** What a quantity reads of the events beside their number. */
export type ValuesSql = {
  /** Aggregate functions over the values, by the name of what they give; SQL null over none. */
  aggregates: Readonly<Record<string, string>>;
} & (
  | {
      path: readonly string[];
      /** `numbers`: aggregates over them. `kinds`: one row per different value, which then counts as an event. */
      of: 'numbers' | 'kinds';
    }
  /** Of a sequence: when the event occurred, and how many milliseconds the answer took; the greatest is the latest. */
  | { of: 'took' }
);

export interface QuantitySql {
  /** True, false or null = undecided, for a window that is not open. */
  holds(facts: EventFacts): string;
  /** When time alone changes that within an unchanged set of events, SQL null for never; null = never. */
  changes: ((facts: EventFacts) => string) | null;
  /** Whether an open `within_first` is true already; null = only its end decides. */
  reached: ((facts: EventFacts) => string) | null;
  /** The counts at which the truth flips; null = any event may flip it. */
  boundaries: number[] | null;
  /** Whether it reads when the latest occurred. */
  readsLast: boolean;
  values: ValuesSql | null;
  /** The event that expires first may flip it, whichever that is: the counts at which it does are not known. */
  anyExpiry?: true;
}
