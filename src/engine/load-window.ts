/**
 * Takes the facts and due rows of some shards out of the database and loads what is known of the
 * profiles they concern: a handful of set-based statements, whatever the number of profiles.
 */
import type { Instant } from '../core/instant.js';
import { instantToSql, NEVER } from '../core/instant.js';
import type { Queryable } from '../core/queryable.js';
import { loadAwaited } from './awaited-entries.sql.js';
import { loadCompanies } from './company-past.js';
import type { EngineDefinitions } from './engine-definitions.js';
import type { EntryBuilds } from './entry-builds.sql.js';
import { loadEnrolments } from './load-enrolments.js';
import { preparedAs } from './prepared-as.js';
import type { Builds } from './segment-builds.js';
import { isBuilt } from './segment-builds.js';
import { loadFormerCompanies } from './former-companies.sql.js';
import { tellMembers } from './tell-members.sql.js';
import type { Fact, ProfileState, Window } from './window.js';

/**
 * Deletes the inbox rows judged up to `until`, finds the profiles with due timers, and loads them all.
 * `settled` = the instant each shard has reached: nothing is judged before it.
 */
export async function loadWindow(
  sql: Queryable,
  o: {
    shards: readonly number[];
    until: Instant;
    definitions: EngineDefinitions;
    settled: ReadonlyMap<number, Instant>;
    builds: Builds;
    dates: EntryBuilds;
    /** This profile alone. */
    only?: number | undefined;
  },
): Promise<Window> {
  const { accounts } = o.definitions.reads;
  if (accounts) await tellMembers(sql, accounts, o);
  const facts = await takeFacts(sql, o);
  const due = await findDue(sql, o.shards, o.until);
  const concerned = o.only === undefined ? due : due.filter((id) => id === o.only);
  const ids = new Set([...facts.map((fact) => fact.profileId), ...concerned]);
  const profiles = await loadProfiles(sql, [...ids]);
  const since = earliest(o);
  await loadKnown(sql, profiles, { ...o, since });
  for (const { profileId, fact } of facts) profiles.get(profileId)?.facts.push(fact);
  for (const profile of profiles.values()) profile.facts.sort(inOrder);
  const shards = o.only === undefined ? o.shards : [];
  return openWindow({ ...o, here: { shards, since } }, profiles);
}

/** Everything that is known of these profiles; of their traits what changed after `since` (loadTraitChanges). */
export async function loadKnown(
  sql: Queryable,
  profiles: Map<number, ProfileState>,
  o: { definitions: EngineDefinitions; builds: Builds; since: Instant },
): Promise<void> {
  await loadSegmentStates(sql, profiles, o.definitions, o.builds);
  await loadEnrolments(sql, profiles, o.definitions);
  await loadAwaited(
    sql,
    profiles,
    o.definitions,
    preparedAs('engine-load-awaited-entries', profiles.size),
  );
  await loadTraitChanges(sql, profiles, o.definitions, o.since);
  await loadCompanies(sql, profiles, o);
  await loadFormerCompanies(sql, profiles, o);
}

/** An empty record of what these profiles are about to go through. */
export function openWindow(
  o: Pick<Window, 'until' | 'definitions' | 'builds' | 'dates'> & Partial<Pick<Window, 'here'>>,
  profiles: Map<number, ProfileState>,
): Window {
  return {
    definitions: o.definitions,
    builds: o.builds,
    dates: o.dates,
    until: o.until,
    here: o.here ?? { shards: [], since: 0 },
    profiles,
    entered: 0,
    transitions: [],
    refusals: [],
    heldBack: [],
    surges: [],
    messages: [],
    moves: [],
    calls: [],
    reservations: new Map(),
    outcomes: [],
    broadcastCounts: [],
  };
}

/** Events in order (occurred_at, receipt) within one instant (semantics.md, Ties); other facts first. */
function inOrder(a: Fact, b: Fact): number {
  return (
    a.at - b.at ||
    (a.event?.occurredAt ?? 0) - (b.event?.occurredAt ?? 0) ||
    (a.event?.id ?? 0) - (b.event?.id ?? 0)
  );
}

/** Nothing is judged before it; a shard that has settled nothing yet may judge at any instant. */
function earliest(o: {
  shards: readonly number[];
  settled: ReadonlyMap<number, Instant>;
}): Instant {
  return o.settled.size < o.shards.length ? 0 : Math.min(...o.settled.values());
}

interface InboxRow {
  shard: number;
  profile_id: number;
  kind: Fact['kind'];
  name: string | null;
  event_id: number | null;
  occurred_at: Instant;
  judged_at: Instant;
  historical: boolean;
  data: Record<string, unknown> | null;
  trace: string | null;
}

async function takeFacts(
  sql: Queryable,
  o: {
    shards: readonly number[];
    until: Instant;
    settled: ReadonlyMap<number, Instant>;
    only?: number | undefined;
  },
): Promise<{ profileId: number; fact: Fact }[]> {
  const { rows } = await sql.query<InboxRow>({
    name: 'engine-take-facts',
    text: `delete from inbox where shard = any($1::smallint[]) and judged_at <= $2::timestamptz
             and ($3::bigint is null or profile_id = $3)
             and profile_id not in (select profile_id from parked_profiles)
           returning shard, profile_id, kind, name, event_id, occurred_at, judged_at, historical, data,
             trace_id as trace`,
    values: [o.shards, instantToSql(o.until), o.only ?? null],
  });
  return rows.map((row) => ({
    profileId: row.profile_id,
    fact: {
      kind: row.kind,
      at: Math.max(row.judged_at, o.settled.get(row.shard) ?? row.judged_at),
      judgedAt: row.judged_at,
      name: row.name,
      event:
        row.kind === 'event'
          ? {
              id: row.event_id!,
              name: row.name!,
              occurredAt: row.occurred_at,
              properties: row.data ?? {},
            }
          : null,
      historical: row.historical,
      data: row.data ?? {},
      trace: row.trace,
      round: 0,
    },
  }));
}

