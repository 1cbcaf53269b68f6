/**
 * Delivery (stage 5): taking stock. A living worker renews its lease, so no sweeper ever looks at rows that are written
 * down for it: those that it does not hold would stay `claimed` or `transmitting` for ever. They come about
 * when the answer to a claim is lost, or when the end of a message cannot be written. So the worker itself
 * compares, now and then and before it goes. Invariant: nothing is sent again because of it - a `claimed` row has
 * left no byte, and its fence falls with this statement; a `transmitting` one is held, whatever its purpose.
 */
import type { Instant } from '../core/instant.js';
import { instantToSql } from '../core/instant.js';
import type { Queryable } from '../core/queryable.js';
import { BEGAN, type Sender } from './ledger.sql.js';

const TAKE_STOCK = `
with stray as materialized (
  select m.id, m.state from messages m
  where m.worker = $1 and m.state in ('claimed', 'transmitting')
    and not exists (select from unnest($2::bigint[], $3::integer[]) as held(id, epoch)
      where held.id = m.id and held.epoch = m.epoch)
  for update
),
returned as (
  update messages m set state = 'pending', worker = null
  from stray where m.id = stray.id and stray.state = 'claimed'
  returning m.id
),
held_back as (
  update messages m set state = 'ambiguous', reason = 'unrecorded', attempts = m.attempts + 1, settled_at = $4
  from stray where m.id = stray.id and stray.state = 'transmitting'
  returning m.id, m.profile_id, m.epoch, ${BEGAN} as began
),
noted as (
  insert into attempts (message_id, profile_id, epoch, started_at, finished_at, worker, provider, host, phase, outcome, recovered)
  select id, profile_id, epoch, least(coalesce(began, $4), $4), $4, $1, $5, '', 'body', 'ambiguous', true from held_back
  on conflict (message_id, epoch) do nothing
)
select (select count(*)::int from returned) as returned, (select count(*)::int from held_back) as ambiguous`;

/** What a worker found that it did not hold. */
export interface Stock {
  returned: number;
  ambiguous: number;
}

/**
 * Settles what is written down for the worker and not among `held`. Only while no claim of this worker is under way:
 * its rows are not held yet.
 */
export async function takeStock(
  sql: Queryable,
  { worker, provider }: Sender,
  held: Iterable<{ id: number; epoch: number }>,
  now: Instant,
): Promise<Stock> {
  const all = [...held];
  const { rows } = await sql.query<Stock>(TAKE_STOCK, [
    worker,
    all.map(({ id }) => id),
    all.map(({ epoch }) => epoch),
    instantToSql(now),
    provider,
  ]);
  return rows[0]!;
}
