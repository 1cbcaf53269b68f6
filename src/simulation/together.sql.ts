/**
 * What a run of several campaigns together came to: each one's figures, the mails of all by day, and what a cap kept back
 * for which campaigns' sake. In: the simulation's tables at the end of the run, and live's messages as a view beside them.
 */
import type { Queryable } from '../core/queryable.js';
import type { CampaignDefinition } from '../language/definitions.js';
import {
  dayByDay,
  pressureOnPeople,
  type BacktestReport,
  type ReportSpan,
} from './backtest-report.sql.js';
import { campaignFigures, type CampaignFigures } from './campaign-figures.sql.js';

export interface TogetherReport extends Pick<BacktestReport, 'days' | 'pressure'> {
  /** By name. */
  campaigns: Record<string, CampaignFigures>;
  capped: CappedFigures[];
}

/** Mails of a campaign that a cap kept back for good. */
export interface CappedFigures {
  campaign: string;
  mails: number;
  /** For how many of them a mail of this campaign was among those that filled the cap. */
  filledBy: Record<string, number>;
}

/** With `live_messages` in sight (recording.sql.ts). */
export async function togetherReport(
  sql: Queryable,
  campaigns: readonly CampaignDefinition[],
  span: ReportSpan,
): Promise<TogetherReport> {
  const ids = campaigns.map(({ id }) => id);
  const figures: Record<string, CampaignFigures> = {};
  for (const campaign of campaigns) figures[campaign.id] = await campaignFigures(sql, campaign);
  return {
    campaigns: figures,
    days: await dayByDay(sql, ids, span),
    capped: await cappedFigures(sql),
    pressure: await pressureOnPeople(sql, ids, span),
  };
}

/** A full cap was filled by the latest mails before it, as many as it had counted; a campaign's own cap by its own. */
async function cappedFigures(sql: Queryable): Promise<CappedFigures[]> {
  const { rows } = await sql.query<CappedFigures>(
    `with capped as (
       select id, profile_id, campaign, decided_at, detail ->> 'of' = 'campaign' as own, (detail ->> 'counted')::int as counted
       from messages where state = 'skipped' and reason = 'cap'
     ), filled as (
       select distinct c.id, c.campaign, mails.campaign as by
       from capped c cross join lateral (
         select m.campaign from messages m
         where m.profile_id = c.profile_id and m.purpose = 'marketing' and m.state = 'sent' and m.decided_at <= c.decided_at
           and (not c.own or m.campaign = c.campaign)
         order by m.decided_at desc, m.id desc limit c.counted) mails
     ), counted as (select campaign, by, count(*) as n from filled group by 1, 2)
     select campaign, count(*) as mails, coalesce((
       select jsonb_object_agg(by, n) from counted where counted.campaign = capped.campaign), '{}') as "filledBy"
     from capped group by campaign order by 2 desc, 1`,
  );
  return rows;
}
