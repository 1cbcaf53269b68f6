/**
 * Lays the baseline of segments that some shards have not built in their live version yet: the grouped
 * form over all profiles of those shards at one instant. What it finds enrols nobody (cause initial, or
 * definition after an edit); a campaign with `current: true` then starts once with the present members.
 */
import type { Instant } from '../core/instant.js';
import { instantToSql, NEVER } from '../core/instant.js';
import type { Queryable } from '../core/queryable.js';
import { evaluateProfiles } from '../segments/evaluate.js';
import type { EngineDefinitions, EngineSegment } from './engine-definitions.js';
import type { EntryBuilds } from './entry-builds.sql.js';
import { flushWindow } from './flush-window.js';
import { loadKnown, loadProfiles, openWindow } from './load-window.js';
import type { Builds } from './segment-builds.js';
import { isBuilt, loadBuilds } from './segment-builds.js';
import { settleEntries } from './settle-entries.js';
import { leave, segmentCandidates } from './settle-memberships.js';
import { settleRounds } from './settle-rounds.js';
import type { ProfileState, Transition, Window } from './window.js';

interface BuildOptions {
  shards: readonly number[];
  at: Instant;
  definitions: EngineDefinitions;
  builds: Builds;
  dates: EntryBuilds;
}

/** Builds what is owed; returns whether anything was. */
export async function buildSegments(sql: Queryable, o: BuildOptions): Promise<boolean> {
  let built = false;
  for (const segment of o.definitions.segments.values()) {
    const shards = o.shards.filter((shard) => !isBuilt(o.builds, o.definitions, shard, segment.id));
    if (shards.length === 0) continue;
    await buildSegment(sql, { ...o, shards }, segment);
    built = true;
  }
  await dropRetired(sql, o);
  return (
    (await startCampaigns(sql, {
      ...o,
      builds: built ? await loadBuilds(sql, o.shards) : o.builds,
    })) || built
  );
}

async function buildSegment(
  sql: Queryable,
  o: BuildOptions,
  segment: EngineSegment,
): Promise<void> {
  const found = await evaluateProfiles(sql, segment.condition, {
    shards: [...o.shards],
    at: o.at,
    projectZone: o.definitions.project.zone,
  });
  const before = await sql.query<{ profile_id: number; since: Instant }>(
    `delete from segment_states where segment = $1 and shard = any($2::smallint[])
     returning profile_id, case when member then since end as since`,
    [segment.id, o.shards],
  );
  const memberSince = new Map(
    before.rows.filter((row) => row.since !== null).map((row) => [row.profile_id, row.since]),
  );
  const cause = o.shards.every((shard) => !o.builds.has(`${shard}/${segment.id}`))
    ? 'initial'
    : 'definition';
  await storeStates(sql, o, segment, found, memberSince);
  await storeTransitions(sql, o, segment, found, memberSince, cause);
  await sql.query(
    `insert into segment_builds (shard, segment, version_id, built_at)
     select shard, $2, $3, $4 from unnest($1::smallint[]) as shard
     on conflict (shard, segment) do update set version_id = excluded.version_id, built_at = excluded.built_at`,
    [o.shards, segment.id, segment.versionId, instantToSql(o.at)],
  );
}

type Found = Awaited<ReturnType<typeof evaluateProfiles>>;

async function storeStates(
  sql: Queryable,
  o: BuildOptions,
  segment: EngineSegment,
  found: Found,
  memberSince: ReadonlyMap<number, Instant>,
): Promise<void> {
  const rows = found.filter((row) => row.holds === true || row.changesAt !== NEVER);
  await sql.query(
    `insert into segment_states (profile_id, segment, shard, member, since, changes_at)
     select profile_id, $1, shard, member, since, changes_at
     from unnest($2::bigint[], $3::smallint[], $4::boolean[], $5::timestamptz[], $6::timestamptz[])
       as r (profile_id, shard, member, since, changes_at)`,
    [
      segment.id,
      rows.map((row) => row.profileId),
      rows.map((row) => row.shard),
      rows.map((row) => row.holds === true),
      rows.map((row) =>
        instantToSql(row.holds === true ? (memberSince.get(row.profileId) ?? o.at) : o.at),
      ),
      rows.map((row) => instantToSql(row.changesAt)),
    ],
  );
}

