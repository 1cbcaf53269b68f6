/**
 * Events that bar entry: an exit or goal with `same:` whose event came with the same value at or after the
 * entry event (semantics.md, Campaigns). Read in one statement for all candidates, matched in code.
 */
import { sameValue } from '../campaigns/decide-event.js';
import { instantToSql } from '../core/instant.js';
import type { Queryable } from '../core/queryable.js';
import type { CampaignDefinition, EventMatch, Path } from '../language/definitions.js';
import { matchesEvent } from '../segments/test-value.js';
import { testingOf } from './ask.js';
import type { EngineDefinitions } from './engine-definitions.js';
import type { Candidate } from './window.js';

interface SameRule {
  match: EventMatch;
  same: Path;
}

/** The barring event of each candidate that has one: `{event, event_id}`. */
export async function findBarringEvents(
  sql: Queryable,
  definitions: EngineDefinitions,
  candidates: readonly Candidate[],
): Promise<Map<Candidate, { event: string; event_id: number }>> {
  const concerned = candidates.filter(({ version }) => sameRules(version.definition).length > 0);
  const barred = new Map<Candidate, { event: string; event_id: number }>();
  if (concerned.length === 0) return barred;
  const { rows } = await sql.query<{
    n: number;
    id: number;
    name: string;
    properties: Record<string, unknown>;
  }>(
    `select c.n, e.id, e.name, e.properties
     from unnest($1::int[], $2::bigint[], $3::timestamptz[], $4::timestamptz[]) as c (n, profile_id, cause_at, at)
     join events e on e.profile_id = c.profile_id and e.name = any($5::text[])
       and e.occurred_at >= c.cause_at and e.judged_at <= c.at
     order by c.n, e.occurred_at, e.id`,
    [
      concerned.map((_, index) => index),
      concerned.map(({ profile }) => profile.id),
      concerned.map(({ causeAt }) => instantToSql(causeAt)),
      concerned.map(({ at }) => instantToSql(at)),
      [
        ...new Set(
          concerned.flatMap(({ version }) => sameRules(version.definition).flatMap(namesOf)),
        ),
      ],
    ],
  );
  for (const row of rows) {
    const candidate = concerned[row.n]!;
    if (barred.has(candidate) || row.id === candidate.entryEventId) continue;
    const { profile, at, entry } = candidate;
    const testing = testingOf(profile, definitions, at, entry);
    const hit = sameRules(candidate.version.definition).some(
      (rule) =>
        matchesEvent(rule.match, row, testing) && sameValue(rule.same, row.properties, entry),
    );
    if (hit) barred.set(candidate, { event: row.name, event_id: row.id });
  }
  return barred;
}

function sameRules(definition: CampaignDefinition): SameRule[] {
  const exits = definition.exit.flatMap((rule) =>
    rule.kind === 'event' && rule.same ? [{ match: rule.match, same: rule.same }] : [],
  );
  const { goal } = definition;
  return goal?.same ? [...exits, { match: goal.match, same: goal.same }] : exits;
}

/** `any` cannot carry an identifying property of one kind of event; the checker refuses it with `same`. */
function namesOf({ match }: SameRule): string[] {
  return match.names.kind === 'list' ? match.names.names : [];
}
