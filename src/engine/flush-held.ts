/** Writes back whom the guard held back in a window, and that it does (surge-guard.ts). */
import { instantToSql } from '../core/instant.js';
import type { Queryable } from '../core/queryable.js';
import type { Window } from './window.js';

export async function flushHeld(sql: Queryable, { surges, heldBack }: Window): Promise<void> {
  if (surges.length > 0)
    await sql.query(
      `insert into campaign_surges as s (campaign, since, allowed, entered)
       select campaign, at, allowed, entered from jsonb_to_recordset($1::jsonb)
         as r (campaign text, at timestamptz(3), allowed bigint, entered bigint) order by campaign
       on conflict (campaign) do update
       set since = excluded.since, allowed = excluded.allowed, entered = excluded.entered, admitted_at = null`,
      [JSON.stringify(surges.map((surge) => ({ ...surge, at: instantToSql(surge.at) })))],
    );
  if (heldBack.length > 0)
    await sql.query(
      `insert into held_entries (profile_id, campaign, held_at, data)
       select profile_id, campaign, held_at, data from jsonb_to_recordset($1::jsonb)
         as r (profile_id bigint, campaign text, held_at timestamptz(3), data jsonb)`,
      [
        JSON.stringify(
          heldBack.map((one) => ({
            profile_id: one.profile.id,
            campaign: one.version.id,
            held_at: instantToSql(one.at),
            data: {
              trigger: one.trigger,
              cause_at: one.causeAt,
              entry: one.entry,
              entry_event_id: one.entryEventId,
              trace: one.trace,
            },
          })),
        ),
      ],
    );
}
