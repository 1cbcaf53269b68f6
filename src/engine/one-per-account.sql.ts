/** What is asked of accounts when one of their members would enter: who is in, who they are, what they did. */
import type { Instant } from '../core/instant.js';
import { DAY_MS, instantToSql } from '../core/instant.js';
import type { Queryable } from '../core/queryable.js';
import type { EarlierEnrolment } from '../campaigns/decide-entry.js';

/** How far back activity is counted. */
const LATELY_MS = 30 * DAY_MS;

/** Members of accounts that are under way in campaigns, those of a window left out: it knows better. */
export async function activeMembers(
  sql: Queryable,
  o: { campaigns: readonly string[]; accounts: readonly number[]; without: readonly number[] },
): Promise<{ campaign: string; account: number; profileId: number }[]> {
  const { rows } = await sql.query<{ campaign: string; account: number; profileId: number }>({
    name: 'engine-active-members',
    text: `select campaign, account_id as account, profile_id as "profileId" from enrolments
           where campaign = any($1::text[]) and account_id = any($2::bigint[]) and state = 'active'
             and profile_id <> all($3::bigint[])`,
    values: [o.campaigns, o.accounts, o.without],
  });
  return rows;
}

/** The members of accounts. */
export async function membersOf(
  sql: Queryable,
  accounts: readonly number[],
): Promise<{ id: number; account: number }[]> {
  const { rows } = await sql.query<{ id: number; account: number }>({
    name: 'engine-members-of-accounts',
    text: `select id, account_id as account from profiles
           where account_id = any($1::bigint[]) and merged_into is null order by id`,
    values: [accounts],
  });
  return rows;
}

/** What is stored of the enrolments of profiles in a campaign. */
export async function earlierOf(
  sql: Queryable,
  { campaign, profiles }: { campaign: string; profiles: readonly number[] },
): Promise<Map<number, EarlierEnrolment[]>> {
  const { rows } = await sql.query<EarlierEnrolment & { profileId: number }>({
    name: 'engine-earlier-enrolments',
    text: `select profile_id as "profileId", trigger, per_key as "perKey", state = 'active' as active,
             entered_at as "enteredAt"
           from enrolments where profile_id = any($1::bigint[]) and campaign = $2`,
    values: [profiles, campaign],
  });
  const earlier = new Map<number, EarlierEnrolment[]>();
  for (const { profileId, ...one } of rows)
    earlier.set(profileId, [...(earlier.get(profileId) ?? []), one]);
  return earlier;
}

/** How many events of the application each had in the thirty days up to `at`. */
export async function activityOf(
  sql: Queryable,
  profiles: readonly number[],
  at: Instant,
): Promise<Map<number, number>> {
  const { rows } = await sql.query<{ profile_id: number; n: number }>({
    name: 'engine-activity-of-members',
    text: `select profile_id, count(*)::int as n from events
           where profile_id = any($1::bigint[]) and name not like '$%'
             and occurred_at > $2::timestamptz and occurred_at <= $3::timestamptz and judged_at <= $3::timestamptz
           group by profile_id`,
    values: [profiles, instantToSql(at - LATELY_MS), instantToSql(at)],
  });
  return new Map(rows.map((row) => [row.profile_id, row.n]));
}
