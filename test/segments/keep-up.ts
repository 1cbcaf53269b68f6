/** A truth kept up to date as the engine does it: asked again only when a fact arrives that it reads, or its instant is due. */
import { NEVER } from '../../src/core/instant.js';
import type { Queryable } from '../../src/core/queryable.js';
import type { CompiledCondition } from '../../src/segments/compile-condition.js';
import { evaluate } from '../../src/segments/evaluate.js';
import { mayMatterBefore } from '../../src/segments/sampling.js';
import { ask } from './asked.js';
import { factsFor, type KnownFact } from './world-facts.js';
import { END, START, type World } from './worlds.js';

const HOUR = 3_600_000;

export interface Kept {
  at(profileId: number, at: number): boolean | null;
  judgements: number;
}

/**
 * Plays a world as the engine does: each profile is judged once at the beginning, then whenever a fact
 * that the condition reads arrives or its changes_at is due. Round k judges every profile's k-th instant.
 */
export async function keep(
  sql: Queryable,
  compiled: CompiledCondition,
  data: World,
): Promise<Kept> {
  const begin = START - HOUR;
  const end = END + 10 * 24 * HOUR;
  const lanes = data.profiles.map((profile) => ({
    profile,
    facts: factsFor(compiled, profile, data, begin),
    next: begin,
    log: [] as { at: number; holds: boolean | null }[],
  }));
  let judgements = 0;
  for (;;) {
    const due = lanes.filter(({ next }) => next <= end);
    if (due.length === 0) break;
    const verdicts = await evaluate(
      sql,
      compiled,
      due.map(
        ({ profile, next }, index) =>
          ask(profile, { at: next, since: null, entry: null }, index).subject,
      ),
    );
    judgements += due.length;
    due.forEach((lane, index) => {
      const { holds, changesAt } = verdicts[index]!;
      if (changesAt <= lane.next) throw new Error('changes_at must lie in the future');
      lane.log.push({ at: lane.next, holds });
      lane.next = Math.min(changesAt, nextFact(lane.facts, lane.next, changesAt));
    });
  }
  const logs = new Map(lanes.map(({ profile, log }) => [profile.id, log]));
  return {
    judgements,
    at: (profileId, at) => logs.get(profileId)!.findLast((entry) => entry.at <= at)!.holds,
  };
}

function nextFact(facts: readonly KnownFact[], after: number, changesAt: number): number {
  const next = facts.find(
    ({ at, sampling }) => at > after && (!sampling || mayMatterBefore(changesAt, at, sampling)),
  );
  return next?.at ?? NEVER;
}
