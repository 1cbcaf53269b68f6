/**
 * Delivery (stage 5): the worker's pen. In: single intentions from many connections. Out: group commits.
 * The one kept question, `transmit`, is never repeated: if its answer is lost, nothing is handed over. All
 * other writes are repeated until the database takes them; while it is away nothing new can start.
 */
import type { Clock } from '../core/clock.js';
import type { ConnectionSource } from '../core/queryable.js';
import type { ClaimedMessage, PreparedMessage } from './claimed-message.js';
import { GroupCommit } from './group-commit.js';
import { markTransmitting, pauseProvider, releaseMessages, settleMessages } from './ledger.sql.js';
import type { HandoverResult } from './settlement.js';
import { CREDENTIALS_PAUSE_MS, settle } from './settlement.js';

/** Rows of one statement: large enough never to be the limit, small enough to parse in a millisecond. */
const LARGEST_BATCH = 500;

export interface LedgerOptions {
  connections: ConnectionSource;
  clock: Clock;
  worker: string;
  provider: string;
}

export class Ledger {
  private readonly transmits: GroupCommit<PreparedMessage, boolean>;
  private readonly settles: GroupCommit<
    { message: ClaimedMessage; result: HandoverResult },
    boolean
  >;
  private readonly releases: GroupCommit<{ id: number; epoch: number }, void>;

  private readonly pauses: GroupCommit<string, void>;

  constructor({ connections, clock, worker, provider }: LedgerOptions) {
    this.transmits = new GroupCommit(
      async (batch) => {
        const held = await markTransmitting(connections, worker, provider, batch);
        return batch.map(({ id }) => held.has(id));
      },
      { largest: LARGEST_BATCH, again: false },
    );
    this.settles = new GroupCommit(
      async (batch) => {
        const now = await clock.now(connections);
        const rows = batch.map(({ message, result }) => settle(message, result, provider, now));
        const held = await settleMessages(connections, worker, provider, rows, now);
        return rows.map(
          (row) => held.has(row.id) && row.state === 'pending' && row.wait_ms === null,
        );
      },
      { largest: LARGEST_BATCH, again: true },
    );
    this.releases = new GroupCommit(
      async (batch) => {
        await releaseMessages(connections, worker, batch);
        return batch.map(() => undefined);
      },
      { largest: LARGEST_BATCH, again: true },
    );
    this.pauses = new GroupCommit(
      async (batch) => {
        await pauseProvider(
          connections,
          provider,
          CREDENTIALS_PAUSE_MS,
          batch[0]!,
          await clock.now(connections),
        );
        return batch.map(() => undefined);
      },
      { largest: LARGEST_BATCH, again: true },
    );
  }

  /** Commits `transmitting`; false when the fence is lost. Rejects when the database did not answer. */
  transmit(message: PreparedMessage): Promise<boolean> {
    return this.transmits.submit(message);
  }

  /** Records what a hand-over came to, unless somebody else has; true when the message is due again at once. */
  settle(message: ClaimedMessage, result: HandoverResult): Promise<boolean> {
    return this.settles.submit({ message, result });
  }

  /** Puts a message back that was never handed over. */
  release(message: ClaimedMessage): Promise<void> {
    return this.releases.submit({ id: message.id, epoch: message.epoch });
  }

  /** The provider refused our credentials: nobody uses it for a while, and the pause tells ops why. */
  pauseProvider(why: string): Promise<void> {
    return this.pauses.submit(why);
  }

  /** Resolves when everything is written. */
  async written(): Promise<void> {
    await Promise.all([
      this.transmits.idle(),
      this.settles.idle(),
      this.releases.idle(),
      this.pauses.idle(),
    ]);
  }
}
