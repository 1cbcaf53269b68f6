/**
 * Delivery (stage 5), for those who look: what happens to a message next, and what it waits for. Pure. In: its state, and
 * what stands in its way now (next-change.sql.ts). Out: one of a few things, with the instants and names behind it; null
 * for a message that is at its end.
 */
import type { Instant } from '../core/instant.js';
import type { MessageState } from '../core/reasons.js';
import type { HeldBy } from '../messages/gates.js';
import type { Pause } from './pauses.sql.js';

export type WaitingPause = Omit<Pause, 'holds'>;

export interface SpentRate {
  scope: 'provider' | 'domain' | 'campaign';
  name: string;
  /** Mails a second. */
  perSecond: number;
}

/** What stands in the way of a message now. */
export interface Obstacles {
  state: MessageState;
  dueAt: Instant;
  attempts: number;
  /** The gate that put it off when it was last looked at. */
  heldBy: HeldBy | null;
  /** Null before the first attempt, unless it has a deadline of its own. */
  givesUpAt: Instant | null;
  pauses: WaitingPause[];
  rates: SpentRate[];
  /** Mailers that live. */
  mailers: number;
  /** What the mailers that run say when none of them has a way out; null: one has. */
  outage: string | null;
  /** The mailer that has it in hand, null when none does. */
  holder: { host: string; alive: boolean } | null;
}

export const NEXT_CHANGES = [
  'retry',
  'due',
  'held',
  'late',
  'pause',
  'rate',
  'no_mailer',
  'outage',
  'mailer',
  'claimed',
  'transmitting',
  'lost',
  'person',
] as const;

export interface NextChange {
  /**
   * `retry`: at its time once more. `due`: at its time for the first time. `held`: a gate is asked again at its time.
   * `late`: somebody has to say whether it still goes. `pause`, `rate`, `no_mailer`: it is due and
   * waits for that. `outage`: it is due, and the mail server does not take mails. `mailer`: one takes it any moment. `claimed`, `transmitting`: one has it. `lost`: the one that had it
   * is gone, the others settle it. `person`: somebody has to say what became of it.
   */
  what: (typeof NEXT_CHANGES)[number];
  at: Instant | null;
  givesUpAt: Instant | null;
  /** Those in force now, also while it is not due yet. */
  pauses: WaitingPause[];
  rates: SpentRate[];
  /** The gate that holds it, of `held`. */
  gate: HeldBy | null;
  /** While it waits and no mailer has a way out: what they say. */
  outage: string | null;
  /** Of the mailer that has it. */
  host: string | null;
}

/** What changes next at `now`. */
export function nextChange(seen: Obstacles, now: Instant): NextChange | null {
  const { givesUpAt, pauses, rates, holder } = seen;
  const next = (what: NextChange['what'], at: Instant | null = null): NextChange => ({
    what,
    at,
    givesUpAt,
    pauses,
    rates,
    gate: what === 'held' ? seen.heldBy : null,
    outage: seen.state === 'pending' ? seen.outage : null,
    host: holder?.host ?? null,
  });
  switch (seen.state) {
    case 'pending':
      if (seen.dueAt > now && seen.heldBy === 'late') return next('late');
      if (seen.dueAt > now && seen.heldBy) return next('held', seen.dueAt);
      if (seen.dueAt > now) return next(seen.attempts > 0 ? 'retry' : 'due', seen.dueAt);
      if (pauses.length > 0) return next('pause');
      if (rates.length > 0) return next('rate');
      if (seen.mailers === 0) return next('no_mailer');
      return next(seen.outage === null ? 'mailer' : 'outage');
    case 'claimed':
    case 'transmitting':
      return next(holder?.alive ? seen.state : 'lost');
    case 'ambiguous':
      return { ...next('person'), givesUpAt: null };
    case 'sent':
    case 'failed':
    case 'skipped':
      return null;
  }
}
