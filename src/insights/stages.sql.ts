/**
 * Insights: the stages as a flow, for the overview. In: now. Out: per stage what it did in the last 24 hours, what waits
 * for it and since when, and what went wrong in the last hour. Cheap on any size: every count runs along an index and
 * stops at a bound (core/bounded.ts).
 */
import { boundedCount, COUNT_BOUND } from '../core/bounded.js';
import { DAY_MS, instantToSql, type Instant } from '../core/instant.js';
import type { Queryable } from '../core/queryable.js';

const HOUR_MS = 3_600_000;

export interface Waiting {
  /** At most COUNT_BOUND + 1. */
  count: number;
  /** Due since; null when nothing waits. */
  oldest: Instant | null;
}

/** Every count is at most COUNT_BOUND + 1. What messages did is counted by the send log. */
export interface StageFigures {
  /** Of the last 24 hours. */
  lately: Record<'events' | 'memberships' | 'enrolments' | 'feedback', number>;
  waiting: Record<'events' | 'memberships' | 'enrolments' | 'delivery', Waiting>;
  /** Refused items of the last hour; profiles set aside as long as they are. */
  problems: Record<'rejects' | 'parked', number>;
}

const LATELY = `
select
  ${boundedCount(`from events where received_at > $1::timestamptz(3)`)} as events,
  ${boundedCount(`from live_definitions d, transitions t
    where d.kind = 'segment' and t.segment = d.name and t.at > $1::timestamptz(3)`)} as memberships,
  ${boundedCount(`from live_definitions d, enrolments e
    where d.kind = 'campaign' and e.campaign = d.name and e.entered_at > $1::timestamptz(3)`)} as enrolments,
  ${boundedCount(`from subscriptions where not subscribed and changed_at > $1::timestamptz(3)`)}
    + ${boundedCount(`from suppressions where since > $1::timestamptz(3)`)} as feedback`;

const PROBLEMS = `
select ${boundedCount(`from rejects where received_at > $1::timestamptz(3)`)} as rejects,
  ${boundedCount(`from parked_profiles`)} as parked`;

/** Of every shard in its own order: 256 short walks along an index instead of one over every timer there is. */
function dueOfShards(table: string, column: string, only = ''): string {
  return `
  select due from generate_series(0, 255) as s (shard), lateral (
    select ${column} as due from ${table} t
    where t.shard = s.shard and ${only} ${column} < 'infinity' and ${column} <= $1::timestamptz(3)
    order by ${column} limit 1000) as of_shard
  limit ${COUNT_BOUND + 1}`;
}

const WAITING = `
with facts as (
  select judged_at as due from inbox limit ${COUNT_BOUND + 1}
),
timers as (${dueOfShards('segment_states', 'changes_at')}),
entries as (${dueOfShards('awaited_entries', 'due_at')}),
steps as (${dueOfShards('enrolments', 'due_at', "state = 'active' and")}),
mails as (
  select due_at as due from messages
  where state = 'pending' and due_at <= $1::timestamptz(3) limit ${COUNT_BOUND + 1}
)
select 'events' as stage, count(*)::int as count, min(due) as oldest from facts
union all select 'memberships', count(*)::int, min(due) from timers
union all select 'enrolments', count(*)::int, min(due)
  from (select due from steps union all select due from entries) as of_campaigns
union all select 'delivery', count(*)::int, min(due) from mails`;

export async function countStages(sql: Queryable, now: Instant): Promise<StageFigures> {
  const [lately, problems, waiting] = await Promise.all([
    sql.query<StageFigures['lately']>(LATELY, [instantToSql(now - DAY_MS)]),
    sql.query<StageFigures['problems']>(PROBLEMS, [instantToSql(now - HOUR_MS)]),
    sql.query<Waiting & { stage: keyof StageFigures['waiting'] }>(WAITING, [instantToSql(now)]),
  ]);
  return {
    lately: lately.rows[0]!,
    problems: problems.rows[0]!,
    waiting: Object.fromEntries(
      waiting.rows.map(({ stage, count, oldest }) => [stage, { count, oldest }]),
    ) as StageFigures['waiting'],
  };
}
