/**
 * Lays the baseline of campaigns by date that some shards have not built in their live version yet: for everybody who has
 * the date, the next time after now is awaited. Dates whose time has passed by then start nothing (cause definition).
 */
import type { Instant } from '../core/instant.js';
import type { Queryable } from '../core/queryable.js';
import { companyPath } from '../language/company-path.js';
import { loadCompanies } from './company-past.js';
import type { CampaignVersion, EngineDefinitions } from './engine-definitions.js';
import {
  dropDates,
  dropEntryBuilds,
  isEntryBuilt,
  markEntryBuilt,
  membersWith,
  profilesWith,
  type EntryBuilds,
} from './entry-builds.sql.js';
import { flushWindow } from './flush-window.js';
import { loadProfiles, loadTraitChanges, openWindow } from './load-window.js';
import type { Builds } from './segment-builds.js';
import { awaitDate } from './settle-dates.js';

/** Profiles held in memory at once. */
const PAGE = 5_000;

interface BuildOptions {
  shards: readonly number[];
  at: Instant;
  definitions: EngineDefinitions;
  builds: Builds;
  dates: EntryBuilds;
}

/** Builds what is owed; returns whether anything was. */
export async function buildDates(sql: Queryable, o: BuildOptions): Promise<boolean> {
  let built = false;
  for (const version of o.definitions.dated) {
    const shards = o.shards.filter((shard) => !isEntryBuilt(o.dates, shard, version));
    if (shards.length === 0) continue;
    await dropDates(sql, shards, version.id);
    await awaitAll(sql, { ...o, shards }, version);
    await markEntryBuilt(sql, shards, version, o.at);
    built = true;
  }
  await dropRetired(sql, o);
  return built;
}

async function awaitAll(sql: Queryable, o: BuildOptions, version: CampaignVersion): Promise<void> {
  const { enter } = version.definition;
  if (enter.kind !== 'date') return;
  const ofCompany = companyPath(enter.path);
  const ids = ofCompany
    ? await membersWith(sql, o.shards, { trait: ofCompany[0]!, at: o.at })
    : await profilesWith(sql, o.shards, enter.path[0]!);
  for (let from = 0; from < ids.length; from += PAGE) {
    const page = ids.slice(from, from + PAGE);
    const profiles = await loadProfiles(sql, page, { parked: true });
    await loadTraitChanges(sql, profiles, o.definitions, o.at);
    await loadCompanies(sql, profiles, { definitions: o.definitions, since: o.at });
    const window = openWindow({ ...o, until: o.at }, profiles);
    for (const profile of profiles.values()) awaitDate(o.definitions, profile, version, o.at);
    await flushWindow(sql, window);
  }
}

async function dropRetired(sql: Queryable, o: BuildOptions): Promise<void> {
  const live = new Set(o.definitions.dated.map(({ id }) => id));
  const known = new Set([...o.dates.keys()].map((key) => key.slice(key.indexOf('/') + 1)));
  for (const campaign of known) {
    if (live.has(campaign)) continue;
    await dropDates(sql, o.shards, campaign);
    await dropEntryBuilds(sql, o.shards, campaign);
  }
}
