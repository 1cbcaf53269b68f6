/**
 * Delivery (stage 5): leases, held by the worker and not by each message. The only clock here is the
 * database's `clock_timestamp()`: a lease measures whether a process lives, not business time. Invariant:
 * a `claimed` message of a worker without lease is provably unsent (bytes leave only after `transmitting`
 * is committed); a `transmitting` one may or may not have arrived, and is never assumed to be either.
 */
import type { Instant } from '../core/instant.js';
import { instantToSql } from '../core/instant.js';
import type { Queryable } from '../core/queryable.js';
import { BEGAN } from './ledger.sql.js';

export interface Worker {
  id: string;
  host: string;
  pid: number;
}

/** Registers the worker or renews its lease for `leaseMs` from the database's now; harmless when repeated. */
export async function renewLease(sql: Queryable, worker: Worker, leaseMs: number): Promise<void> {
  await sql.query({
    name: 'delivery_renew',
    text: `
      insert into workers (id, host, pid, started_at, lease_until)
      values ($1, $2, $3, clock_timestamp(), clock_timestamp() + $4 * interval '1 millisecond')
      on conflict (id) do update set lease_until = excluded.lease_until`,
    values: [worker.id, worker.host, worker.pid, leaseMs],
  });
}

/** Gives the lease up, at the end of an orderly stop. */
export async function endLease(sql: Queryable, workerId: string): Promise<void> {
  await sql.query('delete from workers where id = $1', [workerId]);
}

/*
 * A server that has just started grants every worker one lease time to come back first: while it was
 * away nobody could renew, and those who still wait for a final reply know more than we do.
 * Worker and epoch stay as they are, so the owner's late true reply still settles the message.
 */
const SWEEP = `
with left_behind as materialized (
  select m.id from messages m
  where m.state in ('claimed', 'transmitting')
    and not exists (select from workers w where w.id = m.worker and w.lease_until > clock_timestamp())
    and pg_postmaster_start_time() < clock_timestamp() - $2 * interval '1 millisecond'
  order by m.id
  for update skip locked
),
swept as (
  update messages m
  set state = case
      when m.state = 'claimed' then 'pending'
      when m.purpose = 'transactional' and not m.detail ? 'sent_again_after' then 'pending'
      else 'ambiguous' end,
    reason = case when m.state = 'claimed' then m.reason else 'worker_lost' end,
    worker = case when m.state = 'claimed' then null else m.worker end,
    attempts = m.attempts + case when m.state = 'claimed' then 0 else 1 end,
    detail = case
      when m.state = 'transmitting' and m.purpose = 'transactional' and not m.detail ? 'sent_again_after'
      then m.detail || jsonb_build_object('sent_again_after', 'worker_lost', 'ambiguous_epoch', m.epoch)
      else m.detail end,
    settled_at = case when m.state = 'transmitting' and (m.purpose <> 'transactional' or m.detail ? 'sent_again_after')
      then $1::timestamptz(3) end
  where m.id in (select id from left_behind)
  -- a requeued message has no worker any more, one that was on the wire keeps it
  returning m.id, m.profile_id, m.epoch, m.worker, m.provider, m.state, ${BEGAN} as began
),
noted as (
  insert into attempts (message_id, profile_id, epoch, started_at, finished_at, worker, provider, host, phase, outcome, recovered)
  select s.id, s.profile_id, s.epoch, least(coalesce(s.began, $1), $1), $1, s.worker, coalesce(s.provider, ''),
    coalesce((select host from workers w where w.id = s.worker), ''), 'body', 'ambiguous', true
  from swept s where s.worker is not null
  on conflict (message_id, epoch) do nothing
),
gone as (
  delete from workers where lease_until < clock_timestamp() - $2 * interval '10 milliseconds'
)
select count(*) filter (where worker is null)::int as requeued,
  coalesce(array_agg(id order by id) filter (where state = 'ambiguous'), '{}') as held,
  coalesce(array_agg(id order by id) filter (where state = 'pending' and worker is not null), '{}') as "sentAgain"
from swept`;

/** What a sweep found. Of the latter two nobody knows whether they arrived. */
export interface Swept {
  /** How many were provably unsent. */
  requeued: number;
  /** Ids of those that are ambiguous now. */
  held: number[];
  /** Ids of those that go out once more, by their purpose. */
  sentAgain: number[];
}

/** Settles what workers without lease left behind; rows that another sweep holds are left to it. */
export async function sweepExpired(sql: Queryable, now: Instant, leaseMs: number): Promise<Swept> {
  const { rows } = await sql.query<Swept>({
    name: 'delivery_sweep',
    text: SWEEP,
    values: [instantToSql(now), leaseMs],
  });
  return rows[0]!;
}
