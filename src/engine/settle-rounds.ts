/**
 * Round after round: takes every profile's next turn, settles all of them together, and goes on until none has anything
 * left. What the engine brings about itself is heard in further turns of the same instant (own-facts.ts, tell-colleagues.ts).
 */
import { NEVER, type Instant } from '../core/instant.js';
import type { Queryable } from '../core/queryable.js';
import { settleHappened } from './own-facts.js';
import { settleFacts } from './settle-events.js';
import { settleMemberships } from './settle-memberships.js';
import { settleSteps } from './settle-steps.js';
import { concernsColleagues, tellColleagues } from './tell-colleagues.js';
import type { ProfileState, Turn, Window } from './window.js';
import { isClosing, nextInstant, takeTurn } from './window.js';

/** Round after round until no profile of the window has anything left; returns how many turns that took. */
export async function settleRounds(sql: Queryable, window: Window): Promise<number> {
  const { definitions } = window;
  const keepsStep = definitions.takesOnePerAccount || concernsColleagues(definitions);
  let waiting = [...window.profiles.values()];
  let turns = 0;
  while (waiting.length > 0) {
    const { now, later } = inOrder(keepsStep, waiting);
    const round = now
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
    const settled = round.map(({ profile }) => profile);
    const told = await tellColleagues(sql, window, settled);
    waiting = [...new Set([...settled, ...later, ...told])];
  }
  for (const profile of window.profiles.values()) {
    if (profile.done < profile.facts.length)
      throw new Error(`profile ${profile.id} has facts beyond the window`);
  }
  return turns;
}

/** Members of one account keep step with each other where one of them may concern the others: the earliest instants are first. */
function inOrder(
  keepsStep: boolean,
  waiting: ProfileState[],
): { now: ProfileState[]; later: ProfileState[] } {
  if (!keepsStep) return { now: waiting, later: [] };
  const first = new Map<number, Instant>();
  for (const profile of waiting) {
    const next = nextInstant(profile);
    for (const company of profile.companies)
      first.set(company, Math.min(first.get(company) ?? NEVER, next));
  }
  const isFirst = (profile: ProfileState): boolean =>
    profile.companies.every((company) => nextInstant(profile) <= first.get(company)!);
  return { now: waiting.filter(isFirst), later: waiting.filter((one) => !isFirst(one)) };
}
