/** Shared by the ingest tests: items, definitions rows and a picture of what is stored. */
import type pg from 'pg';
import type { ConnectionSource } from '../../src/core/queryable.js';
import type { Item } from '../../src/ingest/item.js';
import { storeItems } from '../../src/ingest/store-items.js';
import type { Reads } from '../../src/language/reads.js';

/** 2026-03-01T12:00Z. */
export const NOON = Date.UTC(2026, 2, 1, 12);

let serial = 0;

/** An item with defaults; `track` of `seen` unless said otherwise. */
export function item(part: Partial<Item>): Item {
  const type = part.type ?? 'track';
  return {
    type,
    profileId: null,
    userId: null,
    anonymousId: null,
    previousId: null,
    source: 'test',
    messageId: `m${++serial}`,
    event: type === 'track' ? 'seen' : null,
    properties: {},
    traits: {},
    hints: {},
    groupId: null,
    accountTraits: {},
    context: null,
    timestamp: null,
    sentAt: null,
    historical: false,
    ...part,
  };
}

export function store(pool: ConnectionSource, items: Item[], receivedAt = NOON) {
  return storeItems(pool, items, receivedAt);
}

/** Publishes a revision as apply would. */
export async function publish(
  pool: pg.Pool,
  reads: Partial<Reads>,
  profileStart = ['created_at'],
): Promise<void> {
  await pool.query(
    `insert into revisions (applied_at, applied_by, summary, reads, project) values ($1, 'test', '{}', $2, $3)`,
    [
      new Date(NOON).toISOString(),
      JSON.stringify({ events: [], anyEvent: false, traits: [], ...reads }),
      JSON.stringify({ zone: 'UTC', profileStart }),
    ],
  );
}

export async function rowsOf<R extends object>(
  pool: ConnectionSource,
  text: string,
  values: unknown[] = [],
): Promise<R[]> {
  return (await pool.query<R>(text, values)).rows;
}

/** Living profiles as the set of their keys, each with its traits and events by message id: ids left out. */
export async function picture(pool: ConnectionSource): Promise<unknown[]> {
  const rows = await rowsOf<{ keys: string[]; traits: object; events: string[]; stats: object }>(
    pool,
    `select (select array_agg(k.kind || ':' || k.value order by k.kind, k.value) from profile_keys k where k.profile_id = p.id) as keys,
            p.traits,
            (select coalesce(array_agg(e.message_id order by e.message_id), '{}') from events e where e.profile_id = p.id) as events,
            (select coalesce(jsonb_object_agg(s.name, s.count), '{}') from profile_event_stats s where s.profile_id = p.id) as stats
     from profiles p where merged_into is null`,
  );
  return rows.sort((a, b) => String(a.keys).localeCompare(String(b.keys)));
}
