/**
 * Stage 3. May this profile enter now, as far as its own enrolments and the entry data tell? What needs
 * the database (`if`, state exits) is asked afterwards, only for those who get this far. Pure.
 */
import { createHash } from 'node:crypto';
import type { Instant } from '../core/instant.js';
import type { RefusalReason } from '../core/reasons.js';
import type { Entry, Path } from '../language/definitions.js';

/** What is known of an earlier enrolment in the same campaign. */
export interface EarlierEnrolment {
  trigger: string;
  perKey: string;
  active: boolean;
  enteredAt: Instant;
}

export interface EntryCandidate {
  at: Instant;
  trigger: string;
  /** The occasion that is its key where there is no `per`: the id of a broadcast. */
  occurrence: string | null;
  entry: Record<string, unknown>;
}

export type EntryDecision =
  | { kind: 'enter'; perKey: string }
  /** Its key is under way: it takes these data, or ends as restarted and begins anew. */
  | { kind: 'refresh' | 'restart'; perKey: string }
  | { kind: 'refused'; reason: RefusalReason; detail: Record<string, unknown> }
  /** This very trigger, or this very hour of a schedule, has started an enrolment already: nothing to record. */
  | { kind: 'known' };

/** Applies `needs`, `per`, `if_active` and `again` (semantics.md, Campaigns); `earlier` in any order. */
export function decideEntry(
  enter: Entry,
  candidate: EntryCandidate,
  earlier: readonly EarlierEnrolment[],
): EntryDecision {
  if (earlier.some((enrolment) => enrolment.trigger === candidate.trigger))
    return { kind: 'known' };

  const missing = missingNeeds(enter, candidate.entry);
  if (missing.length > 0) return refused('needs', { missing });

  const { occurrence } = candidate;
  const perKey = enter.per
    ? keyOf(valueAt(candidate.entry, enter.per))!
    : occurrenceKey(occurrence);
  const sameKey = earlier.filter((enrolment) => enrolment.perKey === perKey);
  // The clock strikes zone by zone: whoever moves west hears the same hour again.
  if (enter.kind === 'schedule' && !enter.per && sameKey.length > 0) return { kind: 'known' };
  if (sameKey.some((enrolment) => enrolment.active)) {
    // What is under way is about the same; `again` speaks of what is over.
    return enter.ifActive === 'ignore'
      ? refused('already_active', {})
      : { kind: enter.ifActive, perKey };
  }
  // Where no value tells passages apart, `again` is about the person: written `never` is once in a life.
  const counted = enter.per ? sameKey : earlier.filter(({ perKey: key }) => hasNoValue(key));
  return decideAgain(enter, candidate.at, perKey, counted);
}

/** The fields of `needs` and `per` that entry data lack, as they are written. */
export function missingNeeds(
  { needs, per }: Pick<Entry, 'needs' | 'per'>,
  entry: Record<string, unknown>,
): string[] {
  const missing = needs.filter((path) => valueAt(entry, path) == null);
  if (per && keyOf(valueAt(entry, per)) === null) missing.push(per);
  return [...new Set(missing.map((path) => path.join('.')))];
}

/** Before occurrences; no value of `per` is written so (`keyOf`). */
const OCCURRENCE = 'o:';

function occurrenceKey(occurrence: string | null): string {
  return occurrence === null ? '' : OCCURRENCE + occurrence;
}

function hasNoValue(perKey: string): boolean {
  return perKey === '' || perKey.startsWith(OCCURRENCE);
}

function decideAgain(
  enter: Entry,
  at: Instant,
  perKey: string,
  counted: readonly EarlierEnrolment[],
): EntryDecision {
  if (enter.again.kind === 'always' || counted.length === 0) return { kind: 'enter', perKey };
  const last = Math.max(...counted.map((enrolment) => enrolment.enteredAt));
  const key = enter.per ? { per: enter.per.join('.') } : {};
  if (enter.again.kind === 'never') return refused('again_never', { entered_at: last, ...key });
  const free = last + enter.again.ms;
  return at >= free
    ? { kind: 'enter', perKey }
    : refused('again_too_soon', { entered_at: last, free_at: free, ...key });
}

function refused(reason: RefusalReason, detail: Record<string, unknown>): EntryDecision {
  return { kind: 'refused', reason, detail };
}

/** The value at a path of plain data, own properties only; undefined where there is none. */
export function valueAt(data: unknown, path: Path): unknown {
  let value: unknown = data;
  for (const key of path) {
    if (typeof value !== 'object' || value === null || !Object.hasOwn(value, key)) return undefined;
    value = (value as Record<string, unknown>)[key];
  }
  return value;
}

/** Longer texts are compared by their hash: a key is part of an index, whose rows have a limit. */
const LONGEST_KEY = 200;

/**
 * A `per` or `same` value as key: texts, numbers and booleans, each kind apart (`"1"` is not 1);
 * null for anything that cannot identify.
 */
export function keyOf(value: unknown): string | null {
  if (typeof value === 'string') {
    return value.length <= LONGEST_KEY
      ? `s:${value}`
      : `h:${createHash('sha256').update(value).digest('hex')}`;
  }
  if (typeof value === 'number' || typeof value === 'boolean') return `v:${value}`;
  return null;
}
