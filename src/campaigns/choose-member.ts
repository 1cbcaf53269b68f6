/**
 * Stage 3. Who of an account enters (`one_per_account`): by the first preference that one fulfils, then by `otherwise`, then
 * whoever began earliest, then the lower number. Pure.
 */
import type { Instant } from '../core/instant.js';
import type { OnePerAccount } from '../language/definitions.js';

export interface Member {
  id: number;
  /** The first of `prefer` that is true of it; null = none. */
  preference: number | null;
  /** When its life began; null = not yet. */
  bornAt: Instant | null;
  /** Events of the application lately. */
  events: number;
}

/** The member that enters; null = none is wanted. */
export function chooseMember(
  { otherwise }: OnePerAccount,
  members: readonly Member[],
): Member | null {
  const wanted = members.filter(({ preference }) => preference !== null || otherwise !== 'skip');
  const [first] = wanted.toSorted((a, b) => {
    const [rank, other] = [a.preference ?? Infinity, b.preference ?? Infinity];
    if (rank !== other) return rank - other;
    if (a.preference === null && otherwise === 'most_active' && a.events !== b.events)
      return b.events - a.events;
    return (a.bornAt ?? Infinity) - (b.bornAt ?? Infinity) || a.id - b.id || 0;
  });
  return first ?? null;
}
