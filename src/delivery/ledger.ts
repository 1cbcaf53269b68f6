/**
 * Delivery (stage 5): the worker's pen. In: single intentions from many connections. Out: group commits.
 * The one kept question, `transmit`, is never repeated: if its answer is lost, nothing is handed over. All
 * other writes are repeated until the database takes them; while it is away nothing new can start. Only
 * what a row itself is to blame for rejects, and the row is then left to the taking of stock.
 */
import type { Clock } from '../core/clock.js';
import type { ConnectionSource } from '../core/queryable.js';
import type { ClaimedMessage, PreparedMessage } from './claimed-message.js';
import type { Digest } from './digest.js';
import type { Watcher } from './database-watch.js';
import { GroupCommit } from './group-commit.js';
import type { Deferral, Sender, Skip } from './ledger.sql.js';
import {
  deferMessages,
  liftCredentialsPause,
  markTransmitting,
  pauseProvider,
  releaseMessages,
  settleMessages,
  skipMessages,
} from './ledger.sql.js';
import { attemptsTotal, handoverSeconds, OUTCOMES } from './metrics.js';
import type { HandoverResult, Settlement } from './settlement.js';
import { bare, CREDENTIALS_PAUSE_MS, settle, withMail } from './settlement.js';

/** Rows of one statement: large enough never to be the limit, small enough to parse in a millisecond. */
const LARGEST_BATCH = 500;

export interface LedgerOptions {
  connections: ConnectionSource;
  clock: Clock;
  sender: Sender;
  digest: Digest;
  /** Told when writing fails for want of a database, and when it works. */
  watcher: Watcher;
}

interface Ending {
  message: PreparedMessage;
  result: HandoverResult;
  /** Why the database refused to record it in full. */
  refused: string | null;
}

export class Ledger {
  private readonly transmits: GroupCommit<PreparedMessage, boolean>;
  private readonly settles: GroupCommit<Ending, boolean>;
  private readonly releases: GroupCommit<{ id: number; epoch: number }, void>;
  private readonly skips: GroupCommit<Skip, void>;
  private readonly deferrals: GroupCommit<Deferral, void>;
  private readonly pauses: GroupCommit<string, void>;

  constructor(private readonly options: LedgerOptions) {
    const { connections, clock, sender, watcher } = options;
    for (const outcome of OUTCOMES) attemptsTotal.inc({ provider: sender.provider, outcome }, 0);
    const again = { largest: LARGEST_BATCH, again: true, watcher };
    this.transmits = new GroupCommit(
      async (batch) => {
        const held = await markTransmitting(connections, sender.worker, sender.provider, batch);
        return batch.map(({ id }) => held.has(id));
      },
      { ...again, again: false },
    );
    this.settles = new GroupCommit((batch) => this.writeEndings(batch), again);
    this.releases = new GroupCommit(async (batch) => {
      await releaseMessages(connections, sender.worker, batch);
      return batch.map(() => undefined);
    }, again);
    this.skips = new GroupCommit(async (batch) => {
      await skipMessages(connections, sender.worker, batch, await clock.now(connections));
      return batch.map(() => undefined);
    }, again);
    this.deferrals = new GroupCommit(async (batch) => {
      await deferMessages(connections, sender.worker, batch, await clock.now(connections));
      return batch.map(() => undefined);
    }, again);
    this.pauses = new GroupCommit(async (batch) => {
      const now = await clock.now(connections);
      await pauseProvider(connections, sender, CREDENTIALS_PAUSE_MS, batch[0]!, now);
      return batch.map(() => undefined);
    }, again);
  }

  /** Commits `transmitting`; false when the fence is lost. Rejects when the database did not answer. */
  transmit(message: PreparedMessage): Promise<boolean> {
    return this.transmits.submit(message);
  }

  /**
   * Records what a hand-over came to, unless somebody else has; true when the message is due again at once. What the
   * database refuses for a value in it is recorded without the server's words: the state must not be lost for them.
   */
  async settle(message: PreparedMessage, result: HandoverResult): Promise<boolean> {
    try {
      return await this.settles.submit({ message, result, refused: null });
    } catch (error) {
      return this.settles.submit({ message, result, refused: String(error) });
    }
  }

  /** Puts a message back that was never handed over. */
  release(message: ClaimedMessage): Promise<void> {
    return this.releases.submit({ id: message.id, epoch: message.epoch });
  }

  /** Ends a message that is not to be sent. */
  skip(skip: Skip): Promise<void> {
    return this.skips.submit(skip);
  }

  /** Puts a message back until a gate may let it pass. */
  defer(deferral: Deferral): Promise<void> {
    return this.deferrals.submit(deferral);
  }

  /**
   * Our credentials were accepted: the pause of others that were not, which binds us no longer, is lifted for those
   * who look. Never rejects: it would end by itself.
   */
  async liftCredentialsPause(): Promise<void> {
    const { connections, sender } = this.options;
    await liftCredentialsPause(connections, sender).catch(() => undefined);
  }

  /** The provider refused our credentials: nobody uses them for a while, and the pause tells ops why. */
  async pauseProvider(why: string): Promise<void> {
    const minutes = CREDENTIALS_PAUSE_MS / 60_000;
    this.options.digest.add(
      'paused',
      `provider ${this.options.sender.provider} for ${minutes} min, credentials refused`,
    );
    await this.pauses.submit(why);
  }

  /** Resolves when everything is written. */
  async written(): Promise<void> {
    await Promise.all([
      this.transmits.idle(),
      this.settles.idle(),
      this.releases.idle(),
      this.skips.idle(),
      this.deferrals.idle(),
      this.pauses.idle(),
    ]);
  }

  private async writeEndings(batch: Ending[]): Promise<boolean[]> {
    const { connections, clock, sender } = this.options;
    const now = await clock.now(connections);
    const rows = batch.map(({ message, result, refused }) => {
      const row = settle(message, result, sender.provider, now);
      return refused === null ? withMail(row, message) : bare(row, refused);
    });
    const held = await settleMessages(connections, sender, rows, now);
    const ours = rows.map((row) => held.has(row.id));
    rows.filter((_, i) => ours[i]).forEach((row) => this.note(row));
    const { provider } = sender;
    for (const { outcome, duration_ms: ms } of rows) {
      attemptsTotal.inc({ provider, outcome });
      handoverSeconds.observe({ provider }, ms / 1_000);
    }
    return rows.map((row, i) => ours[i]! && row.state === 'pending' && row.wait_ms === null);
  }

  /** For the log: numbers and codes, never the server's words, which repeat addresses. */
  private note(row: Settlement): void {
    const { digest } = this.options;
    const code = `${row.code ?? 'no reply'} ${row.enhanced ?? ''}`.trim();
    if (row.state === 'failed') digest.add('failed', row.reason ?? 'failed', 1, row.id);
    if (row.outcome === 'ambiguous' && row.state === 'pending')
      digest.add('sent_again', 'connection_lost', 1, row.id);
    else if (row.outcome === 'ambiguous') digest.add('ambiguous', row.reason ?? '', 1, row.id);
    if (row.slow_domain) digest.add('slowed', `domain ${row.slow_domain} to half, ${code}`);
    if (row.pause_scope === null) return;
    const until =
      row.pause_ms === null ? 'until somebody lifts it' : `for ${row.pause_ms / 60_000} min`;
    digest.add('paused', `${row.pause_scope} ${row.pause_name} ${until}, ${code}`);
  }
}
