/**
 * Stage 1, for those who look: one profile as it is stored, its ids and its events. In: how the asker names it. Out:
 * rows of what ingest has committed, so whoever wrote before the question sees its own write.
 */
import type { Instant } from '../core/instant.js';
import { instantToSql } from '../core/instant.js';
import type { Queryable } from '../core/queryable.js';
import type { JsonObject } from './item.js';

export type ProfileName =
  | { kind: 'user' | 'anonymous'; value: string }
  /** Our own number; that of a merged profile names its survivor. */
  | { kind: 'profile'; value: number };

export interface StoredProfile {
  id: number;
  /** The one stated latest comes first; it is the one that a profile is shown by. */
  userIds: string[];
  anonymousIds: string[];
  /** Numbers of the profiles that were merged into this one. */
  mergedIds: number[];
  traits: JsonObject;
  account: { id: string; traits: JsonObject } | null;
  zone: string | null;
  bornAt: Instant | null;
  createdAt: Instant;
  traitsChangedAt: Instant | null;
  /** What it said about topics; `*` is all of them. */
  topics: { topic: string; subscribed: boolean; changedAt: Instant; source: string }[];
}

/**
 * In SQL: the application's own id of the profile that `row` is about, of several the one stated latest; null for an
 * anonymous profile.
 */
export function userIdOf(row: string): string {
  return `(select k.value from profile_keys k where k.profile_id = ${row}.profile_id and k.kind = 'user'
    order by k.stated desc, k.value limit 1)`;
}

/** The number of the profile that is meant, null when there is none. */
export async function findProfile(sql: Queryable, name: ProfileName): Promise<number | null> {
  if (name.kind === 'profile') {
    // A merge moves everything to the survivor, which may have been merged itself since.
    const { rows } = await sql.query<{ id: number }>({
      name: 'ingest-profile-by-number',
      text: `
        with recursive chain as (
          select id, merged_into from profiles where id = $1
          union select p.id, p.merged_into from chain join profiles p on p.id = chain.merged_into)
        select id from chain where merged_into is null`,
      values: [name.value],
    });
    return rows[0]?.id ?? null;
  }
  const { rows } = await sql.query<{ id: number }>({
    name: 'ingest-profile-by-key',
    text: 'select profile_id as id from profile_keys where kind = $1 and value = $2',
    values: [name.kind, name.value],
  });
  return rows[0]?.id ?? null;
}

/** Everything that is stored of one profile but its history; null when it is gone. */
export async function loadProfile(sql: Queryable, id: number): Promise<StoredProfile | null> {
  const { rows } = await sql.query<StoredProfile>({
    name: 'ingest-profile',
    text: `
      select p.id, p.traits, p.zone, p.born_at as "bornAt", p.created_at as "createdAt",
        p.traits_changed_at as "traitsChangedAt",
        case when a.id is not null then jsonb_build_object('id', a.external_id, 'traits', a.traits) end as account,
        array(select value from profile_keys where profile_id = p.id and kind = 'user' order by stated desc, value) as "userIds",
        array(select value from profile_keys where profile_id = p.id and kind = 'anonymous' order by stated desc, value) as "anonymousIds",
        array(select id from profiles where merged_into = p.id order by id) as "mergedIds"
      from profiles p left join accounts a on a.id = p.account_id
      where p.id = $1`,
    values: [id],
  });
  const profile = rows[0];
  if (!profile) return null;
  const { rows: topics } = await sql.query<StoredProfile['topics'][number]>({
    name: 'ingest-profile-topics',
    text: `
      select topic, subscribed, changed_at as "changedAt", source
      from subscriptions where profile_id = $1 order by topic`,
    values: [id],
  });
  return { ...profile, topics };
}

export interface StoredEvent {
  id: number;
  name: string;
  /** Corrected by the client's clock error and never in the future. */
  occurredAt: Instant;
  receivedAt: Instant;
  /** What the client stated, where that differs. */
  statedAt: Instant | null;
  properties: JsonObject;
  context: JsonObject | null;
  source: string;
  messageId: string;
  historical: boolean;
}

const EVENT_COLUMNS = `id, name, occurred_at as "occurredAt", received_at as "receivedAt", stated_at as "statedAt",
       properties, context, source, message_id as "messageId", historical`;

/** The event that a call was stored as; null when this profile has none of that message. */
export async function findEvent(
  sql: Queryable,
  profileId: number,
  { source, messageId }: { source: string; messageId: string },
): Promise<StoredEvent | null> {
  const { rows } = await sql.query<StoredEvent>(
    `select ${EVENT_COLUMNS} from events
     where profile_id = $1 and source = $2 and message_id = $3 limit 1`,
    [profileId, source, messageId],
  );
  return rows[0] ?? null;
}

/** Events of one profile, the latest first; `before` is (occurred_at, id) of the last one seen. */
export async function listEvents(
  sql: Queryable,
  profileId: number,
  { name, before, limit }: { name: string | null; before: [Instant, number] | null; limit: number },
): Promise<StoredEvent[]> {
  const { rows } = await sql.query<StoredEvent>(
    `select ${EVENT_COLUMNS} from events
     where profile_id = $1 and ($2::text is null or name = $2)
       and ($3::timestamptz(3) is null or (occurred_at, id) < ($3, $4::bigint))
     order by occurred_at desc, id desc limit $5`,
    [profileId, name, before && instantToSql(before[0]), before?.[1] ?? null, limit],
  );
  return rows;
}

/** The latest event of one of these names by an instant, null = any of the application's; null when there was none. */
export async function findLatestEvent(
  sql: Queryable,
  profileId: number,
  { names, at }: { names: readonly string[] | null; at: Instant },
): Promise<StoredEvent | null> {
  const { rows } = await sql.query<StoredEvent>(
    `select latest.* from profile_event_stats s, lateral (
       select ${EVENT_COLUMNS} from events e
       where e.profile_id = s.profile_id and e.name = s.name
         and e.occurred_at <= $3::timestamptz(3) and e.judged_at <= $3::timestamptz(3)
       order by occurred_at desc, id desc limit 1) latest
     where s.profile_id = $1 and ($2::text[] is null and s.name not like '$%' or s.name = any($2::text[]))
     order by latest."occurredAt" desc, latest.id desc limit 1`,
    [profileId, names, instantToSql(at)],
  );
  return rows[0] ?? null;
}
