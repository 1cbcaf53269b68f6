/**
 * Stage 3, for ops: who was held back because more came into a campaign within an hour than is allowed (engine/surge-guard.ts).
 * In: a campaign. Out: how many wait; and the two ways on: they are let in, which the engine does with all the checks of an
 * entry, or they are not. Nobody is lost: until then each has a row.
 */
import type { Instant } from '../core/instant.js';
import { instantToSql } from '../core/instant.js';
import type { Queryable } from '../core/queryable.js';

export interface CampaignSurge {
  campaign: string;
  since: Instant;
  /** Within an hour. */
  allowed: number;
  /** How many had come within the hour when the first was held back, those of the same moment who were let in included. */
  entered: number;
  /** Entries that wait. */
  held: number;
}

/** Campaigns that hold people back, by id; of one alone. */
export async function listSurges(
  sql: Queryable,
  campaign: string | null = null,
): Promise<CampaignSurge[]> {
  const { rows } = await sql.query<CampaignSurge>({
    name: 'campaign-surges',
    text: `
      select s.campaign, s.since, s.allowed, s.entered,
        (select count(*)::int from held_entries h where h.campaign = s.campaign) as held
      from campaign_surges s
      where s.admitted_at is null and ($1::text is null or s.campaign = $1) order by s.campaign`,
    values: [campaign],
  });
  return rows;
}

/**
 * Lets everybody in who waits, and for an hour whoever comes; their refusals say so (`let_in_at`). In the caller's transaction; null when nobody is held back
 * there. The row is taken first: an engine that holds somebody back has it, so none is left behind.
 */
export async function admitHeld(
  sql: Queryable,
  { campaign, now }: { campaign: string; now: Instant },
): Promise<number | null> {
  const at = instantToSql(now);
  const { rowCount } = await sql.query(
    'update campaign_surges set admitted_at = $2::timestamptz(3) where campaign = $1 and admitted_at is null',
    [campaign, at],
  );
  if (rowCount === 0) return null;
  const admitted = await sql.query(
    `with gone as (delete from held_entries where campaign = $1 returning id, profile_id, held_at, data),
     told as (
       update entry_refusals r set detail = r.detail || jsonb_build_object('let_in_at', $3::text)
       from gone where r.profile_id = gone.profile_id and r.campaign = $1 and r.at = gone.held_at and r.reason = 'surge_held')
     insert into inbox (shard, profile_id, kind, name, occurred_at, judged_at, data)
     select p.shard, p.id, 'enrol', $1, $2::timestamptz(3), $2, jsonb_build_object('admitted', gone.data)
     from gone join profiles p on p.id = gone.profile_id order by gone.id`,
    [campaign, at, new Date(now).toISOString()],
  );
  return admitted.rowCount ?? 0;
}

/** Lets none of them in; those who come from now on are counted anew. As `admitHeld`. */
export async function dismissHeld(
  sql: Queryable,
  { campaign }: { campaign: string },
): Promise<number | null> {
  const { rowCount } = await sql.query(
    'delete from campaign_surges where campaign = $1 and admitted_at is null',
    [campaign],
  );
  if (rowCount === 0) return null;
  const dismissed = await sql.query('delete from held_entries where campaign = $1', [campaign]);
  return dismissed.rowCount ?? 0;
}
