/**
 * Stage 1: requests that arrive together are written together. In: submissions from concurrent requests;
 * out: each one's outcomes, after the commit that holds them. Invariants: one group is in
 * flight, what arrives meanwhile waits and goes with the next; order of arrival is kept; a submission
 * that makes its group fail fails alone; one that takes long (many merges, items that the database cannot
 * keep and that must be looked for) is set aside and holds nobody up. Memory is bounded: beyond `maxWaiting` items or `maxWaitingBytes` it is busy.
 */
import { withoutTrace } from '../core/trace.js';
import { isDataError } from './data-error.js';
import type { Outcome } from './item.js';
import { storeApart } from './store-apart.js';
import type { Store, Submission } from './submission.js';

/** Thrown by the store when there is more to do than others should wait for: asked again `aside`. */
export class LongWork extends Error {}

const MB = 1024 * 1024;

/** Too much is waiting: come again later. */
export class Busy extends Error {}

export interface GroupOptions {
  /** Items per group; a larger single submission still goes as one. Default 2,500. */
  maxItems?: number;
  /** Items waiting at most; default 25,000. */
  maxWaiting?: number;
  /** Bytes per group, as `maxItems`; default 8 MB. */
  maxBytes?: number;
  /** Bytes waiting at most; default 64 MB. */
  maxWaitingBytes?: number;
  /** How long a group waits at most for half of the clients, in ms; default 2. */
  gatherMs?: number;
}

interface Waiting extends Submission {
  resolve: (outcomes: Outcome[]) => void;
  reject: (error: unknown) => void;
}

export class GroupCommit {
  private queue: Waiting[] = [];
  private waiting = 0;
  private waitingBytes = 0;
  private running = false;
  /** The end of what was set aside. */
  private asides: Promise<void> = Promise.resolve();
  /** Half of the requests that were seen at the end of the last group. */
  private expected = 1;
  private gathered: (() => void) | null = null;
  private readonly options: Required<GroupOptions>;

  constructor(
    private readonly store: Store,
    {
      maxItems = 2_500,
      maxWaiting = 25_000,
      maxBytes = 8 * MB,
      maxWaitingBytes = 64 * MB,
      gatherMs = 2,
    }: GroupOptions = {},
  ) {
    this.options = { maxItems, maxWaiting, maxBytes, maxWaitingBytes, gatherMs };
  }

  /** Resolves when everything submitted is durable; rejects with `Busy` or what the database said. */
  submit(submission: Submission): Promise<Outcome[]> {
    const { maxWaiting, maxWaitingBytes } = this.options;
    if (this.waiting >= maxWaiting || this.waitingBytes >= maxWaitingBytes)
      return Promise.reject(new Busy('too many items are waiting'));
    return new Promise((resolve, reject) => {
      this.queue.push({ ...submission, resolve, reject });
      this.waiting += weight(submission);
      this.waitingBytes += submission.bytes;
      if (this.queue.length >= this.expected) this.gathered?.();
      // What is written together belongs to no single request.
      if (!this.running) void withoutTrace(() => this.run());
    });
  }

  private async run(): Promise<void> {
    this.running = true;
    while (this.queue.length > 0) {
      if (this.queue.length < this.expected) await this.gather();
      const group = this.take();
      await this.commit(group);
      this.expected = Math.ceil((group.length + this.queue.length) / 2);
    }
    this.running = false;
  }

  /**
   * Clients who were answered together come back together, but not in the same instant. Without this
   * the first of them would get a group of its own and the others would wait for it: every second group
   * would hold one request. Waiting for all of them would leave the database idle meanwhile; with half of
   * them it commits one half while this process reads the other. A client alone never waits.
   */
  private async gather(): Promise<void> {
    await new Promise<void>((resolve) => {
      const timer = setTimeout(resolve, this.options.gatherMs);
      this.gathered = () => {
        clearTimeout(timer);
        resolve();
      };
    });
    this.gathered = null;
  }

  private take(): Waiting[] {
    const { maxItems, maxBytes } = this.options;
    let items = 0;
    let bytes = 0;
    let count = 0;
    for (const next of this.queue) {
      const tooMuch = items + weight(next) > maxItems || bytes + next.bytes > maxBytes;
      if (count > 0 && tooMuch) break;
      items += weight(next);
      bytes += next.bytes;
      count++;
    }
    this.waiting -= items;
    this.waitingBytes -= bytes;
    return this.queue.splice(0, count);
  }

  private async commit(group: Waiting[]): Promise<void> {
    try {
      const outcomes = await this.store(
        group.flatMap((one) => one.items),
        group.flatMap((one) => one.refusals),
        { aside: false },
      );
      let from = 0;
      for (const { items, resolve } of group) resolve(outcomes.slice(from, (from += items.length)));
    } catch (error) {
      const [one] = group;
      if (group.length > 1) {
        const middle = group.length >> 1;
        await this.commit(group.slice(0, middle));
        await this.commit(group.slice(middle));
      } else if (error instanceof LongWork || isDataError(error)) this.setAside(one!);
      else one!.reject(error);
    }
  }

  /** The others go on meanwhile; what is set aside is stored one after another. */
  private setAside(one: Waiting): void {
    this.waiting += weight(one);
    this.waitingBytes += one.bytes;
    this.asides = this.commitAside(this.asides, one);
  }

  private async commitAside(before: Promise<void>, one: Waiting): Promise<void> {
    await before;
    await storeAside(this.store, one).then(one.resolve, one.reject);
    this.waiting -= weight(one);
    this.waitingBytes -= one.bytes;
  }
}

async function storeAside(store: Store, one: Submission): Promise<Outcome[]> {
  const how = { aside: true };
  try {
    return await store(one.items, one.refusals, how);
  } catch (error) {
    if (!isDataError(error) || one.items.length === 0) throw error;
    return storeApart(store, one, { error, how });
  }
}

function weight({ items, refusals }: Submission): number {
  return items.length + refusals.length;
}
