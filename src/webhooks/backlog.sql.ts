/** Webhooks out, for monitors: how much is due and since when, and how the endpoints fare. Bounded, whatever the backlog. */
import { boundedCount } from '../core/bounded.js';
import { instantToSql, type Instant } from '../core/instant.js';
import type { Queryable } from '../core/queryable.js';

export interface WebhookBacklog {
  /** Deliveries that are due at enabled endpoints, bounded. */
  due: number;
  /** Since when the oldest of them is. */
  oldestDueAt: Instant | null;
  /** Enabled, and the last attempt failed. */
  failing: number;
  /** Because it was gone or failed for days, not by hand. */
  disabled: number;
}

export async function webhookBacklog(sql: Queryable, now: Instant): Promise<WebhookBacklog> {
  const due = `from webhook_endpoints e cross join lateral (
    select due_at from webhook_deliveries d
    where d.endpoint_id = e.id and d.state = 'pending' and d.due_at <= $1::timestamptz(3)`;
  const { rows } = await sql.query<WebhookBacklog>({
    name: 'webhooks-backlog',
    text: `
      select ${boundedCount(`${due}) d where e.disabled_at is null`)} as due,
        (select min(d.due_at) ${due} order by due_at limit 1) d where e.disabled_at is null) as "oldestDueAt",
        (select count(*)::int from webhook_endpoints where disabled_at is null and failing_since is not null) as failing,
        (select count(*)::int from webhook_endpoints where disabled_because <> 'by_hand') as disabled`,
    values: [instantToSql(now)],
  });
  return rows[0]!;
}
