/**
 * Delivery (stage 5): what one process knows of its database. In: every statement's failure and success, by what was
 * being done. Out: when to ask again while it is away (1, 2, 4 ... 10 s), and few lines for the log: one story while the
 * database is away, whoever notices, and one each for what fails for another reason.
 */
import { isDatabaseAway } from '../core/database-away.js';
import { errorText } from '../core/error-fields.js';
import { Outage } from '../core/outage.js';
import type { Report } from '../core/outage.js';
import { Breaker } from './breaker.js';

/** Well below a lease, so that a worker that comes back asks before it is given up. */
const LONGEST_REST_MS = 10_000;

/** Somebody to be told how something goes. */
export interface Watcher {
  failed(error: unknown): void;
  succeeded(): void;
}

export class DatabaseWatch {
  private readonly breaker = new Breaker({ longestRestMs: LONGEST_REST_MS });
  private readonly away: Outage;
  private readonly stories = new Map<string, Outage>();
  private retry: NodeJS.Timeout | null = null;
  private stopped = false;

  /** `onRetry` is called when a rest is over, and when the database answers again. */
  constructor(
    private readonly report: Report,
    private readonly onRetry: () => void,
  ) {
    this.away = new Outage(
      { bad: 'the database does not answer', good: 'the database answers' },
      report,
    );
  }

  /** It failed lately: not to be asked just now. */
  rests(): boolean {
    return this.breaker.restMs() > 0;
  }

  /** Does `work` and tells how it went; false when it failed. Never rejects. */
  async attempt(what: string, work: () => Promise<void>): Promise<boolean> {
    try {
      await work();
      this.succeeded(what);
      return true;
    } catch (error) {
      this.failed(what, error);
      return false;
    }
  }

  /** For who tells by itself. */
  doing(what: string): Watcher {
    return {
      failed: (error) => this.failed(what, error),
      succeeded: () => this.succeeded(what),
    };
  }

  /** Asks nobody to try again any more. */
  stop(): void {
    this.stopped = true;
    if (this.retry) clearTimeout(this.retry);
    this.retry = null;
  }

  private failed(what: string, error: unknown): void {
    // What one statement stumbles over must not keep the others from work: they go on at the next tick.
    if (!isDatabaseAway(error)) return this.story(what).failed(errorText(error));
    this.breaker.failed();
    this.away.failed(`${what}: ${errorText(error)}`);
    this.planRetry();
  }

  private succeeded(what: string): void {
    const rested = this.rests();
    this.breaker.succeeded();
    this.away.succeeded();
    this.stories.get(what)?.succeeded();
    if (rested && !this.stopped) this.onRetry();
  }

  private planRetry(): void {
    if (this.stopped) return;
    this.retry ??= setTimeout(() => {
      this.retry = null;
      // Timers may fire a little early.
      if (this.rests()) this.planRetry();
      else this.onRetry();
    }, this.breaker.restMs()).unref();
  }

  private story(what: string): Outage {
    const known = this.stories.get(what);
    if (known) return known;
    const story = new Outage({ bad: `${what} fails`, good: `${what} works` }, this.report);
    this.stories.set(what, story);
    return story;
  }
}
