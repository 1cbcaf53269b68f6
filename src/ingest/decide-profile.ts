/**
 * Stage 1: what calls make of a profile. In: its state and the calls in order; out: the new state and what
 * changed, per call. Pure; what calls say of traits is for trait-statements.ts.
 */
import type { AccountChange } from './accounts.sql.js';
import { toInstant } from '../core/calendar.js';
import type { Instant } from '../core/instant.js';
import type { ProjectDefinition } from '../language/definitions.js';
import { learn, type StripeStatement } from './billing/stripe-objects.js';
import { effectsOf, MOST_OBJECTS, TOO_MANY_OBJECTS } from './billing/stripe-touches.js';
import type { JsonObject } from './item.js';
import { isKnownZone } from './known-zone.js';
import { parseTime } from './parse-time.js';
import { TraitSize } from './trait-limits.js';
import { stateTraits, type KnownTraits, type TraitChange } from './trait-statements.js';

export interface ProfileState extends KnownTraits {
  id: number;
  zone: string | null;
  bornAt: Instant | null;
  firstEventAt: Instant | null;
  traitsChangedAt: Instant | null;
  accountId: number | null;
}

/** One call's effect on one profile. */
export interface Touch {
  /** Which call of the group. */
  index: number;
  traits: JsonObject;
  hints: JsonObject;
  /** When the call happened. */
  occurredAt: Instant;
  /** The event's occurred_at, null = no event. */
  eventAt: Instant | null;
  /** null = says nothing of the account. */
  accountId: number | null;
  /** What the call changed of its account. */
  accountChange?: AccountChange | undefined;
  historical: boolean;
  source: string;
  /** Values of an earlier hint, which these hints may replace. */
  over?: JsonObject;
  stripe?: readonly StripeStatement[] | undefined;
  /** Of the request that brought the call. */
  trace?: string | null;
}

interface Change {
  changes: TraitChange[];
  occurredAt: Instant;
  source: string;
  historical: boolean;
  trace: string | null;
}

/** A statement that came after a newer one; `value: undefined` = a removal. */
interface LateTrait {
  trait: string;
  value: unknown;
  occurredAt: Instant;
  source: string;
}

export interface Decided {
  state: ProfileState;
  /** One entry per call that changed a trait, in order. */
  changes: Change[];
  late: LateTrait[];
  /** Instant at which `changes` happened. */
  changedAt: Instant;
  /** The profile's start moved (or began). */
  reborn: boolean;
  /** Every call was historical. */
  historical: boolean;
  /** Of the first call. */
  trace: string | null;
  /** Calls with more traits than fit, and the limit; nothing of them is in `state`. */
  tooMuch: { index: number; detail: string }[];
  /** Objects at Stripe of which something newer is known now. */
  learnt: StripeStatement[];
}

interface DecidingContext {
  receivedAt: Instant;
  project: ProjectDefinition | null;
  /** At Stripe, as far as they are known. */
  objects?: ReadonlyMap<string, StripeStatement> | undefined;
}

/** Applies calls in order. `changedAt` is the receipt, never before the profile's last change. */
export function decideProfile(
  before: ProfileState,
  touches: readonly Touch[],
  { receivedAt, project, objects = new Map() }: DecidingContext,
): Decided {
  const state = { ...before };
  let known = objects;
  const changes: Change[] = [];
  const late: LateTrait[] = [];
  const tooMuch: Decided['tooMuch'] = [];
  const limitOf = measured();
  const apply = (touch: Touch): void => {
    const { index, occurredAt, source, historical, trace = null } = touch;
    let stated = stateTraits(state, touch);
    const detail = limitOf(state, stated, touch);
    if (detail !== null && Object.keys(touch.traits).length > 0) {
      tooMuch.push({ index, detail });
      return;
    }
    // Nobody asked for what the context only hints at.
    if (detail !== null) stated = { ...stated, ...knownOf(state), changes: [] };
    state.traits = stated.traits;
    state.traitTimes = stated.traitTimes;
    if (stated.changes.length > 0)
      changes.push({ changes: stated.changes, occurredAt, source, historical, trace });
    late.push(...stated.late.map((one) => ({ ...one, occurredAt, source })));
    state.firstEventAt = earlier(state.firstEventAt, touch.eventAt);
    state.accountId = touch.accountId ?? state.accountId;
  };
  for (const touch of touches) {
    apply(touch);
    const news = learn(known, touch.stripe ?? []);
    if (news === known) continue;
    if (news.size > MOST_OBJECTS && news.size > known.size)
      tooMuch.push({ index: touch.index, detail: TOO_MANY_OBJECTS });
    for (const { at, ...effect } of effectsOf([known], news, state))
      apply({ ...touch, ...effect, occurredAt: at ?? touch.occurredAt, eventAt: null });
    known = news;
  }
  const changedAt = Math.max(receivedAt, before.traitsChangedAt ?? receivedAt);
  if (changes.length > 0) {
    state.traitsChangedAt = changedAt;
    state.zone = zoneOf(state.traits);
  }
  state.bornAt = earlier(state.firstEventAt, project && startOf(state, project, receivedAt));
  const historical = touches.length > 0 && touches.every((touch) => touch.historical);
  const reborn = state.bornAt !== before.bornAt;
  const learnt = [...known].flatMap(([key, one]) => (objects.get(key) === one ? [] : [one]));
  const trace = touches[0]?.trace ?? null;
  return { state, changes, late, changedAt, reborn, historical, trace, tooMuch, learnt };
}

/** Judges the calls of one profile in order: the limit that one breaks, or null. Most change nothing and cost nothing. */
function measured() {
  let size: TraitSize | null = null;
  return (known: KnownTraits, stated: KnownTraits, { traits, hints }: Touch): string | null => {
    if (stated.traits === known.traits && stated.traitTimes === known.traitTimes) return null;
    size ??= new TraitSize(known);
    return size.change(known, stated, [...Object.keys(traits), ...Object.keys(hints)]);
  };
}

function knownOf({ traits, traitTimes }: KnownTraits): KnownTraits {
  return { traits, traitTimes };
}

/** The trait `timezone` where it names a zone. */
export function zoneOf(traits: JsonObject): string | null {
  const { timezone } = traits;
  return typeof timezone === 'string' && isKnownZone(timezone) ? timezone : null;
}

/** The instant of the `profile_start` trait when it is a time and not in the future; a date is its local midnight. */
export function startOf(
  { traits, zone }: Pick<ProfileState, 'traits' | 'zone'>,
  project: ProjectDefinition,
  now: Instant,
): Instant | null {
  let value: unknown = traits;
  for (const key of project.profileStart) {
    const within = typeof value === 'object' && value !== null && Object.hasOwn(value, key);
    value = within ? (value as JsonObject)[key] : undefined;
  }
  if (typeof value !== 'string') return null;
  const utc = parseTime(value);
  if (utc === null) return null;
  const at = value.length === 10 ? localMidnight(utc, zone ?? project.zone) : utc;
  return at <= now ? at : null;
}

function localMidnight(utc: Instant, zone: string): Instant {
  const day = new Date(utc);
  return toInstant(
    {
      year: day.getUTCFullYear(),
      month: day.getUTCMonth() + 1,
      day: day.getUTCDate(),
      hour: 0,
      minute: 0,
      second: 0,
      millisecond: 0,
    },
    zone,
  );
}

/** The earlier of two instants; null = unknown. */
export function earlier(a: Instant | null, b: Instant | null): Instant | null {
  if (a === null) return b;
  return b === null ? a : Math.min(a, b);
}
