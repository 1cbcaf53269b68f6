/**
 * Entries by a change of a trait. In: facts; out: those whose trait went from a value that passes `from` to one that
 * passes `to`, each change once. What was stated long before it came (an application that was offline) starts nothing.
 */
import { changeThatLetsIn, type ByTrait } from '../campaigns/decide-change.js';
import type { Instant } from '../core/instant.js';
import { instantToSql } from '../core/instant.js';
import type { Queryable } from '../core/queryable.js';
import { companyPath } from '../language/company-path.js';
import type { Testing } from '../segments/test-value.js';
import { testingOf } from './ask.js';
import { companyChange } from './company-past.js';
import type { CampaignVersion } from './engine-definitions.js';
import type { Candidate, Fact, Turn, Window } from './window.js';

type FactTurn = Turn & { fact: Fact };

interface Change {
  turn: FactTurn;
  version: CampaignVersion;
  enter: ByTrait;
  entry: { from: unknown; to: unknown };
}

/** The campaigns that these facts ask to enter. */
export async function hearOfChanges(
  sql: Queryable,
  window: Window,
  turns: readonly FactTurn[],
): Promise<Candidate[]> {
  const changes: Change[] = [];
  for (const version of window.definitions.campaigns.values()) {
    const { enter } = version.definition;
    if (enter.kind !== 'trait') continue;
    for (const turn of turns) {
      const entry = changeOf(enter, turn, testingOf(turn.profile, window.definitions, turn.at));
      if (entry) changes.push({ turn, version, enter, entry });
    }
  }
  const stated = await statedAt(sql, changes);
  return changes.map((change, index) => toCandidate(change, stated[index]!));
}

/** What it was and what it is now, null for nothing; null when it is no change that lets in. */
function changeOf(enter: ByTrait, turn: FactTurn, testing: Testing): Change['entry'] | null {
  const { kind, data, historical } = turn.fact;
  if (historical) return null;
  const ofCompany = companyPath(enter.path);
  if (ofCompany) {
    const change = companyChange(turn.profile, turn, ofCompany[0]!);
    return change && changeThatLetsIn({ ...enter, path: ofCompany }, change, testing);
  }
  const trait = enter.path[0]!;
  if (kind !== 'traits' || !Object.hasOwn(data, trait)) return null;
  return changeThatLetsIn(enter, data[trait] as object, testing);
}

/** Since when each was so, as it was stated; no later than when it came. Of a company's it is not known, and that is when. */
async function statedAt(sql: Queryable, changes: readonly Change[]): Promise<Instant[]> {
  const stated = changes.map(({ turn }) => turn.at);
  if (changes.length === 0) return stated;
  const { rows } = await sql.query<{ n: number; at: Instant }>({
    name: 'engine-traits-stated-at',
    text: `select c.n, t.at from unnest($1::int[], $2::bigint[], $3::text[], $4::timestamptz[]) as c (n, profile_id, trait, at)
           cross join lateral (
             select least(occurred_at, changed_at) as at from trait_changes
             where profile_id = c.profile_id and trait = c.trait and changed_at <= c.at
             order by changed_at desc, id desc limit 1) t`,
    values: [
      changes.map((_, n) => n),
      changes.map(({ turn }) => turn.profile.id),
      // None is called so: whatever begins like that is of the company.
      changes.map(({ enter }) => (companyPath(enter.path) ? '' : enter.path[0]!)),
      changes.map(({ turn }) => instantToSql(turn.at)),
    ],
  });
  for (const { n, at } of rows) stated[n] = at;
  return stated;
}

function toCandidate({ turn, version, enter, entry }: Change, statedAt: Instant): Candidate {
  const { profile, at, fact } = turn;
  const late = at - statedAt > enter.ignoreOlderThanMs;
  return {
    profile,
    version,
    at,
    trigger: `trait:${new Date(at).toISOString()}`,
    occurrence: null,
    causeAt: at,
    entry,
    tooLate: late ? { occurred_at: statedAt } : null,
    entryEventId: null,
    requestId: null,
    trace: fact.trace,
  };
}
