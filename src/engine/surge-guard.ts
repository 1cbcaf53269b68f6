/**
 * Holds entries back when more profiles come into a campaign within an hour than `surge` allows: a wrong condition, an import
 * that went astray. In: who is about to enter. Out: who is not let in now; ops are asked (campaigns/surges.sql.ts). Broadcasts
 * and API requests have been asked for by somebody and pass, and so does whoever ops let in. Simulations have no guard.
 *
 * The count is of what is committed, and of this transaction: several engines at once may let in a few more.
 */
import { instantToSql, type Instant } from '../core/instant.js';
import type { Queryable } from '../core/queryable.js';
import type { ProjectDefinition } from '../language/definitions.js';

const HOUR_MS = 3_600_000;
/** Without a word of the project: the larger of the two. */
const LEAST_ALLOWED = 1_000;
const ALLOWED_SHARE = 1_000;
/** More engines than anybody runs: so many may each let in as many as are left before it is counted again. */
const ENGINES = 16;

/** A profile that is about to enter. */
export interface Entering {
  version: { id: string };
  trigger: string;
  requestId: string | null;
  admitted?: true;
}

/** A campaign that has begun to hold people back. */
export interface BegunSurge {
  campaign: string;
  allowed: number;
  entered: number;
  at: Instant;
}

/** The transaction in which they are about to enter. */
export interface Settling {
  until: Instant;
  project: ProjectDefinition;
  /** Added to. */
  surges: BegunSurge[];
  /** How many have entered this campaign in it. */
  enteredHere(campaign: string): number;
}

/** The numbers behind a held entry; `entered`: by then, the first of this transaction included. */
export interface Surging {
  allowed: number;
  entered: number;
  within: '1 hour';
}

interface Row {
  campaign: string;
  allowed: number;
  entered: number;
  admitted_at: Instant | null;
}

export class SurgeGuard {
  /** How many more this process lets in, by campaign, before it counts again. */
  private readonly unchecked = new Map<string, number>();

  /** Of `entering`, in their order, those who are held back, with the numbers. */
  async holdBack<E extends Entering>(
    sql: Queryable,
    settling: Settling,
    entering: readonly E[],
  ): Promise<ReadonlyMap<E, Surging>> {
    const held = new Map<E, Surging>();
    const byCampaign = groupByCampaign(entering.filter(isGuarded));
    if (byCampaign.size === 0) return held;
    const surges = await this.lockSurges(sql, [...byCampaign.keys()]);
    for (const [campaign, candidates] of byCampaign) {
      const surge = surges.get(campaign);
      const numbers = await this.surging(sql, settling, { campaign, n: candidates.length, surge });
      if (!numbers) continue;
      const { room, ...surging } = numbers;
      for (const candidate of candidates.slice(room)) held.set(candidate, surging);
      const told = isOn(surge) || settling.surges.some((one) => one.campaign === campaign);
      if (!told) settling.surges.push({ campaign, ...surging, at: settling.until });
    }
    return held;
  }

  /** How many of the candidates may enter, when not all may; null when they may. */
  private async surging(
    sql: Queryable,
    settling: Settling,
    { campaign, n, surge }: { campaign: string; n: number; surge: Row | undefined },
  ): Promise<(Surging & { room: number }) | null> {
    const { until, project, surges } = settling;
    const pending = surges.find((one) => one.campaign === campaign);
    const on = isOn(surge) ? surge : pending;
    if (on) return { allowed: on.allowed, entered: on.entered, within: '1 hour', room: 0 };
    const admittedUntil = surge ? surge.admitted_at! + HOUR_MS : -Infinity;
    if (until < admittedUntil) return null;
    const unchecked = this.unchecked.get(campaign) ?? 0;
    if (n <= unchecked) {
      this.unchecked.set(campaign, unchecked - n);
      return null;
    }
    const since = Math.max(until - HOUR_MS, admittedUntil);
    const { allowed, stored } = await count(sql, project, { campaign, since });
    const entered = stored + settling.enteredHere(campaign);
    const room = Math.max(0, allowed - entered);
    this.unchecked.set(campaign, Math.floor((room - n) / ENGINES));
    return n <= room ? null : { allowed, entered: entered + room, within: '1 hour', room };
  }

  /** Locked, so that nobody decides about those who are held back while one more is. */
  private async lockSurges(
    sql: Queryable,
    campaigns: readonly string[],
  ): Promise<ReadonlyMap<string, Row>> {
    const { rows } = await sql.query<Row>({
      name: 'engine-lock-surges',
      text: `select campaign, allowed, entered, admitted_at from campaign_surges
             where campaign = any($1::text[]) order by campaign for share`,
      values: [campaigns],
    });
    return new Map(rows.map((row) => [row.campaign, row]));
  }
}

function groupByCampaign<E extends Entering>(candidates: readonly E[]): ReadonlyMap<string, E[]> {
  const groups = new Map<string, E[]>();
  for (const candidate of candidates) {
    const group = groups.get(candidate.version.id);
    if (group) group.push(candidate);
    else groups.set(candidate.version.id, [candidate]);
  }
  return groups;
}

function isGuarded({ requestId, trigger, admitted }: Entering): boolean {
  return requestId === null && !admitted && !trigger.startsWith('broadcast:');
}

function isOn(surge: Row | undefined): surge is Row {
  return surge !== undefined && surge.admitted_at === null;
}

/** How many entered since, counted no further than it matters. Profiles are as many as the table's statistics say. */
async function count(
  sql: Queryable,
  { surge }: ProjectDefinition,
  { campaign, since }: { campaign: string; since: Instant },
): Promise<{ allowed: number; stored: number }> {
  const stated = surge && 'count' in surge ? surge.count : null;
  const share = surge && 'share' in surge ? surge.share : ALLOWED_SHARE;
  const { rows } = await sql.query<{ allowed: number; stored: number }>({
    name: 'engine-count-entries',
    text: `
      with allowed as materialized (
        select coalesce($3::bigint, greatest($4::bigint, (select greatest(reltuples, 0) from pg_class
          where oid = 'profiles'::regclass)::bigint * $5::bigint / 10000)) as n)
      select (select n from allowed) as allowed, (select count(*) from (
        select from enrolments where campaign = $1 and entered_at > $2::timestamptz(3)
        limit (select n from allowed)) counted) as stored`,
    values: [campaign, instantToSql(since), stated, surge ? 1 : LEAST_ALLOWED, share],
  });
  return rows[0]!;
}
