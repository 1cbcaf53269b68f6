/**
 * Facts that the engine brings about while it settles: what steps state and track, who enters and who ends. They are stored
 * at once, so that whatever is asked afterwards knows of them, and heard at the same instant, behind the facts that came
 * from outside. Each is one round deeper than what brought it about; a chain that does not end fails its profile.
 */
import type { Instant } from '../core/instant.js';
import { isOwnEvent } from '../core/own-events.js';
import type { Queryable } from '../core/queryable.js';
import { storeOwnEvents } from '../ingest/own-events.sql.js';
import type { TraitChange } from '../ingest/trait-statements.js';
import type { Fact, Happened, ProfileState, Window } from './window.js';
import { beginInstant } from './window.js';

/** What may follow from each other at one instant (design.md 4). */
const MOST_ROUNDS = 16;
/** How much of a chain its diagnostic tells. */
const TOLD = 6;

/** A chain of causes at one instant that does not end: the diagnostic that is kept with the profile (parked_profiles). */
export class EndlessRounds extends Error {
  constructor(trail: readonly string[]) {
    const told = trail.slice(-TOLD).join(', then ');
    super(`more than ${MOST_ROUNDS} rounds at one instant: campaigns set each other off (${told})`);
  }
}

/**
 * A fact of the engine's own, of the profile's instant or ahead of it; `why` is for people, in case it goes round in circles.
 * What is ahead is one round deeper too: a circle is found whose every turn takes a moment.
 */
export function hear(
  profile: ProfileState,
  fact: Pick<Fact, 'kind' | 'at' | 'data' | 'trace'> &
    Partial<Pick<Fact, 'judgedAt' | 'name' | 'event' | 'historical'>>,
  why: string,
): void {
  if (!(fact.at > profile.instant)) beginInstant(profile, fact.at);
  profile.trail.push(why);
  const round = profile.round + 1;
  if (round > MOST_ROUNDS) throw new EndlessRounds(profile.trail);
  const nothing = { judgedAt: fact.at, name: null, event: null, historical: false };
  const own: Fact = { ...nothing, ...fact, round };
  const later = profile.facts.findIndex(({ at }, n) => n >= profile.done && at > fact.at);
  profile.facts.splice(later < 0 ? profile.facts.length : later, 0, own);
  if (own.kind !== 'member') profile.untold.push(own);
}

/** Stores what has happened to the enrolments of these profiles since the last call, as far as anybody reads it. */
export async function settleHappened(
  sql: Queryable,
  window: Window,
  profiles: Iterable<ProfileState>,
): Promise<void> {
  const events: { profile: ProfileState; event: Happened }[] = [];
  for (const profile of profiles) {
    // Of most nothing has, and this is asked at every stage of a round.
    if (profile.happened.length === 0) continue;
    for (const event of profile.happened.splice(0))
      if (isRead(window, event.name)) events.push({ profile, event });
  }
  await storeAndHear(sql, window, events);
}

/** Stores events, and lets their profiles hear of those that a definition reads: in this window, or in the next one. */
export async function storeAndHear(
  sql: Queryable,
  window: Window,
  events: readonly { profile: ProfileState; event: Happened }[],
): Promise<void> {
  const ahead = events.filter(({ event }) => event.at > window.until);
  if (ahead.length > 0) await storeOwnEvents(sql, eventsOf(ahead), { tells: true });
  const now = events.filter(({ event }) => event.at <= window.until);
  if (now.length === 0) return;
  const ids = await storeOwnEvents(sql, eventsOf(now));
  now.forEach(({ profile, event }, index) => {
    const id = ids[index]!;
    if (id === null || !isRead(window, event.name)) return;
    const { name, at, properties, historical, trace, source } = event;
    const heard = { id, name, occurredAt: at, properties };
    hear(
      profile,
      { kind: 'event', at, name, event: heard, historical, data: properties, trace },
      `${source} ${name}`,
    );
  });
}

function eventsOf(events: readonly { event: Happened }[]): Happened[] {
  return events.map(({ event }) => event);
}

/** Lets a profile hear of traits that were stated; `changes` may be none when its life began anew. */
export function hearTraits(
  { definitions }: Window,
  profile: ProfileState,
  o: {
    at: Instant;
    changes: readonly TraitChange[];
    reborn: boolean;
    source: string;
    trace: string | null;
  },
): void {
  const read = o.changes.filter(({ trait }) => definitions.reads.traits.has(trait));
  const { at, source, trace } = o;
  if (o.reborn) hear(profile, { kind: 'traits', at, data: {}, trace }, `${source} birth`);
  if (read.length === 0) return;
  const data = Object.fromEntries(
    read.map(({ trait, before, after }) => [trait, { before, after }]),
  );
  hear(profile, { kind: 'traits', at, data, trace }, `${source} ${Object.keys(data).join(', ')}`);
}

/** Lets a profile hear of a topic about which something was said. */
export function hearTopic(
  { definitions }: Window,
  profile: ProfileState,
  o: {
    at: Instant;
    topic: string;
    change: { before: boolean | null; after: boolean };
    source: string;
    trace: string | null;
  },
): void {
  const { topics } = definitions.reads;
  if (o.topic === '*' ? topics.size === 0 : !topics.has(o.topic)) return;
  const { at, topic, change, source, trace } = o;
  hear(profile, { kind: 'topics', at, data: { [topic]: change }, trace }, `${source} ${topic}`);
}

function isRead({ definitions }: Window, name: string): boolean {
  const { events, anyEvent } = definitions.reads;
  return events.has(name) || (anyEvent && !isOwnEvent(name));
}
