/**
 * Stage 3: events of the past that another version of a campaign ends by, or counts as its goal. Who is moved to it is
 * treated as though it had been there from entry on: whoever has paid gets no reminder for it.
 */
import { instantToSql, type Instant } from '../core/instant.js';
import type { Queryable } from '../core/queryable.js';
import type { CampaignDefinition, EventNames } from '../language/definitions.js';
import type { EngineEvent } from './decide-event.js';

/** Whose events, after which instant, as known at which. */
export interface Missing {
  profileId: number;
  causeAt: Instant;
  at: Instant;
}

export type MissedEvent = EngineEvent & { judgedAt: Instant };

/** What `to` hears of as exit or goal and `from` did not; null = nothing. */
export function heardAnew(from: CampaignDefinition, to: CampaignDefinition): EventNames[] | null {
  const known = new Set(rulesOf(from).map((rule) => JSON.stringify(rule)));
  const fresh = rulesOf(to).filter((rule) => !known.has(JSON.stringify(rule)));
  return fresh.length === 0 ? null : fresh.map(({ match }) => match.names);
}

function rulesOf({ exit, goal }: CampaignDefinition) {
  const exits = exit.flatMap((rule) =>
    rule.kind === 'event' ? [{ match: rule.match, same: rule.same, goal: null }] : [],
  );
  return goal ? [...exits, { match: goal.match, same: goal.same, goal }] : exits;
}

/** The events of each, in their order; `names` as `heardAnew` gave them. */
export async function loadMissedEvents(
  sql: Queryable,
  names: readonly EventNames[],
  of: readonly Missing[],
): Promise<MissedEvent[][]> {
  const found = of.map((): MissedEvent[] => []);
  const any = names.some(({ kind }) => kind === 'any');
  const listed = names.flatMap((one) => (one.kind === 'list' ? one.names : []));
  const { rows } = await sql.query<MissedEvent & { n: number }>(
    `select c.n, e.id, e.name, e.properties, e.occurred_at as "occurredAt", e.judged_at as "judgedAt"
     from unnest($1::int[], $2::bigint[], $3::timestamptz[], $4::timestamptz[]) as c (n, profile_id, cause_at, at)
     join events e on e.profile_id = c.profile_id and (e.name = any($5::text[]) or ($6 and left(e.name, 1) <> '$'))
       and e.occurred_at > c.cause_at and e.judged_at <= c.at
     order by c.n, e.occurred_at, e.id`,
    [
      of.map((_, index) => index),
      of.map(({ profileId }) => profileId),
      of.map(({ causeAt }) => instantToSql(causeAt)),
      of.map(({ at }) => instantToSql(at)),
      listed,
      any,
    ],
  );
  for (const { n, ...event } of rows) found[n]!.push(event);
  return found;
}
