/**
 * Stage 1: what calls state about traits. In: what is known of a profile's traits and since when, and a call or
 * another profile; out: what is known then, and what that changed. Pure. A trait is replaced whole, null removes it; a statement
 * does not replace one about a later instant, so any order of calls ends in the same (docs/adr/0056). Hints only
 * fill gaps.
 */
import { isDeepStrictEqual } from 'node:util';
import type { Instant } from '../core/instant.js';
import type { JsonObject } from './item.js';

/** By trait: when it was last stated, also where that removed it or said the same again. */
export type TraitTimes = Readonly<Record<string, Instant>>;

export interface KnownTraits {
  traits: JsonObject;
  traitTimes: TraitTimes;
}

/** `undefined` = the trait is absent. */
export interface TraitChange {
  trait: string;
  before: unknown;
  after: unknown;
}

interface Statement {
  traits: JsonObject;
  hints: JsonObject;
  /** Values that an earlier hint of the same kind filled in: a newer one replaces them. */
  over?: JsonObject | undefined;
  /** When the call happened. */
  occurredAt: Instant;
}

/** What a call changes, and what it says too late (`value: undefined` = a removal). */
export function stateTraits(
  known: KnownTraits,
  { traits, hints, over = {}, occurredAt }: Statement,
): KnownTraits & { changes: TraitChange[]; late: { trait: string; value: unknown }[] } {
  const changes: TraitChange[] = [];
  const late: { trait: string; value: unknown }[] = [];
  const times: [string, Instant][] = [];
  const isLate = (trait: string): boolean =>
    occurredAt < (own(known.traitTimes, trait) ?? -Infinity);
  for (const [trait, value] of Object.entries(traits)) {
    const before = own(known.traits, trait);
    const after = value === null ? undefined : value;
    const differs = !isDeepStrictEqual(before, after);
    if (!isLate(trait)) {
      times.push([trait, occurredAt]);
      if (differs) changes.push({ trait, before, after });
    } else if (differs) late.push({ trait, value: after });
  }
  for (const [trait, after] of Object.entries(hints)) {
    const before = own(known.traits, trait);
    const isOurs =
      Object.hasOwn(over, trait) &&
      own(known.traitTimes, trait) === undefined &&
      isDeepStrictEqual(before, over[trait]);
    if (Object.hasOwn(traits, trait) || (before !== undefined && !isOurs) || isLate(trait))
      continue;
    if (!isDeepStrictEqual(before, after)) changes.push({ trait, before, after });
  }
  return { ...withNews(known, changes, times), changes, late };
}

/**
 * What two profiles know once they are one: of two statements the later one stands, in a tie the survivor's; what
 * nobody stated fills gaps. `changes` are the survivor's.
 */
export function mergeTraits(
  survivor: KnownTraits,
  loser: KnownTraits,
): KnownTraits & { changes: TraitChange[] } {
  const changes: TraitChange[] = [];
  const times: [string, Instant][] = [];
  for (const trait of new Set([...Object.keys(loser.traitTimes), ...Object.keys(loser.traits)])) {
    const time = own(loser.traitTimes, trait);
    const known = own(survivor.traitTimes, trait);
    const before = own(survivor.traits, trait);
    const isGap = before === undefined && known === undefined;
    if (!isGap && (time ?? -Infinity) <= (known ?? -Infinity)) continue;
    if (time !== undefined) times.push([trait, time]);
    const after = own(loser.traits, trait);
    if (!isDeepStrictEqual(before, after)) changes.push({ trait, before, after });
  }
  return { ...withNews(survivor, changes, times), changes };
}

function own<T>(record: Readonly<Record<string, T>>, name: string): T | undefined {
  return Object.hasOwn(record, name) ? record[name] : undefined;
}

function withNews(
  { traits, traitTimes }: KnownTraits,
  changes: readonly TraitChange[],
  times: readonly [string, Instant][],
): KnownTraits {
  const news = changes.map(({ trait, after }) => [trait, after] as const);
  return {
    traits: news.length > 0 ? assign(traits, news) : traits,
    traitTimes: times.length > 0 ? assign(traitTimes, times) : traitTimes,
  };
}

/** `record` with `news` in it; undefined takes a name away. */
function assign<T>(
  record: Readonly<Record<string, T>>,
  news: readonly (readonly [string, T | undefined])[],
): Record<string, T> {
  const next = new Map<string, T | undefined>([...Object.entries(record), ...news]);
  // fromEntries defines properties, so that a trait called __proto__ is a trait and nothing else.
  return Object.fromEntries([...next].filter((pair): pair is [string, T] => pair[1] !== undefined));
}
