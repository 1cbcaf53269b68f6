/**
 * Campaigns by schedule: a strike is a broadcast that the clock asks for (docs/adr/0124). Time does not pass one by: a
 * window ends at the next strike, whose broadcasts are written down there, in the transaction of the shards that come to
 * it first; every shard begins with them there. The rest of many people follows page by page, so that nobody's receipt
 * waits; virtual time (`holds`) waits for them.
 */
import { insertBroadcast } from '../campaigns/broadcasts.sql.js';
import type { Instant } from '../core/instant.js';
import { NEVER } from '../core/instant.js';
import type { Queryable } from '../core/queryable.js';
import { nextStrike, strikesIn, type Strike } from '../core/schedule.js';
import { eventKey } from '../ingest/staged-events.sql.js';
import type { CampaignVersion, EngineDefinitions } from './engine-definitions.js';
import {
  dropClocks,
  loadClocks,
  lockClocks,
  owedStrike,
  reached,
  setClock,
  zonesThere,
  type ScheduleClock,
} from './schedule-clocks.sql.js';

interface Here {
  shards: readonly number[];
  definitions: EngineDefinitions;
  holds?: true | undefined;
  /** Up to where these shards have settled; null = one of them nothing yet. */
  settledAt: Instant | null;
  only?: number | undefined;
}

interface Cut {
  until: Instant;
  clocks: ScheduleClock[];
}

/**
 * Where the window ends that was to go up to `asked`, and the clocks that strike there for this engine to see to. Clocks of versions that are new are set: what an engine still owes of
 * an earlier one is struck, it goes on where all shards have come; a campaign that is new begins when it was applied.
 */
export async function cutAtStrike(sql: Queryable, o: Here, asked: Instant): Promise<Cut> {
  const { definitions } = o;
  const clocks = await loadClocks(sql);
  const retired = clocks.filter(({ campaign }) => !definitions.scheduled.has(campaign));
  if (retired.length > 0)
    await dropClocks(
      sql,
      retired.map(({ campaign }) => campaign),
    );
  if (definitions.scheduled.size === 0) return { until: asked, clocks: [] };
  const known = new Map(clocks.map((clock) => [clock.campaign, clock]));
  let cut = (await owedStrike(sql, { shards: o.shards, whole: o.holds === true })) ?? NEVER;
  for (const version of definitions.scheduled.values()) {
    const old = known.get(version.id);
    const clock =
      old?.versionId === version.versionId ? old : await begin(sql, version, old, asked);
    // Where nobody lived by then nobody has been passed over.
    const after = Math.max(clock.struckAt, o.settledAt ?? clock.struckAt);
    const zones = await zonesOf(sql, definitions, version, after);
    const dueAt = strikeOf(version, zones, after)?.at ?? NEVER;
    if (clock !== old || dueAt < clock.dueAt) await setClock(sql, { ...clock, dueAt });
    cut = Math.min(cut, dueAt, clock.dueAt);
  }
  const until = Math.min(asked, cut);
  return { until, clocks: o.only === undefined ? await lockClocks(sql, until) : [] };
}

async function begin(
  sql: Queryable,
  { id, versionId }: CampaignVersion,
  old: ScheduleClock | undefined,
  until: Instant,
): Promise<ScheduleClock> {
  const { settledAt, appliedAt } = await reached(sql);
  const here = settledAt ?? until;
  const struckAt = old ? here : Math.max(here, appliedAt);
  return { campaign: id, versionId, struckAt, dueAt: NEVER };
}

/** Writes down what strikes, of clocks that are locked, and moves them on; whether anything did. */
export async function strike(
  sql: Queryable,
  definitions: EngineDefinitions,
  clocks: readonly ScheduleClock[],
): Promise<boolean> {
  let struck = false;
  for (const clock of clocks) {
    const version = definitions.scheduled.get(clock.campaign);
    if (version?.versionId !== clock.versionId) continue;
    const zones = await zonesOf(sql, definitions, version, clock.dueAt - 1);
    const now = strikeOf(version, zones, clock.dueAt - 1);
    if (now?.at === clock.dueAt) await askFor(sql, definitions, version, now);
    const dueAt = strikeOf(version, zones, clock.dueAt)?.at ?? NEVER;
    await setClock(sql, { ...clock, struckAt: clock.dueAt, dueAt });
    struck = true;
  }
  return struck;
}

function strikeOf(
  { id, definition: { enter } }: CampaignVersion,
  zones: readonly string[],
  after: Instant,
): Strike | null {
  if (enter.kind !== 'schedule') throw new Error(`${id} is not entered by schedule`);
  return nextStrike(enter.schedule, zones, after);
}

/** The zones whose clocks a schedule goes by, as far as anybody has lived there after `since`. */
async function zonesOf(
  sql: Queryable,
  { project }: EngineDefinitions,
  { definition: { enter } }: CampaignVersion,
  since: Instant,
): Promise<string[]> {
  if (enter.zone === 'project') return [project.zone];
  if (enter.zone !== 'profile') return [enter.zone];
  return [...new Set([project.zone, ...(await zonesThere(sql, since))])];
}

/** One broadcast for each wall time that it is then. A closed campaign asks for none. */
async function askFor(
  sql: Queryable,
  definitions: EngineDefinitions,
  { id, versionId }: CampaignVersion,
  { at, occurrences }: Strike,
): Promise<void> {
  if (!definitions.campaigns.has(id)) return;
  for (const occurrence of occurrences) {
    await insertBroadcast(sql, {
      id: eventKey(`schedule:${id}`, `${occurrence} ${at}`),
      campaign: id,
      versionId,
      entry: { date: occurrence.slice(0, 10) },
      at,
      occurrence,
      counted: 0,
      by: 'schedule',
      request: Buffer.alloc(0),
    });
  }
}

/** Whether a profile of this zone is let in by a broadcast: by its own clock where the schedule goes by that. */
export function isThere(
  { definition: { enter } }: CampaignVersion,
  { occurrence, at }: { occurrence: string | null; at: Instant },
  zone: string,
): boolean {
  return occurrence === null || enter.zone !== 'profile' || strikesIn(occurrence, zone, at);
}

/** The zones whose profiles a broadcast is for, '' for those without one; null = all. */
export async function zonesFor(
  sql: Queryable,
  { project }: EngineDefinitions,
  version: CampaignVersion,
  broadcast: { occurrence: string | null; at: Instant },
): Promise<string[] | null> {
  if (broadcast.occurrence === null || version.definition.enter.zone !== 'profile') return null;
  const there = ['', ...(await zonesThere(sql, broadcast.at))];
  return there.filter((zone) => isThere(version, broadcast, zone === '' ? project.zone : zone));
}
