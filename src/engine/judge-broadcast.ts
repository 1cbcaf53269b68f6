/**
 * Whom a broadcast takes: those who match its `who` as of its instant, whenever they are looked at. In: the broadcast
 * and profiles; out: those who ask to enter, and afterwards what became of each.
 */
import type { Instant } from '../core/instant.js';
import type { Queryable } from '../core/queryable.js';
import { ask, profileZone } from './ask.js';
import { lockRunning } from './broadcast-shards.sql.js';
import type { CampaignVersion, EngineDefinitions } from './engine-definitions.js';
import { loadPinnedVersions } from './engine-definitions.js';
import { loadProfiles, loadTraitChanges } from './load-window.js';
import { isThere } from './settle-schedules.js';
import type {
  BroadcastCount,
  Candidate,
  Fact,
  ProfileState,
  RunningBroadcast,
  Turn,
  Window,
} from './window.js';

/** The version that a broadcast was asked for; null when its campaign takes nobody in by now. */
export async function versionOf(
  sql: Queryable,
  definitions: EngineDefinitions,
  { campaign, versionId }: RunningBroadcast,
): Promise<CampaignVersion | null> {
  if (!definitions.campaigns.has(campaign)) return null;
  await loadPinnedVersions(sql, definitions, [versionId]);
  return definitions.versions.get(versionId)!;
}

/** Of `profiles`, those that match as of the broadcast's instant. */
export async function matching(
  sql: Queryable,
  definitions: EngineDefinitions,
  { version, broadcast }: { version: CampaignVersion; broadcast: RunningBroadcast },
  profiles: readonly ProfileState[],
): Promise<ProfileState[]> {
  const { enter } = version.definition;
  if (enter.kind !== 'broadcast' && enter.kind !== 'schedule')
    throw new Error(`version ${version.versionId} of ${version.id} is not entered by broadcast`);
  const condition = version.compiled(enter.who);
  const there = profiles.filter((profile) =>
    isThere(version, broadcast, profileZone(profile, definitions, broadcast.at)),
  );
  const questions = there.map((profile) => ({
    condition,
    profile,
    at: broadcast.at,
    enrolment: null,
    entry: broadcast.entry,
  }));
  const answers = await ask(sql, definitions, questions);
  return there.filter((_, index) => answers[index]!.holds === true);
}

/** Asks for this profile's entry at `at`, which is where its shard has come by then. */
export function candidateOf(
  { version, broadcast }: { version: CampaignVersion; broadcast: RunningBroadcast },
  profile: ProfileState,
  at: Instant,
): Candidate {
  return {
    profile,
    version,
    at,
    trigger: triggerOf(broadcast),
    occurrence: broadcast.occurrence ?? broadcast.id,
    broadcast: broadcast.id,
    causeAt: at,
    entry: broadcast.entry,
    tooLate: null,
    entryEventId: null,
    requestId: null,
    trace: null,
  };
}

function triggerOf({ id }: RunningBroadcast): string {
  return `broadcast:${id}`;
}

/** The broadcast that a fact asks for: its profile was set aside, or merged while it was under way. */
function broadcastOf({ kind, data }: Fact): string | null {
  return kind === 'enrol' && typeof data['broadcast'] === 'string' ? data['broadcast'] : null;
}

/** Those whose facts ask for broadcasts, and match. A broadcast that was cancelled, or whose campaign is closed, takes nobody. */
export async function askedByFacts(
  sql: Queryable,
  window: Window,
  turns: readonly (Turn & { fact: Fact })[],
): Promise<Candidate[]> {
  const asked = turns.flatMap((turn) => {
    const id = broadcastOf(turn.fact);
    return id === null ? [] : [{ ...turn, id }];
  });
  if (asked.length === 0) return [];
  const running = await lockRunning(sql, [...new Set(asked.map(({ id }) => id))]);
  const candidates: Candidate[] = [];
  for (const broadcast of running.values()) {
    const version = await versionOf(sql, window.definitions, broadcast);
    if (!version) continue;
    const turnOf = new Map(
      asked.filter(({ id }) => id === broadcast.id).map((turn) => [turn.profile.id, turn]),
    );
    // Loaded anew: the window knows no zones of so long ago.
    const then = await loadProfiles(sql, [...turnOf.keys()]);
    await loadTraitChanges(sql, then, window.definitions, broadcast.at);
    const what = { version, broadcast };
    for (const { id } of await matching(sql, window.definitions, what, [...then.values()]))
      candidates.push(candidateOf(what, turnOf.get(id)!.profile, turnOf.get(id)!.at));
    count(window, broadcast, [...then.values()], 'judged');
  }
  return candidates;
}

/** Writes down in the window what became of candidates of a broadcast, once they are settled. */
export function countOutcomes(window: Window, candidates: readonly Candidate[]): void {
  const refused = new Map(
    window.refusals.map(({ profileId, trigger, reason }) => [`${profileId} ${trigger}`, reason]),
  );
  for (const { profile, trigger, broadcast: id } of candidates) {
    const broadcast = { id: id! };
    count(window, broadcast, [profile], 'matched');
    const reason = refused.get(`${profile.id} ${trigger}`);
    const entered = profile.enrolments.some((one) => one.trigger === trigger && one.id === null);
    if (entered) count(window, broadcast, [profile], 'entered');
    else if (reason !== undefined) count(window, broadcast, [profile], reason);
  }
}

/** Adds these profiles to one outcome, in their shards. */
export function count(
  { broadcastCounts }: Window,
  { id }: { id: string },
  profiles: readonly Pick<ProfileState, 'shard'>[],
  outcome: BroadcastCount['outcome'],
): void {
  const byShard = new Map<number, number>();
  for (const { shard } of profiles) byShard.set(shard, (byShard.get(shard) ?? 0) + 1);
  for (const [shard, n] of byShard) broadcastCounts.push({ broadcast: id, shard, outcome, n });
}
