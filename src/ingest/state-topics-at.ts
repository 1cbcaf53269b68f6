/**
 * Stage 1: what campaigns state about topics, as of an instant that may have gone by. In: statements in order, of profiles
 * whose shard the caller holds. Out: what each changed at its instant. The history is written as if it had been said then:
 * a later word stands, and is told what it found. A campaign never takes back a no that was not a campaign's.
 */
import { instantToSql, type Instant } from '../core/instant.js';
import { isCampaignSource } from '../core/own-events.js';
import type { Queryable } from '../core/queryable.js';

export interface TopicOfStep {
  profileId: number;
  /** `*` = every topic. */
  topic: string;
  subscribed: boolean;
  at: Instant;
  source: string;
}

export interface StatedTopic {
  /** A no that somebody else said stands. */
  refused: boolean;
  /** What it found, where that differs. */
  change: { before: boolean | null } | null;
}

/** One word about a topic; `id` null: it has just been said. */
interface Word {
  id: number | null;
  before: boolean | null;
  after: boolean;
  at: Instant;
  source: string;
  corrected: boolean;
}

/** What is known of one topic of a profile: every word in order, and what stands. */
interface Said {
  profileId: number;
  topic: string;
  words: Word[];
  stands: { subscribed: boolean; changedAt: Instant; source: string } | null;
  changed: boolean;
}

/** One answer a statement. */
export async function stateTopicsAt(
  sql: Queryable,
  statements: readonly TopicOfStep[],
): Promise<StatedTopic[]> {
  if (statements.length === 0) return [];
  const known = await loadSaid(sql, statements);
  const stated = statements.map((statement) => state(known.get(keyOf(statement))!, statement));
  await store(sql, [...known.values()]);
  return stated;
}

function keyOf({ profileId, topic }: Pick<TopicOfStep, 'profileId' | 'topic'>): string {
  return `${profileId} ${topic}`;
}

function state(said: Said, { subscribed, at, source }: TopicOfStep): StatedTopic {
  const { words, stands } = said;
  const after = words.findIndex((word) => word.at > at);
  const later = words[after];
  const place = after < 0 ? words.length : after;
  const before = later ? later.before : (stands?.subscribed ?? null);
  const by = words[place - 1]?.source ?? (later ? null : stands?.source) ?? '';
  if (subscribed && before === false && !isCampaignSource(by))
    return { refused: true, change: null };
  // Said of a moment after this one, though it was known before.
  const isLate = !later && stands !== null && stands.changedAt > at;
  if (before === subscribed || isLate) return { refused: false, change: null };
  words.splice(place, 0, { id: null, before, after: subscribed, at, source, corrected: false });
  if (later) Object.assign(later, { before: subscribed, corrected: true });
  else {
    said.stands = { subscribed, changedAt: at, source };
    said.changed = true;
  }
  return { refused: false, change: { before } };
}

async function loadSaid(
  sql: Queryable,
  statements: readonly TopicOfStep[],
): Promise<Map<string, Said>> {
  const known = new Map<string, Said>();
  for (const { profileId, topic } of statements)
    known.set(keyOf({ profileId, topic }), {
      profileId,
      topic,
      words: [],
      stands: null,
      changed: false,
    });
  const pairs = [...known.values()];
  const values = [pairs.map(({ profileId }) => profileId), pairs.map(({ topic }) => topic)];
  const { rows: standing } = await sql.query<{
    profileId: number;
    topic: string;
    subscribed: boolean;
    changedAt: Instant;
    source: string;
  }>(
    `select s.profile_id as "profileId", s.topic, s.subscribed, s.changed_at as "changedAt", s.source
     from unnest($1::bigint[], $2::text[]) as r (profile_id, topic) join subscriptions s using (profile_id, topic)`,
    values,
  );
  for (const row of standing) known.get(keyOf(row))!.stands = row;
  const { rows: words } = await sql.query<
    Omit<Word, 'corrected'> & { profileId: number; topic: string }
  >(
    `select c.profile_id as "profileId", c.topic, c.id, c.before, c.after, c.changed_at as at, c.source
     from unnest($1::bigint[], $2::text[]) as r (profile_id, topic) join subscription_changes c using (profile_id, topic)
     order by c.changed_at, c.id`,
    values,
  );
  for (const { profileId, topic, ...word } of words)
    known.get(keyOf({ profileId, topic }))!.words.push({ ...word, corrected: false });
  return known;
}

async function store(sql: Queryable, all: readonly Said[]): Promise<void> {
  const standing = all.flatMap(({ profileId, topic, stands, changed }) =>
    changed && stands ? [{ profileId, topic, ...stands }] : [],
  );
  if (standing.length > 0)
    await sql.query(
      `insert into subscriptions (profile_id, topic, subscribed, changed_at, source)
       select * from unnest($1::bigint[], $2::text[], $3::boolean[], $4::timestamptz(3)[], $5::text[])
         as r (profile_id, topic, subscribed, changed_at, source)
       order by profile_id, topic
       on conflict (profile_id, topic) do update
         set subscribed = excluded.subscribed, changed_at = excluded.changed_at, source = excluded.source`,
      [
        standing.map(({ profileId }) => profileId),
        standing.map(({ topic }) => topic),
        standing.map(({ subscribed }) => subscribed),
        standing.map(({ changedAt }) => instantToSql(changedAt)),
        standing.map(({ source }) => source),
      ],
    );
  const words = all.flatMap(({ profileId, topic, words: list }) =>
    list
      .filter(({ id, corrected }) => id === null || corrected)
      .map(({ id, before, after, at, source }) => ({
        profile_id: profileId,
        topic,
        id,
        before,
        after,
        changed_at: instantToSql(at),
        source,
      })),
  );
  if (words.length === 0) return;
  await sql.query(
    `with words as (
       select * from jsonb_to_recordset($1::jsonb)
         as r (place integer, profile_id bigint, topic text, id bigint, before boolean, after boolean,
           changed_at timestamptz(3), source text)
     ), corrected as (
       update subscription_changes c set before = w.before from words w where c.profile_id = w.profile_id and c.id = w.id
     )
     insert into subscription_changes (profile_id, topic, before, after, changed_at, source)
     select profile_id, topic, before, after, changed_at, source from words where id is null order by place`,
    [JSON.stringify(words.map((word, place) => ({ place, ...word })))],
  );
}
