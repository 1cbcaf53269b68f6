/** Delivery (stage 5): the shapes that pass between claim, preparation, transport and ledger. No code. */
import type { Instant } from '../core/instant.js';
import type { Purpose, SkipReason } from '../core/reasons.js';
import type { StoredGates } from '../messages/gates.js';

/** A message this worker holds. (id, worker, epoch) is the fence of everything it may still write. */
export interface ClaimedMessage {
  id: number;
  epoch: number;
  profileId: number;
  enrolmentId: number;
  campaign: string;
  /** The version its enrolment is pinned to. */
  versionId: number;
  step: string;
  iteration: number;
  /** What its step says to the template. */
  withValues: Record<string, unknown>;
  template: string;
  templateVersionId: number;
  purpose: Purpose;
  topic: string | null;
  sender: string;
  address: string | null;
  /** Local part of the Message-ID, fixed when the message was decided. */
  mailId: string;
  /** Counted attempts so far. */
  attempts: number;
  /** Business time of the claim. */
  claimedAt: Instant;
  /** After this instant it is given up. */
  deadlineAt: Instant;
  decidedAt: Instant;
  /** From when on it is late, and what becomes of it then; null: it never is. */
  lateAt: Instant | null;
  ifLate: 'skip' | 'ask' | null;
  priority: number;
  /** Transactional, and being sent for the second time because the fate of the first is unknown. */
  sentAgain: boolean;
  /** How often a server said 421 to it. */
  deferrals: number;
}

/** A mail, complete: nothing is decided or rendered after this. */
export interface WireMail {
  /** Envelope sender and recipient. */
  from: string;
  to: string;
  /** The whole mail as it goes over the wire, before dot-stuffing. */
  source: Buffer;
  subject: string;
  locale: string;
  /** What the template read, to show the mail again exactly. */
  variables: object;
}

/** What the gates saw right before the hand-over. */
export type HandoverGates = NonNullable<StoredGates['handover']>;

export interface PreparedMessage extends ClaimedMessage {
  mail: WireMail;
  gates: HandoverGates;
}

/** What became of a claimed message before MAIL. */
export type Preparation =
  | { id: number; gates: HandoverGates; mail: WireMail }
  | { id: number; gates: HandoverGates; skipped: SkipReason; detail: object }
  /** Not now: it is looked at again then. */
  | { id: number; gates: HandoverGates; until: Instant };

/**
 * The second look at the gates and the rendering, for one claimed batch at a time: set-based, and as
 * late as possible. Answers for every message, in any order.
 */
export type Prepare = (messages: ClaimedMessage[]) => Promise<Preparation[]>;
