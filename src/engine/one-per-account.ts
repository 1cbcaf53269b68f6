/**
 * `one_per_account`: of those who would enter now, whose account has somebody under way already, or somebody who is to be
 * preferred. In: candidates that nothing else keeps out, those of one account at one instant. Out: what keeps them out, by
 * candidate. Each member comes to the same choice for itself, whichever shard it is in: it is judged as of the instant.
 */
import { chooseMember, type Member } from '../campaigns/choose-member.js';
import { decideEntry } from '../campaigns/decide-entry.js';
import type { Queryable } from '../core/queryable.js';
import type { Condition, Entry, OnePerAccount } from '../language/definitions.js';
import { companyPath } from '../language/company-path.js';
import { companyAt, loadCompanies } from './company-past.js';
import { ask, profileZone, type Question } from './ask.js';
import { loadProfiles, loadTraitChanges } from './load-window.js';
import { activeMembers, activityOf, earlierOf, membersOf } from './one-per-account.sql.js';
import { isLetInWith } from './settle-dates.js';
import { isThere } from './settle-schedules.js';
import type { Candidate, ProfileState, Window } from './window.js';

type Taken = Map<Candidate, Record<string, unknown>>;

/** A candidate of a campaign that takes one per account, and has one. */
interface Limited {
  candidate: Candidate;
  account: number;
  rule: OnePerAccount;
  /** It ends one of its own. */
  restarts: boolean;
}

export async function takenAccounts(
  sql: Queryable,
  window: Window,
  entering: readonly { candidate: Candidate; kind: 'enter' | 'refresh' | 'restart' }[],
): Promise<Taken> {
  const limited = entering.flatMap(({ candidate, kind }): Limited[] => {
    const { onePerAccount: rule } = candidate.version.definition.enter;
    const account = candidate.profile.accountId;
    return rule && account !== null
      ? [{ candidate, account, rule, restarts: kind === 'restart' }]
      : [];
  });
  const taken: Taken = new Map();
  if (limited.length === 0) return taken;
  await findActive(sql, window, limited, taken);
  for (const group of grouped(limited.filter(({ candidate }) => !taken.has(candidate))))
    await choose(sql, window, group, taken);
  return taken;
}

/** Those whose account has somebody under way; members of the window as they are now, the others as they are stored. */
async function findActive(
  sql: Queryable,
  window: Window,
  limited: readonly Limited[],
  taken: Taken,
): Promise<void> {
  const stored = await activeMembers(sql, {
    campaigns: [...new Set(limited.map(({ candidate }) => candidate.version.id))],
    accounts: [...new Set(limited.map(({ account }) => account))],
    without: [...window.profiles.keys()],
  });
  const known = [...window.profiles.values()].flatMap((profile) =>
    profile.enrolments
      .filter((one) => one.active && one.accountId !== null)
      .map((one) => ({
        campaign: one.version.id,
        account: one.accountId,
        profileId: profile.id,
      })),
  );
  for (const { candidate, account, restarts } of limited) {
    const active = [...known, ...stored].find(
      (one) =>
        one.campaign === candidate.version.id &&
        one.account === account &&
        !(restarts && one.profileId === candidate.profile.id),
    );
    if (active) taken.set(candidate, { account, profile: active.profileId });
  }
}

/** The candidates of one campaign and account. */
function grouped(limited: readonly Limited[]): Limited[][] {
  const groups = new Map<string, Limited[]>();
  for (const one of limited) {
    const key = `${one.account} ${one.candidate.version.versionId}`;
    groups.set(key, [...(groups.get(key) ?? []), one]);
  }
  return [...groups.values()];
}

async function choose(
  sql: Queryable,
  window: Window,
  group: readonly Limited[],
  taken: Taken,
): Promise<void> {
  const { candidate, account, rule } = group[0]!;
  const asking = group.map((one) => one.candidate.profile);
  const others = await rivals(sql, window, candidate, account, asking);
  const members = await describe(sql, window, candidate, rule, [...asking, ...others]);
  const chosen = chooseMember(rule, members);
  for (const one of group)
    if (one.candidate.profile.id !== chosen?.id)
      taken.set(one.candidate, { account, profile: chosen?.id ?? null });
}

/**
 * Members who would enter now as well, for the same reason: a membership, a strike, a broadcast, a date or a change of the
 * company; an event is one's own.
 */
