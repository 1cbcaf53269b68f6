/**
 * Broadcasts: takes the profiles of some shards page by page, judges each as of the broadcast's instant, lets those in
 * who match, and writes down how far it has come, all in the caller's transaction. So whatever is killed in between,
 * each profile is looked at once. Facts go first: the caller comes here when its shards have none left, one page at a
 * time, so a million profiles hold up nobody's receipt.
 */
import type { Instant } from '../core/instant.js';
import type { Queryable } from '../core/queryable.js';
import { blamesProfile } from './blames-profile.js';
import {
  abandon,
  lockOwed,
  markPage,
  nextPage,
  setAside,
  type OwedBroadcast,
  type PagedProfile,
} from './broadcast-shards.sql.js';
import type { CampaignVersion, EngineDefinitions } from './engine-definitions.js';
import type { EntryBuilds } from './entry-builds.sql.js';
import { flushWindow } from './flush-window.js';
import { candidateOf, count, countOutcomes, matching, versionOf } from './judge-broadcast.js';
import { loadKnown, loadProfiles, loadTraitChanges, openWindow } from './load-window.js';
import type { Builds } from './segment-builds.js';
import { settleEntries } from './settle-entries.js';
import { settleRounds } from './settle-rounds.js';
import { zonesFor } from './settle-schedules.js';

/** Profiles looked at in one transaction, of all shards and broadcasts together (docs/adr/0096). */
const PAGE = 2_000;
/** Who cannot be settled is left to the machinery that parks profiles; more than this a page, and it is not their fault. */
const MOST_SET_ASIDE = 20;

interface Context {
  shards: readonly number[];
  /** Where these shards have come: entries happen then. */
  at: Instant;
  definitions: EngineDefinitions;
  builds: Builds;
  dates: EntryBuilds;
}

export interface Broadcasted {
  /** Something was owed: call again. */
  more: boolean;
  entered: number;
  /** Messages that delivery has to look at now. */
  messages: number;
}

/** Settles one page of every broadcast that these shards owe. */
export async function settleBroadcasts(sql: Queryable, context: Context): Promise<Broadcasted> {
  const owed = await lockOwed(sql, context.shards, context.at);
  const done: Broadcasted = { more: owed.length > 0, entered: 0, messages: 0 };
  for (const broadcast of owed) {
    const version = broadcast.cancelled
      ? null
      : await versionOf(sql, context.definitions, broadcast);
    if (version) {
      const share = Math.ceil(PAGE / owed.length / broadcast.shards.length);
      await settlePage(sql, { ...context, version, broadcast, done }, share);
      continue;
    }
    const why = 'the campaign takes nobody in';
    if (!broadcast.cancelled) await abandon(sql, broadcast.id, { why, at: context.at });
    const here = broadcast.shards.map((shard) => ({ ...shard, done: true }));
    await markPage(sql, broadcast.id, here, context.at);
  }
  return done;
}

interface PageContext extends Context {
  version: CampaignVersion;
  broadcast: OwedBroadcast;
  done: Broadcasted;
}

async function settlePage(sql: Queryable, context: PageContext, share: number): Promise<void> {
  const { broadcast, at } = context;
  const zones = await zonesFor(sql, context.definitions, context.version, broadcast);
  const page = await nextPage(sql, broadcast, { share, zones });
  const judged = page.filter((profile) => profile.judged);
  const free = judged.filter(({ parked }) => !parked).map(({ id }) => id);
  const failing = await enrolApart(sql, context, free);
  const parked = judged.filter((profile) => profile.parked).map(({ id }) => id);
  await setAside(sql, broadcast, [...parked, ...failing]);
  await markPage(sql, broadcast.id, reachedBy(broadcast, page, share), at);
}

/** A shard that gave fewer profiles than it was asked for has no more of them. */
function reachedBy({ shards }: OwedBroadcast, page: readonly PagedProfile[], share: number) {
  const byShard = new Map<number, number[]>(shards.map(({ shard }) => [shard, []]));
  for (const { shard, id } of page) byShard.get(shard)!.push(id);
  return shards.map(({ shard, after }) => {
    const ids = byShard.get(shard)!;
    return { shard, after: ids.at(-1) ?? after, done: ids.length < share };
  });
}

/** Lets everybody in who matches, but for those on whom it fails: their ids. */
async function enrolApart(
  sql: Queryable,
  context: PageContext,
  ids: readonly number[],
): Promise<number[]> {
  const failing: number[] = [];
  const waiting = ids.length > 0 ? [ids] : [];
  for (let some = waiting.pop(); some; some = waiting.pop()) {
    const error = await attempt(sql, () => enrol(sql, context, some));
    if (error === null) continue;
    const half = Math.ceil(some.length / 2);
    if (some.length > 1) waiting.push(some.slice(half), some.slice(0, half));
    else failing.push(some[0]!);
    if (failing.length > MOST_SET_ASIDE) throw error;
  }
  return failing;
}

/** What went wrong, taken back; null when nothing did. Throws what no profile can be blamed for. */
async function attempt(sql: Queryable, work: () => Promise<void>): Promise<Error | null> {
  await sql.query('savepoint broadcast_page');
  try {
    await work();
    await sql.query('release savepoint broadcast_page');
    return null;
  } catch (error) {
    if (!blamesProfile(error)) throw error;
    await sql.query('rollback to savepoint broadcast_page');
    return error as Error;
  }
}

async function enrol(sql: Queryable, context: PageContext, ids: readonly number[]): Promise<void> {
  const { at, definitions, broadcast, done } = context;
  const loaded = await loadProfiles(sql, [...ids]);
  await loadTraitChanges(sql, loaded, definitions, broadcast.at);
  const judged = [...loaded.values()];
  const matched = await matching(sql, definitions, context, judged);
  const profiles = new Map(matched.map((profile) => [profile.id, profile]));
  // Traits again, because the versions that enrolments are pinned to may read more.
  await loadKnown(sql, profiles, { definitions, builds: context.builds, since: broadcast.at });
  const window = openWindow({ ...context, until: at }, profiles);
  const candidates = matched.map((profile) => candidateOf(context, profile, at));
  await settleEntries(sql, window, candidates);
  count(window, broadcast, judged, 'judged');
  countOutcomes(window, candidates);
  await settleRounds(sql, window);
  await flushWindow(sql, window);
  done.entered += window.entered;
  done.messages += window.messages.filter(({ skipped }) => skipped === null).length;
}
