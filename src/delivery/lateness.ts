/**
 * Delivery (stage 5): is it too late for this mail? In: what its step said about that when it was decided, and now. Out:
 * nothing, a refusal with its instants, or that a person is to say so. Pure. What a gate puts off is not late for it
 * (ledger.sql.ts moves `late_at` along).
 */
import { NEVER, type Instant } from '../core/instant.js';

export interface LateMessage {
  decidedAt: Instant;
  /** Null: it is never late. */
  lateAt: Instant | null;
  ifLate: 'skip' | 'ask' | null;
}

export type Lateness = { detail: { decided_at: string; late_at: string } } & (
  | { skipped: 'late' }
  | { held: { until: Instant; because: 'late' } }
);

/** Null: it is in time. */
export function decideLateness(
  { decidedAt, lateAt, ifLate }: LateMessage,
  now: Instant,
): Lateness | null {
  if (lateAt === null || now <= lateAt) return null;
  const [decided_at, late_at] = [decidedAt, lateAt].map((at) => new Date(at).toISOString());
  const detail = { decided_at: decided_at!, late_at: late_at! };
  return ifLate === 'ask'
    ? { held: { until: NEVER, because: 'late' }, detail }
    : { skipped: 'late', detail };
}
