/** When each campaign by schedule strikes next, in its table; whoever moves one on has locked it. */
import { isZone } from '../core/calendar.js';
import type { Instant } from '../core/instant.js';
import { instantToSql } from '../core/instant.js';
import type { Queryable } from '../core/queryable.js';

export interface ScheduleClock {
  campaign: string;
  versionId: number;
  /** Up to then everything has struck. */
  struckAt: Instant;
  /** When it strikes next, in the zones that were known; NEVER: it is over. */
  dueAt: Instant;
}

export async function loadClocks(sql: Queryable): Promise<ScheduleClock[]> {
  const { rows } = await sql.query<ScheduleClock>({
    name: 'engine-load-schedule-clocks',
    text: `select campaign, version_id as "versionId", struck_at as "struckAt", due_at as "dueAt" from schedule_clocks order by campaign`,
  });
  return rows;
}

/**
 * Locks the clocks that strike at or before `until`, but those that another engine has in hand. One that has been moved since this
 * transaction began makes it begin anew (40001): to be asked early.
 */
export async function lockClocks(sql: Queryable, until: Instant): Promise<ScheduleClock[]> {
  const { rows } = await sql.query<ScheduleClock>({
    name: 'engine-lock-schedule-clocks',
    text: `select campaign, version_id as "versionId", struck_at as "struckAt", due_at as "dueAt" from schedule_clocks
           where due_at < 'infinity' and due_at <= $1::timestamptz order by campaign
           for update skip locked`,
    values: [instantToSql(until)],
  });
  return rows;
}

export async function setClock(
  sql: Queryable,
  { campaign, versionId, struckAt, dueAt }: ScheduleClock,
): Promise<void> {
  await sql.query(
    `insert into schedule_clocks (campaign, version_id, struck_at, due_at) values ($1, $2, $3::timestamptz, $4::timestamptz)
     on conflict (campaign) do update
       set version_id = excluded.version_id, struck_at = excluded.struck_at, due_at = excluded.due_at`,
    [campaign, versionId, instantToSql(struckAt), instantToSql(dueAt)],
  );
}

export async function dropClocks(sql: Queryable, campaigns: readonly string[]): Promise<void> {
  await sql.query('delete from schedule_clocks where campaign = any($1::text[])', [campaigns]);
}

/** The zones that profiles have, or had after `since`; one look at the index for each. */
export async function zonesThere(sql: Queryable, since: Instant): Promise<string[]> {
  const { rows } = await sql.query<{ zone: string }>({
    name: 'engine-zones-there',
    text: `with recursive there as (
             (select zone from profiles where zone is not null order by zone limit 1)
             union all
             select (select p.zone from profiles p where p.zone > there.zone order by p.zone limit 1)
             from there where there.zone is not null)
           select zone from there where zone is not null
           union
           select z.zone from trait_changes c
           cross join lateral (values (c.before #>> '{}'), (c.after #>> '{}')) as z (zone)
           where c.trait = 'timezone' and c.changed_at > $1::timestamptz and z.zone is not null`,
    values: [instantToSql(since)],
  });
  return rows.map(({ zone }) => zone).filter(isZone);
}

/**
 * The earliest strike that one of these shards has let nobody in for yet, or, with `whole`, not everybody; null when there
 * is none.
 */
export async function owedStrike(
  sql: Queryable,
  { shards, whole }: { shards: readonly number[]; whole: boolean },
): Promise<Instant | null> {
  const { rows } = await sql.query<{ at: Instant | null }>({
    name: 'engine-owed-strike',
    text: `select min(b.at) as at from broadcast_shards s join broadcasts b on b.id = s.broadcast_id
           where s.done_at is null and s.shard = any($1::smallint[]) and b.occurrence is not null
             and b.cancelled_at is null and ($2 or s.after_profile = 0)`,
    values: [shards, whole],
  });
  return rows[0]!.at;
}

/** How far the furthest shard has come, null = none has begun; and when the live definitions were applied. */
export async function reached(
  sql: Queryable,
): Promise<{ settledAt: Instant | null; appliedAt: Instant }> {
  const { rows } = await sql.query<{ settledAt: Instant | null; appliedAt: Instant }>(
    `select (select max(settled_at) from shards) as "settledAt", max(applied_at) as "appliedAt" from revisions`,
  );
  return rows[0]!;
}