async function findDue(
  sql: Queryable,
  shards: readonly number[],
  until: Instant,
): Promise<number[]> {
  const { rows } = await sql.query<{ profile_id: number }>({
    name: 'engine-find-due',
    text: `select profile_id from segment_states
             where shard = any($1::smallint[]) and changes_at < 'infinity' and changes_at <= $2::timestamptz
           union
           select profile_id from enrolments
             where shard = any($1::smallint[]) and state = 'active' and due_at < 'infinity' and due_at <= $2::timestamptz
           union
           select profile_id from enrolments
             where shard = any($1::smallint[]) and state = 'active' and watch_at < 'infinity' and watch_at <= $2::timestamptz
           union
           select profile_id from awaited_entries
             where shard = any($1::smallint[]) and due_at < 'infinity' and due_at <= $2::timestamptz`,
    values: [shards, instantToSql(until)],
  });
  return rows.map((row) => row.profile_id);
}

/** Loads profiles by id, without the merged ones (whose facts are their survivor's by now) and, unless asked for, the parked. */
export async function loadProfiles(
  sql: Queryable,
  ids: number[],
  { parked = false }: { parked?: boolean } = {},
): Promise<Map<number, ProfileState>> {
  if (ids.length === 0) return new Map();
  const { rows } = await sql.query<{
    id: number;
    shard: number;
    traits: Record<string, unknown>;
    zone: string | null;
    accountId: number | null;
    bornAt: Instant | null;
  }>({
    ...preparedAs('engine-load-profiles', ids.length),
    text: `select id, shard, traits, zone, account_id as "accountId", born_at as "bornAt" from profiles where id = any($1::bigint[]) and merged_into is null
             and ($2 or id not in (select profile_id from parked_profiles))`,
    values: [ids, parked],
  });
  const profiles = new Map<number, ProfileState>();
  for (const row of rows) {
    profiles.set(row.id, {
      ...row,
      companies: row.accountId === null ? [] : [row.accountId],
      company: null,
      traitChanges: [],
      segments: new Map(),
      knowsSegments: false,
      enrolments: [],
      awaited: [],
      facts: [],
      untold: [],
      done: 0,
      touched: new Map(),
      happened: [],
      instant: NEVER,
      round: 0,
      trail: [],
      historical: false,
    });
  }
  return profiles;
}

/**
 * What changed after `since` of the traits that are read in code, so that they can be seen as of any instant after it.
 * Enrolments come before: what the versions read that they are pinned to is known then.
 */
export async function loadTraitChanges(
  sql: Queryable,
  profiles: Map<number, ProfileState>,
  definitions: EngineDefinitions,
  since: Instant,
): Promise<void> {
  if (profiles.size === 0) return;
  for (const profile of profiles.values()) profile.traitChanges = [];
  const changes = await sql.query<{
    profile_id: number;
    trait: string;
    before: unknown;
    changed_at: Instant;
  }>({
    ...preparedAs('engine-load-trait-changes', profiles.size),
    text: `select profile_id, trait, before, changed_at from trait_changes
           where profile_id = any($1::bigint[]) and trait = any($3::text[])
             and changed_at > $2::timestamptz
           order by profile_id, changed_at desc, id desc`,
    values: [[...profiles.keys()], instantToSql(since), traitsReadInCode(definitions)],
  });
  for (const row of changes.rows) {
    profiles
      .get(row.profile_id)!
      .traitChanges.push({ trait: row.trait, before: row.before, at: row.changed_at });
  }
}

/** The address and the zone, and the dates that entries and waits look up. */
function traitsReadInCode({ versions }: EngineDefinitions): string[] {
  const traits = new Set(['email', 'timezone']);
  for (const { traitsInCode } of versions.values())
    for (const trait of traitsInCode) traits.add(trait);
  return [...traits];
}

async function loadSegmentStates(
  sql: Queryable,
  profiles: Map<number, ProfileState>,
  definitions: EngineDefinitions,
  builds: Builds,
): Promise<void> {
  const { rows } = await sql.query<{
    profile_id: number;
    segment: string;
    member: boolean;
    since: Instant;
    changes_at: Instant;
  }>({
    ...preparedAs('engine-load-segment-states', profiles.size),
    text: `select profile_id, segment, member, since, changes_at from segment_states where profile_id = any($1::bigint[])`,
    values: [[...profiles.keys()]],
  });
  for (const profile of profiles.values()) profile.knowsSegments = true;
  for (const row of rows) {
    const profile = profiles.get(row.profile_id)!;
    // What an older version left is replaced by the build that this shard still owes.
    if (!isBuilt(builds, definitions, profile.shard, row.segment)) continue;
    profile.segments.set(row.segment, {
      member: row.member,
      since: row.since,
      changesAt: row.changes_at,
      changed: false,
    });
  }
}
