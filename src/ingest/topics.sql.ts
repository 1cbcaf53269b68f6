/**
 * Stage 1: what profiles say about topics. In: topics with yes or no, where that was said and when. Out: rows in
 * `subscriptions`, their history, by which judgements look back, and word to the engine where a definition reads the topic.
 * Of two statements the later one stands, so that a list which is synchronised out of order brings no old yes over a newer
 * no; one that says the same again changes nothing, not even the evidence - unless the contrary was said meanwhile, of all
 * topics or of one: then it is evidence of its own. A no to all stands until a yes to all.
 */
import type { Instant } from '../core/instant.js';
import { instantToSql } from '../core/instant.js';
import type { Queryable } from '../core/queryable.js';
import { lockDefinitionsShared } from '../definitions/definitions-lock.js';
import { currentReads } from '../definitions/load-definitions.js';
import { insertInbox, lockProfilesById } from './store-items.sql.js';

/** What is said about every topic at once. */
const ALL = '*';

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
  knownAt: Instant,
): Promise<boolean> {
  const found = (await lockProfilesById(sql, [profileId])).get(profileId);
  if (!found) return false;
  const own = statements.map((statement) => ({ ...statement, profileId: found.profileId }));
  await storeConsent(sql, own, knownAt);
  return true;
}

interface Change {
  profile_id: number;
  topic: string;
  before: boolean | null;
  after: boolean;
}

/**
 * Stores statements of any number of profiles, one per profile and topic. The caller holds the profiles against a merge.
 * `knownAt`: the business instant at which we learn of them.
 */
export async function storeConsent(
  sql: Queryable,
  statements: readonly (TopicStatement & { profileId: number })[],
  knownAt: Instant,
): Promise<void> {
  await lockDefinitionsShared(sql);
  const { rows } = await sql.query<Change>({
    name: 'ingest-store-consent',
    text: `with said as (
             select * from unnest($1::bigint[], $2::text[], $3::boolean[], $4::timestamptz(3)[], $5::text[])
               as r (profile_id, topic, subscribed, changed_at, source)
           ), stood as (
             select profile_id, topic, s.subscribed from subscriptions s join said using (profile_id, topic)
             order by profile_id, topic for update of s
           ), stored as (
             insert into subscriptions as s (profile_id, topic, subscribed, changed_at, source)
             -- the join: looked at, and held, before anything is written
             select profile_id, topic, said.subscribed, changed_at, source from said left join stood using (profile_id, topic)
             order by profile_id, topic
             on conflict (profile_id, topic) do update
               set subscribed = excluded.subscribed, changed_at = excluded.changed_at, source = excluded.source
               where s.changed_at <= excluded.changed_at and (s.subscribed <> excluded.subscribed or exists (
                 select from subscriptions o where o.profile_id = s.profile_id
                   and (o.topic = $7) <> (s.topic = $7) and o.subscribed <> s.subscribed
                   and o.changed_at > s.changed_at and o.changed_at <= excluded.changed_at))
             -- one that is new has no xmax
             returning profile_id, topic, xmax <> 0 as was, subscribed, source
           )
           insert into subscription_changes (profile_id, topic, before, after, changed_at, source)
           select n.profile_id, n.topic, case when n.was then coalesce(stood.subscribed, not n.subscribed) end,
             n.subscribed, $6::timestamptz, n.source
           from stored n left join stood using (profile_id, topic)
           returning profile_id, topic, before, after`,
    values: [
      statements.map(({ profileId }) => profileId),
      statements.map(({ topic }) => topic),
      statements.map(({ subscribed }) => subscribed),
      statements.map(({ changedAt }) => instantToSql(changedAt)),
      statements.map((one) => one.source),
      instantToSql(knownAt),
      ALL,
    ],
  });
  await tellEngine(sql, rows, knownAt);
}

/** One fact per profile, with the topics that some definition reads; a word about all of them concerns each. */
async function tellEngine(sql: Queryable, changes: readonly Change[], at: Instant): Promise<void> {
  if (changes.length === 0) return;
  const read = new Set((await currentReads(sql))?.reads.topics);
  if (read.size === 0) return;
  const facts = new Map<number, Record<string, Pick<Change, 'before' | 'after'>>>();
  for (const { profile_id: profileId, topic, before, after } of changes) {
    if (before === after) continue;
    if (topic !== ALL && !read.has(topic)) continue;
    facts.set(profileId, { ...facts.get(profileId), [topic]: { before, after } });
  }
  if (facts.size === 0) return;
  await insertInbox(
    sql,
    [...facts].map(([profileId, data]) => ({
      profileId,
      kind: 'topics',
      name: null,
      at,
      historical: false,
      data,
    })),
  );
}
