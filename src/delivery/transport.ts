/**
 * Delivery (stage 5): what the mailer needs of a way out. Owned here, by its consumer; implemented by
 * smtp-transport.ts and dev-mailbox.ts. Invariant: every message that was taken ends in the ledger -
 * settled, skipped or released - or its process dies and the sweeper finds it.
 */
import type { ClaimedMessage, PreparedMessage } from './claimed-message.js';

export interface Transport {
  /** As the send log, pauses and buckets call it. */
  readonly provider: string;
  /** How many more messages it wants now; 0 when it has enough or the provider is down. */
  wants(): number;
  /** Takes over claimed and prepared messages. */
  take(messages: PreparedMessage[]): void;
  /** The messages taken and not finished, each by the claim that it was taken with. */
  holds(): ReadonlySet<ClaimedMessage>;
  /** What is wrong with the way out just now, for people; null when nothing is. */
  trouble(): string | null;
  /** Looks at what is under way, once a second: gives back what waits behind a server that hangs. */
  look(): void;
  /** Called whenever it may want more or has become idle. */
  onChange: () => void;
  /** Called when messages went back to `pending` and are due again at once. */
  onReturned: () => void;
  /** Called when a message was let go whose row could not be written: the worker should take stock. */
  onLetGo: () => void;
  /** Gives back at once what has not begun to be sent, finishes the rest, then lets go of everything. */
  drain(): Promise<void>;
  /** What is being finished, for people: numbers and phases; null when nothing is. */
  underWay(): string | null;
  /** The patience is over: what is on the wire ends now, and is settled by how far it came. */
  cut(): void;
}
