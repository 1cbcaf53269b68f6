/**
 * Round after round: takes every profile's next turn, settles all of them together, and goes on until none has anything
 * left. What the engine brings about itself is heard in further turns of the same instant (own-facts.ts).
 */
import type { Queryable } from '../core/queryable.js';
import { settleHappened } from './own-facts.js';
import { settleFacts } from './settle-events.js';
import { settleMemberships } from './settle-memberships.js';
import { settleSteps } from './settle-steps.js';
import type { Turn, Window } from './window.js';
import { isClosing, takeTurn } from './window.js';

/** Round after round until no profile of the window has anything left; returns how many turns that took. */
export async function settleRounds(sql: Queryable, window: Window): Promise<number> {
  let waiting = [...window.profiles.values()];
  let turns = 0;
  while (waiting.length > 0) {
    const round = waiting
      .map((profile) => takeTurn(profile, window.until))
      .filter((turn): turn is Turn => turn !== null);
    await settleFacts(sql, window, round);
    await settleHappened(
      sql,
      window,
      round.map(({ profile }) => profile),
    );
    const closing = round.filter(isClosing);
    await settleMemberships(sql, window, closing);
    await settleSteps(sql, window, closing);
    turns += round.length;
    waiting = round.map((turn) => turn.profile);
  }
  for (const profile of window.profiles.values()) {
    if (profile.done < profile.facts.length)
      throw new Error(`profile ${profile.id} has facts beyond the window`);
  }
  return turns;
}
