/**
 * Delivery (stage 5): after the database was restored from a backup. In: since when mail may have left that the backup does not
 * know of. Out: what was due until then is settled as if its worker had been lost in the middle: nobody knows whether it
 * left, so marketing and notices are held as `ambiguous` and transactional is sent once more, flagged, with the same Message-ID.
 */
import { instantToSql, type Instant } from '../core/instant.js';
import type { Queryable } from '../core/queryable.js';
import { recountLater } from './message-counts.sql.js';

export interface HeldAfterRestore {
  /** Ambiguous now. */
  held: number;
  /** Wait, and go out once more when sending goes on. */
  sentAgain: number;
}

/* What a mailer holds that lives now was claimed after the restore: it is left to it. */
const HOLD = `
with due as materialized (
  select m.id from messages m
  where m.state in ('pending', 'claimed', 'transmitting') and m.due_at <= $1::timestamptz(3)
    and not m.detail ? 'restored'
    and not exists (select from workers w where w.id = m.worker and m.state <> 'pending' and w.lease_until > clock_timestamp())
  order by m.id
  for update
)
update messages m
set state = case when m.purpose = 'transactional' and not m.detail ? 'sent_again_after' then 'pending' else 'ambiguous' end,
  reason = 'restored',
  worker = null,
  settled_at = case when m.purpose = 'transactional' and not m.detail ? 'sent_again_after' then null else $2::timestamptz(3) end,
  detail = m.detail || jsonb_build_object('restored', $3::text) || case
    when m.purpose = 'transactional' and not m.detail ? 'sent_again_after'
    then jsonb_build_object('sent_again_after', 'restored', 'ambiguous_epoch', m.epoch) else '{}' end
from due where m.id = due.id
returning m.id, m.state`;

/** Holds what was due until `until`. What it has handled once it leaves alone. */
export async function holdRestored(
  sql: Queryable,
  { until, now }: { until: Instant; now: Instant },
): Promise<HeldAfterRestore> {
  const { rows } = await sql.query<{ id: number; state: string }>(HOLD, [
    instantToSql(until),
    instantToSql(now),
    instantToSql(now),
  ]);
  await recountLater(
    sql,
    rows.map(({ id }) => id),
  );
  const held = rows.filter(({ state }) => state === 'ambiguous').length;
  return { held, sentAgain: rows.length - held };
}
