/**
 * Delivery (stage 5): what the mailer needs of a way out. Owned here, by its consumer; implemented by
 * smtp-transport.ts and dev-mailbox.ts. Invariant: every message that was taken ends in the ledger -
 * settled, skipped or released - or its process dies and the sweeper finds it.
 */
import type { PreparedMessage } from './claimed-message.js';

export interface Transport {
  /** As the send log, pauses and buckets call it. */
  readonly provider: string;
  /** How many more messages it wants now; 0 when it has enough or the provider is down. */
  wants(): number;
  /** Takes over claimed and prepared messages. */
  take(messages: PreparedMessage[]): void;
  /** Ids of the messages taken and not finished. */
  holds(): ReadonlySet<number>;
  /** Called whenever it may want more or has become idle. */
  onChange: () => void;
  /** Called when messages went back to `pending` and are due again at once. */
  onReturned: () => void;
  /** Finishes what has been started, gives back what has not, then lets go of everything. */
  drain(): Promise<void>;
}
