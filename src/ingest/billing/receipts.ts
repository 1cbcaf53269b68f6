/**
 * Stage 1, billing: counts what became of webhooks. In: one receipt after another; out: rows of `billing_receipts`, written
 * together a second after the first, so that a flood of unsigned requests is no flood of writes. What was counted and not
 * yet written is lost with a killed process: these are figures to look at, nothing rests on them.
 */
import type { Receipt } from './receipts.sql.js';

const GATHER_MS = 1_000;
/** Different kinds that wait; beyond them the rest is not told apart. */
const MOST_KINDS = 500;

export class Receipts {
  private waiting = new Map<string, Receipt & { count: number }>();
  private timer: NodeJS.Timeout | null = null;
  private writing: Promise<void> = Promise.resolve();

  /** `write` stores counts; `onError` hears when it could not: they are added to what comes next. */
  constructor(
    private readonly write: (counts: (Receipt & { count: number })[]) => Promise<void>,
    private readonly onError: (error: unknown) => void,
  ) {}

  count(receipt: Receipt): void {
    this.add({ ...receipt, count: 1 });
    this.timer ??= setTimeout(() => void this.flush(), GATHER_MS).unref();
  }

  /** Writes what is waiting; resolves when it is written. At the end of a process. */
  flush(): Promise<void> {
    if (this.timer) clearTimeout(this.timer);
    this.timer = null;
    this.writing = this.writing.then(() => this.writeAll());
    return this.writing;
  }

  private add(more: Receipt & { count: number }): void {
    const isFull = this.waiting.size >= MOST_KINDS;
    const kept = isFull ? { ...more, what: '' } : more;
    const key = [kept.source, kept.outcome, kept.what].join('\n');
    const known = this.waiting.get(key);
    if (known) known.count += kept.count;
    else this.waiting.set(key, kept);
  }

  private async writeAll(): Promise<void> {
    const counts = [...this.waiting.values()];
    if (counts.length === 0) return;
    this.waiting = new Map();
    try {
      await this.write(counts);
    } catch (error) {
      for (const one of counts) this.add(one);
      this.onError(error);
    }
  }
}
