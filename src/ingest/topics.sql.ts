/**
 * Stage 1: what a profile says about topics, told by the application. In: topics with yes or no, where that was said and
 * when. Out: rows in `subscriptions`. Of two statements the later one stands, so that a list which is synchronised out
 * of order brings no old yes over a newer no; one that says the same again changes nothing, not even the evidence.
 */
import type { Instant } from '../core/instant.js';
import { instantToSql } from '../core/instant.js';
import type { Queryable } from '../core/queryable.js';
import { lockProfilesById } from './store-items.sql.js';

export interface TopicStatement {
  /** `*` = every topic. */
  topic: string;
  subscribed: boolean;
  changedAt: Instant;
  /** Where it was said, for whoever has to prove it. */
  source: string;
}

/** Stores statements of one profile, one per topic, in the caller's transaction; false when there is no such profile. */
export async function storeTopics(
  sql: Queryable,
  profileId: number,
  statements: readonly TopicStatement[],
): Promise<boolean> {
  const found = (await lockProfilesById(sql, [profileId])).get(profileId);
  if (!found) return false;
  await sql.query(
    `insert into subscriptions as s (profile_id, topic, subscribed, changed_at, source)
     select $1, topic, subscribed, changed_at, source
     from unnest($2::text[], $3::boolean[], $4::timestamptz(3)[], $5::text[])
       as r (topic, subscribed, changed_at, source)
     order by topic
     on conflict (profile_id, topic) do update
       set subscribed = excluded.subscribed, changed_at = excluded.changed_at, source = excluded.source
       where s.subscribed <> excluded.subscribed and s.changed_at <= excluded.changed_at`,
    [
      found.profileId,
      statements.map(({ topic }) => topic),
      statements.map(({ subscribed }) => subscribed),
      statements.map(({ changedAt }) => instantToSql(changedAt)),
      statements.map((one) => one.source),
    ],
  );
  return true;
}
