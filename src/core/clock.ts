/**
 * Business time. The engine never asks the machine what time it is: it asks a `Clock`, so the same
 * code serves production, campaign tests and backtests (design.md 2).
 */
import type { Instant } from './instant.js';
import type { Queryable } from './queryable.js';

export interface Clock {
  /** The current business instant, in ms. `sql` is the session of the transaction that asks. */
  now(sql: Queryable): Promise<Instant>;
}

/** Production time: the database's clock, sampled once per transaction by whoever opens it. */
export class DatabaseClock implements Clock {
  async now(sql: Queryable): Promise<Instant> {
    const { rows } = await sql.query<{ now: Instant }>({
      name: 'clock-now',
      text: `select clock_timestamp()::timestamptz(3) as now`,
    });
    return rows[0]!.now;
  }
}

/** The machine's own time, for a command that needs no database (`validate`). */
export class MachineClock implements Clock {
  now(): Promise<Instant> {
    return Promise.resolve(Date.now());
  }
}

/** Simulated time: stands where it was put. */
export class VirtualClock implements Clock {
  constructor(private at: Instant) {}

  now(): Promise<Instant> {
    return Promise.resolve(this.at);
  }

  /** Moves time forward to `at`; going back is a bug and throws. */
  advanceTo(at: Instant): void {
    if (at < this.at) throw new Error(`the virtual clock cannot go back from ${this.at} to ${at}`);
    this.at = at;
  }
}
