/**
 * Stage 1: events that do not come from outside: what a step tracks, and the engine's own (core/own-events.ts). Stored
 * by the same function of the database that the triggers of enrolments and messages call (migrations/1764000023000).
 */
import { instantToSql, type Instant } from '../core/instant.js';
import type { Queryable } from '../core/queryable.js';

export interface OwnEvent {
  profileId: number;
  name: string;
  at: Instant;
  properties: Record<string, unknown>;
  source: string;
  /** With the source it makes the event the same one, however often it is stored. */
  messageId: string;
  historical: boolean;
}

/** Stores events; the inbox hears of them with `tells` only. The id of each, null for one that had been stored before. */
export async function storeOwnEvents(
  sql: Queryable,
  events: readonly OwnEvent[],
  { tells = false }: { tells?: boolean } = {},
): Promise<(number | null)[]> {
  const { rows } = await sql.query<{ place: number; id: number }>({
    name: 'ingest-store-own-events',
    text: 'select place, id from store_own_events($1::jsonb, $2)',
    values: [
      JSON.stringify(
        events.map(({ profileId, at, messageId, ...event }, place) => ({
          ...event,
          place,
          profile_id: profileId,
          at: instantToSql(at),
          message_id: messageId,
        })),
      ),
      tells,
    ],
  });
  const ids = new Map(rows.map(({ place, id }) => [place, id]));
  return events.map((_, place) => ids.get(place) ?? null);
}
