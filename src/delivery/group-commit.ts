/**
 * Delivery (stage 5): group commit. In: single items from many connections. Out: one batched statement
 * after another. One batch is in flight, the rest queue behind it, so a batch is as large as the database
 * is slow and an idle database is asked at once (50 connections ran 3,845 mails/s that way, delivery.md).
 */
import { setTimeout as sleep } from 'node:timers/promises';
import { blamesRow } from './database-errors.js';
import type { Watcher } from './database-watch.js';

interface Waiting<T, R> {
  item: T;
  resolve(result: R): void;
  reject(error: unknown): void;
}

export interface GroupCommitOptions {
  /** The most items of one statement. */
  largest: number;
  /**
   * Whether a batch is written again when the database is away or the answer to its COMMIT was cut
   * off. Only for statements that are harmless when they run twice.
   */
  again: boolean;
  /** Told of every failure that is no row's fault, and of every success. */
  watcher?: Watcher;
}

const FIRST_PAUSE_MS = 50;
const LONGEST_PAUSE_MS = 2_000;

export class GroupCommit<T, R> {
  private queue: Waiting<T, R>[] = [];
  private running = false;
  private idleWaiters: (() => void)[] = [];

  /** `write` answers with one result per item, in their order. */
  constructor(
    private readonly write: (items: T[]) => Promise<R[]>,
    private readonly options: GroupCommitOptions,
  ) {}

  /** Resolves with the item's result once its batch is committed; rejects with what made it impossible. */
  submit(item: T): Promise<R> {
    return new Promise<R>((resolve, reject) => {
      this.queue.push({ item, resolve, reject });
      if (!this.running) {
        this.running = true;
        // After the current round of I/O callbacks: what they submit together is written together.
        setImmediate(() => void this.run());
      }
    });
  }

  /** Resolves when nothing is queued or in flight. */
  idle(): Promise<void> {
    return this.running
      ? new Promise((resolve) => this.idleWaiters.push(resolve))
      : Promise.resolve();
  }

  private async run(): Promise<void> {
    while (this.queue.length > 0) {
      await this.commit(this.queue.splice(0, this.options.largest));
    }
    this.running = false;
    for (const resolve of this.idleWaiters.splice(0)) resolve();
  }

  private async commit(batch: Waiting<T, R>[]): Promise<void> {
    for (let pause = FIRST_PAUSE_MS; ; pause = Math.min(pause * 2, LONGEST_PAUSE_MS)) {
      try {
        const results = await this.write(batch.map((waiting) => waiting.item));
        this.options.watcher?.succeeded();
        batch.forEach((waiting, i) => waiting.resolve(results[i]!));
        return;
      } catch (error) {
        const rowsFault = blamesRow(error);
        if (!rowsFault) this.options.watcher?.failed(error);
        // One impossible row must not take the others with it.
        if (rowsFault && batch.length > 1) return this.commitHalves(batch);
        if (rowsFault || !this.options.again)
          return batch.forEach((waiting) => waiting.reject(error));
        // Nothing else may hold the process: what is not written by then is settled by other workers.
        await sleep(pause, undefined, { ref: false });
      }
    }
  }

  private async commitHalves(batch: Waiting<T, R>[]): Promise<void> {
    const middle = batch.length >> 1;
    await this.commit(batch.slice(0, middle));
    await this.commit(batch.slice(middle));
  }
}
