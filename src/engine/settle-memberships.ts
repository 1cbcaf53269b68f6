/**
 * Settles memberships when an instant closes (semantics.md, ties 2-4): the segments that facts touched or
 * whose timers are due are asked again; who left leaves the campaigns that require membership, then state
 * exits that are due, then entries by segment.
 */
import type { Instant } from '../core/instant.js';
import { NEVER } from '../core/instant.js';
import type { Queryable } from '../core/queryable.js';
import type { Answer, Question } from './ask.js';
import { ask } from './ask.js';
import { concerns } from './concerns.js';
import { settleHappened } from './own-facts.js';
import { isBuilt } from './segment-builds.js';
import { settleDueAwaited } from './settle-awaited.js';
import { settleEntries } from './settle-entries.js';
import { settleStateExits } from './settle-exits.js';
import { wakeWaits } from './wake-waits.js';
import type {
  Candidate,
  Fact,
  ProfileState,
  SegmentState,
  Touch,
  Transition,
  Turn,
  Window,
} from './window.js';
import { endEnrolment } from './happen.js';

/** `closing`: the turns after which no fact of their instant is left. */
export async function settleMemberships(
  sql: Queryable,
  window: Window,
  closing: readonly Turn[],
): Promise<void> {
  const transitions = await findTransitions(sql, window, closing);
  window.transitions.push(...transitions);
  for (const transition of transitions) if (!transition.entered) leave(window, transition);
  const moved = new Map<ProfileState, Fact[]>();
  for (const { profileId, segment, at } of transitions) {
    const profile = window.profiles.get(profileId)!;
    const fact = membershipFact(segment, at, profile);
    moved.set(profile, [...(moved.get(profile) ?? []), fact]);
    wakeWaits(window.definitions, { profile, at, fact }, fact);
  }
  await settleDueWatches(sql, window, closing, moved);
  await settleHappened(
    sql,
    window,
    closing.map(({ profile }) => profile),
  );
  const candidates = transitions.flatMap((transition) => candidatesOf(window, transition));
  await settleEntries(sql, window, [
    ...candidates,
    ...(await settleDueAwaited(sql, window, closing)),
  ]);
}

interface Concern extends Touch {
  profile: ProfileState;
  segment: string;
  at: Instant;
}

/** Rank by rank: how long somebody has been a member of one segment may be what another asks for. */
async function findTransitions(
  sql: Queryable,
  window: Window,
  closing: readonly Turn[],
): Promise<Transition[]> {
  const { segments, highestRank } = window.definitions;
  const found: Transition[] = [];
  for (let rank = 0; rank <= highestRank; rank += 1) {
    const concerned = closing.flatMap((turn) =>
      concernsOf(turn).filter(({ segment }) => (segments.get(segment)?.rank ?? 0) === rank),
    );
    const transitions = await askSegments(sql, window, concerned);
    for (const transition of transitions) touchStays(window, transition);
    found.push(...transitions);
  }
  for (const { profile } of closing) profile.touched.clear();
  return found;
}

/** Segments that ask how long somebody has been a member of this one are asked again. */
function touchStays({ definitions, profiles, builds }: Window, transition: Transition): void {
  const profile = profiles.get(transition.profileId)!;
  const fact = membershipFact(transition.segment, transition.at, profile);
  for (const { id, condition } of definitions.segments.values()) {
    if (!concerns(condition, fact) || !isBuilt(builds, definitions, profile.shard, id)) continue;
    if (profile.touched.get(id)?.cause === 'change') continue;
    const { cause, eventId, trace } = transition;
    profile.touched.set(id, { cause, eventId, trace });
  }
}

function membershipFact(segment: string, at: Instant, { round }: ProfileState): Fact {
  const nothing = { event: null, historical: false, data: {}, trace: null };
  return { kind: 'membership', name: segment, at, judgedAt: at, round, ...nothing };
}

async function askSegments(
  sql: Queryable,
  window: Window,
  concerns: readonly Concern[],
): Promise<Transition[]> {
  const questions: Question[] = concerns.map(({ profile, segment, at }) => ({
    condition: window.definitions.segments.get(segment)!.condition,
    profile,
    at,
    enrolment: null,
  }));
  const answers = await ask(sql, window.definitions, questions);
  return concerns.flatMap((concern, index) => applyAnswer(window, concern, answers[index]!));
}

