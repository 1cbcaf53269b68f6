/**
 * Insights: how far behind the work is, for `/health`, the metrics and the overview. Each is a probe of an index, whatever the backlog, because
 * supervisors ask often; only mails that a pause holds are passed over one by one, as every claim does. In: a session; out: figures, null where nothing waits.
 */
import { instantToSql, type Instant } from '../core/instant.js';
import type { Queryable } from '../core/queryable.js';
import { SHARD_COUNT } from '../core/shard.js';
import { IS_ABOUT } from '../delivery/pauses.sql.js';

export interface EngineBacklog {
  /** Since when the oldest fact or step waits that the engine may settle. */
  oldestDueAt: Instant | null;
  parkedProfiles: number;
  /** Campaigns that hold people back and ask (campaigns/surges.sql.ts). */
  surges: number;
  /** The furthest instant that a shard has settled: later than now when the database's clock went back. */
  settledAt: Instant | null;
}

export async function engineBacklog(sql: Queryable, now: Instant): Promise<EngineBacklog> {
  const { rows } = await sql.query<{
    oldest_due_at: Instant | null;
    parked: number;
    surges: number;
    settled_at: Instant | null;
  }>({
    name: 'health-engine',
    text: `select (select min(due) from generate_series(0, $2::int - 1) as all_shards (shard)
                   cross join lateral (
                     (select judged_at as due from inbox
                      where inbox.shard = all_shards.shard and judged_at <= $1::timestamptz
                        and profile_id not in (select profile_id from parked_profiles)
                      order by judged_at limit 1)
                     union all
                     (select due_at from enrolments e
                      where e.shard = all_shards.shard and state = 'active' and due_at < 'infinity'
                        and due_at <= $1::timestamptz and profile_id not in (select profile_id from parked_profiles)
                      order by due_at limit 1)) oldest) as oldest_due_at,
                  (select count(*) from parked_profiles) as parked,
                  (select count(*) from campaign_surges where admitted_at is null) as surges,
                  (select max(settled_at) from shards) as settled_at`,
    values: [instantToSql(now), SHARD_COUNT],
  });
  const { oldest_due_at: oldestDueAt, parked, surges, settled_at: settledAt } = rows[0]!;
  return { oldestDueAt, parkedProfiles: parked, surges, settledAt };
}

export interface MailBacklog {
  /** Mailers that hold a lease. */
  mailers: number;
  /** Since when the oldest of the most urgent mails is due that no pause holds, or one that a mailer has and does not begin. */
  oldestDueAt: Instant | null;
  /** Pauses in force; not that of a campaign that is stopped, which has no mail to hold back. */
  pauses: number;
}

export async function mailBacklog(sql: Queryable, now: Instant): Promise<MailBacklog> {
  const { rows } = await sql.query<MailBacklog>({
    name: 'health-mail',
    text: `select least(
                    (select due_at from messages m where state = 'pending' and due_at <= $1::timestamptz
                       and not exists (select from pauses p where until > $1::timestamptz and ${IS_ABOUT})
                     order by priority desc, due_at limit 1),
                    (select min(due_at) from messages where state = 'claimed')) as "oldestDueAt",
                  (select count(*) from pauses p where until > $1::timestamptz and not (p.scope = 'campaign'
                     and exists (select from campaign_states s where s.campaign = p.name and s.state = 'stopped'))) as pauses,
                  (select count(*) from workers where lease_until > $1::timestamptz) as mailers`,
    values: [instantToSql(now)],
  });
  return rows[0]!;
}
