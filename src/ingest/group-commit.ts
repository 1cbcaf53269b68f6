/**
 * Stage 1: requests that arrive together are written together. In: submissions from concurrent requests;
 * out: each one's outcomes, after the commit that holds them. Invariants: at most `lanes` groups are in
 * flight, what arrives meanwhile waits and goes with the next; order of arrival is kept; a submission
 * that makes its group fail fails alone. Memory is bounded: beyond `maxWaiting` items it is busy.
 */
import type { Item, Outcome, Refusal } from './item.js';

/** One request's part: items to store and refusals to write down. */
export interface Submission {
  items: readonly Item[];
  refusals: readonly Refusal[];
}

/** Stores a whole group durably, or throws having stored nothing of it. One outcome per item. */
export type StoreGroup = (
  items: readonly Item[],
  refusals: readonly Refusal[],
) => Promise<Outcome[]>;

/** Too much is waiting: come again later. */
export class Busy extends Error {}

export interface GroupOptions {
  /** Groups in flight at once; default 1. */
  lanes?: number;
  /** Items per group; a larger single submission still goes as one. Default 2,500. */
  maxItems?: number;
  /** Items waiting at most; default 25,000. */
  maxWaiting?: number;
}

interface Waiting extends Submission {
  resolve: (outcomes: Outcome[]) => void;
  reject: (error: unknown) => void;
}

export class GroupCommit {
  private queue: Waiting[] = [];
  private waiting = 0;
  private running = 0;
  private readonly options: Required<GroupOptions>;

  constructor(
    private readonly store: StoreGroup,
    { lanes = 1, maxItems = 2_500, maxWaiting = 25_000 }: GroupOptions = {},
  ) {
    this.options = { lanes, maxItems, maxWaiting };
  }

  /** Resolves when everything submitted is durable; rejects with `Busy` or what the database said. */
  submit(submission: Submission): Promise<Outcome[]> {
    if (this.waiting >= this.options.maxWaiting)
      return Promise.reject(new Busy('too many items are waiting'));
    return new Promise((resolve, reject) => {
      this.queue.push({ ...submission, resolve, reject });
      this.waiting += weight(submission);
      if (this.running < this.options.lanes) void this.run();
    });
  }

  private async run(): Promise<void> {
    this.running++;
    while (this.queue.length > 0) {
      const group = this.take();
      await this.commit(group);
    }
    this.running--;
  }

  private take(): Waiting[] {
    let items = 0;
    let count = 0;
    while (count < this.queue.length) {
      const next = weight(this.queue[count]!);
      if (count > 0 && items + next > this.options.maxItems) break;
      items += next;
      count++;
    }
    this.waiting -= items;
    return this.queue.splice(0, count);
  }

  private async commit(group: Waiting[]): Promise<void> {
    try {
      const outcomes = await this.store(
        group.flatMap((one) => one.items),
        group.flatMap((one) => one.refusals),
      );
      let from = 0;
      for (const { items, resolve } of group) resolve(outcomes.slice(from, (from += items.length)));
    } catch (error) {
      if (group.length === 1) group[0]!.reject(error);
      else for (const one of group) await this.commit([one]);
    }
  }
}

function weight({ items, refusals }: Submission): number {
  return items.length + refusals.length;
}
