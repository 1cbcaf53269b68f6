/** Stage 1, for those who look: what events are called, when they happened, and what they said. */
import { instantToSql, type Instant } from '../core/instant.js';
import type { Queryable } from '../core/queryable.js';

export interface FoundEvent {
  id: number;
  name: string;
  occurredAt: Instant;
  properties: Record<string, unknown>;
  /** It came by an import, and starts nothing. */
  historical: boolean;
}

const COLUMNS = 'id, name, occurred_at as "occurredAt", properties, historical';

/** A profile's event, null when there is none of this number. */
export async function findEvent(
  sql: Queryable,
  profileId: number,
  id: number,
): Promise<FoundEvent | null> {
  const { rows } = await sql.query<FoundEvent>(
    `select ${COLUMNS} from events where profile_id = $1 and id = $2`,
    [profileId, id],
  );
  return rows[0] ?? null;
}

/** How many of them are looked through. */
const MOST_LATER = 100;

/** A profile's events of these names later than `after`, the earliest first, as far as they were known by `at`. */
export async function listLaterEvents(
  sql: Queryable,
  profileId: number,
  { names, after, at }: { names: readonly string[] | null; after: Instant; at: Instant },
): Promise<FoundEvent[]> {
  const { rows } = await sql.query<FoundEvent>(
    `select ${COLUMNS} from events
     where profile_id = $1 and ($2::text[] is null and left(name, 1) <> '$' or name = any($2::text[]))
       and occurred_at > $3::timestamptz(3) and occurred_at <= $4::timestamptz(3) and judged_at <= $4::timestamptz(3)
     order by occurred_at, id limit ${MOST_LATER}`,
    [profileId, names, instantToSql(after), instantToSql(at)],
  );
  return rows;
}