async function storeTransitions(
  sql: Queryable,
  o: BuildOptions,
  segment: EngineSegment,
  found: Found,
  memberSince: ReadonlyMap<number, Instant>,
  cause: 'initial' | 'definition',
): Promise<void> {
  const members = new Set(found.filter((row) => row.holds === true).map((row) => row.profileId));
  const transition = (profileId: number, entered: boolean): Transition => ({
    profileId,
    segment: segment.id,
    versionId: segment.versionId,
    entered,
    at: o.at,
    cause,
    eventId: null,
    trace: null,
  });
  const left = [...memberSince.keys()].filter((profileId) => !members.has(profileId));
  const window = openWindow(
    { until: o.at, definitions: o.definitions, builds: o.builds, dates: o.dates },
    await loadFor(sql, o, left),
  );
  window.transitions.push(
    ...[...members]
      .filter((profileId) => !memberSince.has(profileId))
      .map((profileId) => transition(profileId, true)),
    ...left.map((profileId) => transition(profileId, false)),
  );
  for (const each of window.transitions)
    if (!each.entered && window.profiles.has(each.profileId)) leave(window, each);
  await flushWindow(sql, window);
  if (o.definitions.reads.stays.has(segment.id))
    await tellOfMemberships(
      sql,
      o,
      segment.id,
      window.transitions.map(({ profileId }) => profileId),
    );
}

/** Whoever asks how long they have been members hears of it; it starts nothing, as the build does not. */
async function tellOfMemberships(
  sql: Queryable,
  { at }: BuildOptions,
  segment: string,
  profileIds: readonly number[],
): Promise<void> {
  await sql.query(
    `insert into inbox (shard, profile_id, kind, name, occurred_at, judged_at, historical)
     select p.shard, p.id, 'membership', $1, $2::timestamptz, $2::timestamptz, true
     from profiles p where p.id = any($3::bigint[])`,
    [segment, instantToSql(at), profileIds],
  );
}

async function loadFor(
  sql: Queryable,
  o: BuildOptions,
  ids: number[],
): Promise<Map<number, ProfileState>> {
  const profiles = await loadProfiles(sql, ids);
  await loadKnown(sql, profiles, { ...o, since: o.at });
  return profiles;
}

/** States of segments that are live no more. */
async function dropRetired(sql: Queryable, o: BuildOptions): Promise<void> {
  const retired = [...o.builds.keys()]
    .map((key) => key.slice(key.indexOf('/') + 1))
    .filter((segment) => !o.definitions.segments.has(segment));
  if (retired.length === 0) return;
  const values = [[...new Set(retired)], o.shards];
  await sql.query(
    `delete from segment_states where segment = any($1::text[]) and shard = any($2::smallint[])`,
    values,
  );
  await sql.query(
    `delete from segment_builds where segment = any($1::text[]) and shard = any($2::smallint[])`,
    values,
  );
}

/** `current: true`: once per shard and campaign, the members of now enter like those who come later. */
async function startCampaigns(sql: Queryable, o: BuildOptions): Promise<boolean> {
  let started = false;
  for (const version of o.definitions.campaigns.values()) {
    const { enter } = version.definition;
    if (enter.kind !== 'segment' || !enter.current) continue;
    const { rows } = await sql.query<{ shard: number }>(
      `insert into campaign_starts (shard, campaign, started_at)
       select shard, $2, $3 from unnest($1::smallint[]) as shard on conflict do nothing returning shard`,
      [o.shards, version.id, instantToSql(o.at)],
    );
    if (rows.length === 0) continue;
    await enrolMembers(
      sql,
      o,
      version.id,
      enter.segment,
      rows.map((row) => row.shard),
    );
    started = true;
  }
  return started;
}

async function enrolMembers(
  sql: Queryable,
  o: BuildOptions,
  campaign: string,
  segment: string,
  shards: number[],
): Promise<void> {
  const { rows } = await sql.query<{ profile_id: number }>(
    `select profile_id from segment_states where segment = $1 and member and shard = any($2::smallint[])`,
    [segment, shards],
  );
  const profiles = await loadFor(
    sql,
    o,
    rows.map((row) => row.profile_id),
  );
  const window: Window = openWindow(
    { until: o.at, definitions: o.definitions, builds: o.builds, dates: o.dates },
    profiles,
  );
  const candidates = [...profiles.keys()]
    .flatMap((profileId) =>
      segmentCandidates(window, { segment, profileId, at: o.at, trace: null }),
    )
    .filter((candidate) => candidate.version.id === campaign);
  await settleEntries(sql, window, candidates);
  await settleRounds(sql, window);
  await flushWindow(sql, window);
}
