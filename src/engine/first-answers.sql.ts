/** The first answer to events that await one: read in one statement for all, matched in code, as events at hand are. */
import { sameValue } from '../campaigns/decide-event.js';
import type { Instant } from '../core/instant.js';
import { instantToSql } from '../core/instant.js';
import type { Queryable } from '../core/queryable.js';
import type { Sequence } from '../language/definitions.js';
import { matchesEvent, type Testing } from '../segments/test-value.js';
import type { AwaitedEntry } from './window.js';

export interface Awaiting {
  profileId: number;
  awaited: Pick<AwaitedEntry, 'causeAt' | 'entry'>;
  sequence: Sequence;
  /** At the instant at which it is asked: what is known then. */
  testing: Testing;
}

/** When each was answered, in their order; null = not yet. */
export async function firstAnswers(
  sql: Queryable,
  awaiting: readonly Awaiting[],
): Promise<(Instant | null)[]> {
  const answers: (Instant | null)[] = awaiting.map(() => null);
  if (awaiting.length === 0) return answers;
  const names = awaiting.flatMap(({ sequence: { by } }) =>
    by.names.kind === 'list' ? by.names.names : [],
  );
  const { rows } = await sql.query<{
    n: number;
    name: string;
    occurred_at: Instant;
    properties: Record<string, unknown>;
  }>({
    name: 'engine-first-answers',
    text: `select c.n, e.name, e.occurred_at, e.properties
           from unnest($1::int[], $2::bigint[], $3::timestamptz[], $4::timestamptz[], $5::boolean[])
             as c (n, profile_id, cause_at, at, any_name)
           cross join lateral (
             select id, name, occurred_at, properties from events
             where not c.any_name and profile_id = c.profile_id and name = any($6::text[])
               and occurred_at > c.cause_at and judged_at <= c.at
             union all
             select id, name, occurred_at, properties from events
             where c.any_name and profile_id = c.profile_id and name not like '$%'
               and occurred_at > c.cause_at and judged_at <= c.at) e
           order by c.n, e.occurred_at, e.id`,
    values: [
      awaiting.map((_, n) => n),
      awaiting.map(({ profileId }) => profileId),
      awaiting.map(({ awaited }) => instantToSql(awaited.causeAt)),
      awaiting.map(({ testing }) => instantToSql(testing.at)),
      awaiting.map(({ sequence }) => sequence.by.names.kind === 'any'),
      [...new Set(names)],
    ],
  });
  for (const { n, occurred_at: occurredAt, ...event } of rows) {
    const { awaited, sequence, testing } = awaiting[n]!;
    if (answers[n] !== null || !matchesEvent(sequence.by, event, testing)) continue;
    const { same } = sequence;
    if (same === null || sameValue(same, event.properties, awaited.entry)) answers[n] = occurredAt;
  }
  return answers;
}