function concernsOf({ profile, at }: Turn): Concern[] {
  const concerns: Concern[] = [];
  for (const [segment, touch] of profile.touched) concerns.push({ profile, segment, at, ...touch });
  for (const [segment, state] of profile.segments) {
    if (state.changesAt > at || profile.touched.has(segment)) continue;
    concerns.push({ profile, segment, at, cause: 'time', eventId: null, trace: null });
  }
  return concerns;
}

/** Timers are lazy: a later instant is not written while an earlier one is still to come (design.md 3). */
function applyAnswer(window: Window, concern: Concern, answer: Answer): Transition[] {
  const { profile, segment, at } = concern;
  const member = answer.holds === true;
  const known: SegmentState = profile.segments.get(segment) ?? {
    member: false,
    since: at,
    changesAt: NEVER,
    changed: false,
  };
  const flips = member !== known.member;
  if (flips || known.changesAt <= at || answer.changesAt < known.changesAt) {
    profile.segments.set(segment, {
      member,
      since: flips ? at : known.since,
      changesAt: answer.changesAt,
      changed: true,
    });
  }
  if (!flips) return [];
  const { versionId } = window.definitions.segments.get(segment)!;
  return [
    {
      profileId: profile.id,
      segment,
      versionId,
      entered: member,
      at,
      cause: concern.cause,
      eventId: concern.eventId,
      trace: concern.trace,
    },
  ];
}

/** Leaving the segment one entered by ends the enrolment, unless the campaign says `if_left: stay`. */
export function leave(window: Window, transition: Transition): void {
  for (const enrolment of window.profiles.get(transition.profileId)!.enrolments) {
    const { enter } = enrolment.version.definition;
    if (!enrolment.active || enter.kind !== 'segment' || enter.segment !== transition.segment)
      continue;
    if (enter.ifLeft === 'exit') endEnrolment(enrolment, transition.at, 'exited', 'left_segment');
  }
}

async function settleDueWatches(
  sql: Queryable,
  window: Window,
  closing: readonly Turn[],
  moved: ReadonlyMap<ProfileState, readonly Fact[]>,
): Promise<void> {
  const checks = closing.flatMap(({ profile, at }) =>
    profile.enrolments
      .filter((enrolment) => enrolment.active)
      .map((enrolment) => ({ enrolment, at })),
  );
  for (const { enrolment, at } of checks)
    if ((enrolment.watches.get('ends_after') ?? NEVER) <= at)
      endEnrolment(enrolment, at, 'exited', 'ends_after');
  await settleStateExits(sql, window, checks, (condition, { enrolment, at }, key) => {
    const due = enrolment.watches.get(key);
    if (due !== undefined && due <= at) return true;
    return moved.get(enrolment.profile)?.some((fact) => concerns(condition, fact)) ?? false;
  });
}

/** Only a change or the passing of time starts something (semantics.md, What may start something). */
function candidatesOf(window: Window, transition: Transition): Candidate[] {
  if (!transition.entered || (transition.cause !== 'change' && transition.cause !== 'time'))
    return [];
  return segmentCandidates(window, transition);
}

/** Candidates of every live campaign that is entered by `segment`. */
export function segmentCandidates(
  window: Window,
  { segment, profileId, at, trace }: Pick<Transition, 'segment' | 'profileId' | 'at' | 'trace'>,
): Candidate[] {
  const candidates: Candidate[] = [];
  for (const version of window.definitions.campaigns.values()) {
    const { enter } = version.definition;
    if (enter.kind !== 'segment' || enter.segment !== segment) continue;
    candidates.push({
      profile: window.profiles.get(profileId)!,
      version,
      at,
      trigger: `segment:${new Date(at).toISOString()}`,
      occurrence: null,
      causeAt: at,
      entry: {},
      tooLate: null,
      entryEventId: null,
      requestId: null,
      trace,
    });
  }
  return candidates;
}
