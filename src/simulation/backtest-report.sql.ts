/**
 * What else a run of a campaign tells than its totals: day by day, what came of its goal, who of its people was in other
 * campaigns at the time, and how many mails they would have got within a week, those that live sent them included. In: the
 * simulation's tables at the end of the run, and live as views beside them, which are only read.
 */
import { startOfLocalDay, localDate } from '../core/calendar.js';
import { DAY_MS, instantToSql, type Instant } from '../core/instant.js';
import type { Queryable } from '../core/queryable.js';

export interface DayFigures {
  /** Of the project's zone. */
  day: string;
  entered: number;
  sent: number;
  skipped: number;
  converted: number;
}

interface GoalGroup {
  entered: number;
  converted: number;
}

/** Of those who are not held out; replayed events happened without them, so a lift cannot be read from it. */
export interface GoalFigures extends GoalGroup {
  /** What the goal's `value` comes to; null where it has none. */
  value: number | null;
  /** Half of those who reached it did so within this time; null: nobody did. */
  medianMs: number | null;
  /** Those who are held out; null: nobody is. */
  holdout: GoalGroup | null;
}

export interface BacktestReport {
  days: DayFigures[];
  goal: GoalFigures | null;
  /** By campaign: profiles that were in it at live while they were in this one here. */
  overlap: { campaign: string; profiles: number }[];
  /** Profiles by the most marketing mails that they would have got within 7 days; live's other campaigns included. */
  pressure: { mails: number; profiles: number }[];
}

export interface ReportSpan {
  from: Instant;
  /** Exclusive. */
  to: Instant;
  zone: string;
}

export interface ReportOptions extends ReportSpan {
  campaign: string;
  hasGoal: boolean;
}

/** With `live_enrolments` and `live_messages` in sight (recording.sql.ts). */
export async function backtestReport(sql: Queryable, o: ReportOptions): Promise<BacktestReport> {
  return {
    days: await dayByDay(sql, [o.campaign], o),
    goal: o.hasGoal ? await goalFigures(sql, o) : null,
    overlap: await overlapWithLive(sql, o),
    pressure: await pressureOnPeople(sql, [o.campaign], o),
  };
}

/** Each table is read once, whatever the number of days. */
export async function dayByDay(
  sql: Queryable,
  campaigns: readonly string[],
  o: ReportSpan,
): Promise<DayFigures[]> {
  const bounds: Instant[] = [];
  for (let at = startOfLocalDay(o.from, o.zone); at < o.to; at = startOfLocalDay(at, o.zone, 1))
    bounds.push(at);
  const days = bounds.map((at): DayFigures => {
    return { day: localDate(at, o.zone), entered: 0, sent: 0, skipped: 0, converted: 0 };
  });
  const { rows } = await sql.query<{
    what: Exclude<keyof DayFigures, 'day'>;
    day: number;
    n: number;
  }>(
    `select what, width_bucket(at, $2::timestamptz(3)[]) as day, count(*) as n from (
       select 'entered' as what, entered_at as at from enrolments where campaign = any($1::text[])
       union all select 'converted', converted_at from enrolments where campaign = any($1::text[]) and converted_at is not null
       union all select 'sent', settled_at from messages where campaign = any($1::text[]) and state = 'sent' and purpose <> 'notice'
       union all select 'skipped', decided_at from messages where campaign = any($1::text[]) and state = 'skipped' and purpose <> 'notice') happened
     group by 1, 2`,
    [campaigns, bounds.map(instantToSql)],
  );
  for (const { what, day, n } of rows) {
    const figures = days[day - 1];
    if (figures) figures[what] = n;
  }
  return days;
}

async function goalFigures(sql: Queryable, { campaign }: ReportOptions): Promise<GoalFigures> {
  const { rows } = await sql.query<Omit<GoalFigures, 'holdout'> & GoalGroup & { held: boolean }>(
    `select held_out as held, count(*) as entered, count(converted_at) as converted,
       sum(conversion_value)::float8 as value,
       round(date_part('epoch', percentile_disc(0.5) within group (order by converted_at - entered_at)) * 1000) as "medianMs"
     from enrolments where campaign = $1 group by held_out`,
    [campaign],
  );
  const treated = rows.find(({ held }) => !held);
  const control = rows.find(({ held }) => held);
  return {
    entered: treated?.entered ?? 0,
    converted: treated?.converted ?? 0,
    value: treated?.value ?? null,
    medianMs: treated?.medianMs ?? null,
    holdout: control ? { entered: control.entered, converted: control.converted } : null,
  };
}

async function overlapWithLive(
  sql: Queryable,
  o: ReportOptions,
): Promise<BacktestReport['overlap']> {
  const { rows } = await sql.query<{ campaign: string; profiles: number }>(
    `select l.campaign, count(distinct e.profile_id) as profiles
     from enrolments e join live_enrolments l on l.profile_id = e.profile_id and l.campaign <> e.campaign
       and l.entered_at < coalesce(e.ended_at, $2::timestamptz(3)) and coalesce(l.ended_at, 'infinity') > e.entered_at
     where e.campaign = $1 group by 1 order by 2 desc, 1`,
    [o.campaign, instantToSql(o.to)],
  );
  return rows;
}

/** Transactional mail presses on nobody, nor do notices; what live sent of these campaigns is what the run stands for. */
export async function pressureOnPeople(
  sql: Queryable,
  campaigns: readonly string[],
  o: ReportSpan,
): Promise<BacktestReport['pressure']> {
  const { rows } = await sql.query<{ mails: number; profiles: number }>(
    `with mails as (
       select profile_id, settled_at as at from messages
       where campaign = any($1::text[]) and state = 'sent' and purpose = 'marketing'
       union all
       select l.profile_id, l.settled_at from live_messages l
       where not l.campaign = any($1::text[]) and l.state = 'sent' and l.purpose = 'marketing'
         and l.settled_at >= $2::timestamptz(3) and l.settled_at < $3::timestamptz(3)
         and exists (select from messages m where m.profile_id = l.profile_id and m.campaign = any($1::text[]) and m.state = 'sent' and m.purpose <> 'notice')
     ), counted as (
       select profile_id, count(*) over (partition by profile_id order by at
         range between interval '604799999 ms' preceding and current row) as n from mails
     ), most as (select profile_id, max(n) as mails from counted group by profile_id)
     select mails, count(*) as profiles from most group by mails order by mails`,
    [campaigns, instantToSql(o.from - 7 * DAY_MS), instantToSql(o.to)],
  );
  return rows;
}
