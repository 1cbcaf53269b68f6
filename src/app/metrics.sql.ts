/**
 * What `/metrics` asks the database: how much waits in each stage, and what became of the messages of each campaign. In:
 * a session; out: figures. Each question costs milliseconds whatever the backlog: beyond a bound it says the bound.
 */
import { instantToSql, type Instant } from '../core/instant.js';
import type { Queryable } from '../core/queryable.js';

/** Waiting rows are counted up to this. */
export const MOST_COUNTED = 100_000;

export interface Waiting {
  inbox: number;
  steps: number;
  mails: number;
  liveMailers: number;
  /** Of the whole database, on its disk. */
  databaseBytes: number;
}

/** Rows that wait in each stage at `now`, at most `MOST_COUNTED` of each. */
export async function countWaiting(sql: Queryable, now: Instant): Promise<Waiting> {
  const bounded = (from: string) =>
    `(select count(*)::integer from (select ${from} limit ${MOST_COUNTED}) waiting)`;
  const { rows } = await sql.query<Waiting>({
    name: 'metrics-waiting',
    text: `
      select ${bounded(`from inbox where judged_at <= $1::timestamptz(3)`)} as inbox,
        ${bounded(`from enrolments where state = 'active' and due_at < 'infinity' and due_at <= $1::timestamptz(3)`)} as steps,
        ${bounded(`from messages where state = 'pending' and due_at <= $1::timestamptz(3)`)} as mails,
        (select count(*)::integer from workers where lease_until > $1::timestamptz(3)) as "liveMailers",
        pg_database_size(current_database())::float8 as "databaseBytes"`,
    values: [instantToSql(now)],
  });
  return rows[0]!;
}

export interface CampaignMessages {
  campaign: string;
  state: string;
  reason: string | null;
  n: number;
}

/** Messages of every campaign by state and reason, from the counts of the send log: at most a minute old. */
export async function countByCampaign(sql: Queryable): Promise<CampaignMessages[]> {
  const { rows } = await sql.query<CampaignMessages>({
    name: 'metrics-campaigns',
    text: `
      select campaign, state, reason, sum(n)::integer as n from message_counts
      group by campaign, state, reason order by campaign, state, reason`,
  });
  return rows;
}
