/** Stage 1: what a request hands to the group commit, and what a group is stored by. */
import type { Item, Outcome, Refusal } from './item.js';

/** One request's part: items to store and refusals to write down. */
export interface Submission {
  items: readonly Item[];
  refusals: readonly Refusal[];
  /** About what its items come to as JSON. */
  bytes: number;
}

/** Stores a whole group durably, or throws having stored nothing of it. One outcome per item. */
export type Store = (
  items: readonly Item[],
  refusals: readonly Refusal[],
  how: How,
) => Promise<Outcome[]>;

/** `aside` = beside the queue, where nobody waits for it: what takes long may be done. */
export interface How {
  aside: boolean;
}