async function rivals(
  sql: Queryable,
  window: Window,
  candidate: Candidate,
  account: number,
  asking: readonly ProfileState[],
): Promise<ProfileState[]> {
  const { version, at, trigger, occurrence, entry } = candidate;
  const { enter } = version.definition;
  const who = whoOf(window, enter);
  const byCompany = isByCompany(enter);
  if ((who === null && !byCompany) || candidate.requestId !== null) return [];
  const ids = (await membersOf(sql, [account]))
    .map(({ id }) => id)
    .filter((id) => !asking.some((profile) => profile.id === id));
  const loaded = await loadProfiles(
    sql,
    ids.filter((id) => !window.profiles.has(id)),
  );
  await loadTraitChanges(sql, loaded, window.definitions, at);
  await loadCompanies(sql, loaded, { definitions: window.definitions, since: at });
  const stored = await earlierOf(sql, { campaign: version.id, profiles: [...loaded.keys()] });
  const members = ids.flatMap((id) => window.profiles.get(id) ?? loaded.get(id) ?? []);
  const free = members.filter((profile) => {
    const earlier = loaded.has(profile.id)
      ? (stored.get(profile.id) ?? [])
      : profile.enrolments.filter((one) => one.version.id === version.id);
    const decision = decideEntry(enter, { at, trigger, occurrence, entry }, earlier);
    const zone = profileZone(profile, window.definitions, at);
    const there = enter.kind !== 'schedule' || isThere(version, { occurrence, at }, zone);
    if (byCompany && !isAlong(window, candidate, profile)) return false;
    return there && (decision.kind === 'enter' || decision.kind === 'known');
  });
  const matching = who ? await those(sql, window, candidate, free, version.compiled(who)) : free;
  return enter.if === null
    ? matching
    : those(sql, window, candidate, matching, version.compiled(enter.if));
}

/** By what its company is, or becomes: whoever belongs to it comes along. */
function isByCompany(enter: Entry): boolean {
  return (enter.kind === 'date' || enter.kind === 'trait') && companyPath(enter.path) !== null;
}

function isAlong(window: Window, candidate: Candidate, profile: ProfileState): boolean {
  const { at, version } = candidate;
  if (companyAt(profile, at) !== companyAt(candidate.profile, at)) return false;
  return (
    version.definition.enter.kind === 'trait' ||
    isLetInWith(window, candidate, [candidate.profile, profile])
  );
}

/** Whom a campaign lets in together; null: everybody comes for reasons of their own. */
function whoOf({ definitions }: Window, enter: Entry): Condition | null {
  if (enter.kind === 'schedule' || enter.kind === 'broadcast') return enter.who;
  if (enter.kind !== 'segment') return null;
  return definitions.segmentDefinitions.get(enter.segment)?.who ?? null;
}

/** Of these profiles, those of whom a condition is true as of the candidate's instant. */
async function those(
  sql: Queryable,
  { definitions }: Window,
  candidate: Candidate,
  profiles: readonly ProfileState[],
  condition: Question['condition'],
): Promise<ProfileState[]> {
  const { at } = candidate;
  const answers = await ask(
    sql,
    definitions,
    profiles.map((profile) => ({ condition, profile, at, enrolment: candidate })),
  );
  return profiles.filter((_, index) => answers[index]!.holds === true);
}

async function describe(
  sql: Queryable,
  window: Window,
  candidate: Candidate,
  { prefer, otherwise }: OnePerAccount,
  profiles: readonly ProfileState[],
): Promise<Member[]> {
  const preferences = new Map<ProfileState, number>();
  for (const [place, condition] of prefer.entries()) {
    const open = profiles.filter((profile) => !preferences.has(profile));
    const compiled = candidate.version.compiled(condition);
    for (const profile of await those(sql, window, candidate, open, compiled))
      preferences.set(profile, place);
  }
  const ids = profiles.map(({ id }) => id);
  const events =
    otherwise === 'most_active'
      ? await activityOf(sql, ids, candidate.at)
      : new Map<number, number>();
  return profiles.map((profile) => ({
    id: profile.id,
    preference: preferences.get(profile) ?? null,
    bornAt: profile.bornAt,
    events: events.get(profile.id) ?? 0,
  }));
}
