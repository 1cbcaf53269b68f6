/** Which version of each campaign by time a shard has laid the baseline for; one that it has not is left out there. */
import type { Instant } from '../core/instant.js';
import { instantToSql } from '../core/instant.js';
import type { Queryable } from '../core/queryable.js';
import type { CampaignVersion } from './engine-definitions.js';

/** `shard/campaign` -> version id. */
export type EntryBuilds = ReadonlyMap<string, number>;

export async function loadEntryBuilds(
  sql: Queryable,
  shards: readonly number[],
): Promise<EntryBuilds> {
  const { rows } = await sql.query<{ shard: number; campaign: string; version_id: number }>({
    name: 'engine-load-entry-builds',
    text: `select shard, campaign, version_id from entry_builds where shard = any($1::smallint[])`,
    values: [shards],
  });
  return new Map(rows.map((row) => [`${row.shard}/${row.campaign}`, row.version_id]));
}

export function isEntryBuilt(
  builds: EntryBuilds,
  shard: number,
  { id, versionId }: Pick<CampaignVersion, 'id' | 'versionId'>,
): boolean {
  return builds.get(`${shard}/${id}`) === versionId;
}

export async function markEntryBuilt(
  sql: Queryable,
  shards: readonly number[],
  { id, versionId }: CampaignVersion,
  at: Instant,
): Promise<void> {
  await sql.query(
    `insert into entry_builds (shard, campaign, version_id, built_at)
     select shard, $2, $3, $4::timestamptz from unnest($1::smallint[]) as shard
     on conflict (shard, campaign) do update set version_id = excluded.version_id, built_at = excluded.built_at`,
    [shards, id, versionId, instantToSql(at)],
  );
}

/** What was awaited by the dates of a campaign in these shards goes. */
export async function dropDates(
  sql: Queryable,
  shards: readonly number[],
  campaign: string,
): Promise<void> {
  await sql.query(
    `delete from awaited_entries
     where campaign = $2 and shard = any($1::smallint[]) and trigger like 'date:%'`,
    [shards, campaign],
  );
}

/** The builds of a campaign that time lets nobody into any more. */
export async function dropEntryBuilds(
  sql: Queryable,
  shards: readonly number[],
  campaign: string,
): Promise<void> {
  await sql.query(`delete from entry_builds where campaign = $2 and shard = any($1::smallint[])`, [
    shards,
    campaign,
  ]);
}

/** The profiles of these shards whose company has a trait, or that left one which has it after `at`. */
export async function membersWith(
  sql: Queryable,
  shards: readonly number[],
  { trait, at }: { trait: string; at: Instant },
): Promise<number[]> {
  const { rows } = await sql.query<{ id: number }>(
    `with companies as (select id from accounts where traits ? $2
       union select account_id from account_trait_changes where trait = $2 and changed_at > $3::timestamptz)
     select p.id from profiles p join companies c on c.id = p.account_id
     where p.shard = any($1::smallint[]) and p.merged_into is null
     union
     select p.id from account_moves m join companies c on c.id = m.before join profiles p on p.id = m.profile_id
     where m.changed_at > $3::timestamptz and p.shard = any($1::smallint[]) and p.merged_into is null
     order by 1`,
    [shards, trait, instantToSql(at)],
  );
  return rows.map((row) => row.id);
}

/** The profiles of these shards that have a trait. */
export async function profilesWith(
  sql: Queryable,
  shards: readonly number[],
  trait: string,
): Promise<number[]> {
  const { rows } = await sql.query<{ id: number }>(
    `select id from profiles
     where shard = any($1::smallint[]) and merged_into is null and traits ? $2 order by id`,
    [shards, trait],
  );
  return rows.map((row) => row.id);
}
