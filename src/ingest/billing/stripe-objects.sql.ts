/** Stage 1, billing: the objects at Stripe of the profiles that a transaction holds, by profile. */
import type { Instant } from '../../core/instant.js';
import { instantToSql } from '../../core/instant.js';
import type { Queryable } from '../../core/queryable.js';
import { hasEnded, toObjects, type StripeState, type StripeStatement } from './stripe-objects.js';

export type StripeObjects = ReadonlyMap<string, StripeStatement>;

/** Loads them; a profile without any is missing. */
export async function loadStripeObjects(
  sql: Queryable,
  profiles: readonly number[],
): Promise<Map<number, StripeObjects>> {
  const { rows } = await sql.query<{
    profile_id: number;
    object_id: string;
    stated_at: Instant;
    rank: number;
    event_id: string;
    state: StripeState;
  }>({
    name: 'ingest-stripe-objects',
    text: `select profile_id, object_id, stated_at, rank, event_id, state
           from stripe_objects where profile_id = any($1::bigint[])`,
    values: [profiles],
  });
  const found = new Map<number, StripeStatement[]>();
  for (const row of rows) {
    let list = found.get(row.profile_id);
    if (!list) found.set(row.profile_id, (list = []));
    const { object_id: id, stated_at: at, rank, event_id: eventId, state } = row;
    list.push({ id, at, rank, eventId, state });
  }
  return new Map([...found].map(([profile, list]) => [profile, toObjects(list)]));
}

/** What is newer than what is stored, of profiles that are held. */
export async function storeStripeObjects(
  sql: Queryable,
  learnt: readonly { profileId: number; statements: readonly StripeStatement[] }[],
): Promise<void> {
  const records = learnt.flatMap(({ profileId, statements }) =>
    statements.map((one) => ({
      profile_id: profileId,
      kind: one.state.kind,
      object_id: one.id,
      stated_at: instantToSql(one.at),
      rank: one.rank,
      event_id: one.eventId,
      ended: hasEnded(one),
      state: one.state,
    })),
  );
  await sql.query({
    name: 'ingest-store-stripe-objects',
    text: `insert into stripe_objects (profile_id, kind, object_id, stated_at, rank, event_id, ended, state)
           select profile_id, kind, object_id, stated_at, rank, event_id, ended, state
           from jsonb_to_recordset($1::jsonb)
             as r (profile_id bigint, kind text, object_id text, stated_at timestamptz(3), rank smallint,
                   event_id text, ended boolean, state jsonb)
           order by profile_id, kind, object_id
           on conflict (profile_id, kind, object_id) do update
             set stated_at = excluded.stated_at, rank = excluded.rank, event_id = excluded.event_id,
                 ended = excluded.ended, state = excluded.state`,
    values: [JSON.stringify(records)],
  });
}

/** A merge takes them along; of one that both knew the newer state stays (`isNewer`). */
export async function moveStripeObjects(
  sql: Queryable,
  { loser, survivor }: { loser: number; survivor: number },
): Promise<void> {
  await sql.query(
    `with gone as (delete from stripe_objects where profile_id = $1 returning *)
     insert into stripe_objects as s (profile_id, kind, object_id, stated_at, rank, event_id, ended, state)
     select $2, kind, object_id, stated_at, rank, event_id, ended, state from gone order by kind, object_id
     on conflict (profile_id, kind, object_id) do update
       set stated_at = excluded.stated_at, rank = excluded.rank, event_id = excluded.event_id,
           ended = excluded.ended, state = excluded.state
       where (excluded.stated_at, excluded.rank, excluded.event_id) > (s.stated_at, s.rank, s.event_id)`,
    [loser, survivor],
  );
}

/** Forgets what ended before `before`: by then nothing that is older arrives any more. */
export async function pruneStripeObjects(sql: Queryable, before: Instant): Promise<number> {
  const { rowCount } = await sql.query(
    'delete from stripe_objects where ended and stated_at < $1::timestamptz(3)',
    [instantToSql(before)],
  );
  return rowCount ?? 0;
}
