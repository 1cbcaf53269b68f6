/**
 * When a schedule strikes (semantics.md, Clock). Rules speak of wall clocks: they are worked out as if there were no zones, by
 * rrule and croner, and calendar.ts makes an instant of each in each zone. Pure.
 */
import { Cron } from 'croner';
import * as rrule from 'rrule';
import { toInstant, toLocal } from './calendar.js';
import type { Instant } from './instant.js';
import { DAY_MS } from './instant.js';

interface TimeOfDay {
  hour: number;
  minute: number;
}

export type Schedule =
  /** `date` and `at`: of the wall clock. */
  | { kind: 'once'; at: { instant: Instant } | { date: string; at: TimeOfDay } }
  /**
   * An RRULE of whole days (RFC 5545), at a time of the wall clock. `from`: the day it counts from; null = it does not count.
   * `said`: as `every:` and `day:` say it.
   */
  | {
      kind: 'rule';
      rule: string;
      from: string | null;
      at: TimeOfDay;
      said: { every: string; day: string | null } | null;
    }
  /** Five fields. */
  | { kind: 'cron'; cron: string };

/** A wall time, as if it were UTC. */
type WallMs = number;

/** An instant, and the wall times that it is in the zones where it lets in; `2026-05-01T10:00`. */
export interface Strike {
  at: Instant;
  occurrences: string[];
}

const HOUR_MS = 3_600_000;
/** How far a change of the clock moves a wall time. */
const CLOCK_CHANGE_MS = 3 * HOUR_MS;

/** The first strike later than `after` in any of these zones; null when there is none. */
export function nextStrike(
  schedule: Schedule,
  zones: readonly string[],
  after: Instant,
): Strike | null {
  if (schedule.kind === 'once' && 'instant' in schedule.at) {
    const { instant } = schedule.at;
    return instant > after ? { at: instant, occurrences: [new Date(instant).toISOString()] } : null;
  }
  let at: Instant | null = null;
  const walls = new Set<WallMs>();
  for (const [wall, there] of byWall(zones, after)) {
    for (const zone of there) {
      const next = nextIn(schedule, zone, { wall, after });
      if (!next || (at !== null && next.at > at)) continue;
      if (next.at !== at) walls.clear();
      at = next.at;
      walls.add(next.wall);
    }
  }
  return at === null
    ? null
    : { at, occurrences: [...walls].toSorted((a, b) => a - b).map(written) };
}

/** Whether an occurrence is at this instant in a zone. */
export function strikesIn(occurrence: string, zone: string, at: Instant): boolean {
  if (occurrence.endsWith('Z')) return true;
  return instantOf(Date.parse(`${occurrence}:00Z`), zone) === at;
}

/** Zones by the wall time that they have now: most share theirs with others. */
function byWall(zones: readonly string[], now: Instant): Map<WallMs, string[]> {
  const walls = new Map<WallMs, string[]>();
  for (const zone of zones) {
    const { year, month, day, hour, minute, second, millisecond } = toLocal(now, zone);
    const wall = Date.UTC(year, month - 1, day, hour, minute, second, millisecond);
    const there = walls.get(wall);
    if (there) there.push(zone);
    else walls.set(wall, [zone]);
  }
  return walls;
}

function nextIn(
  schedule: Schedule,
  zone: string,
  { wall, after }: { wall: WallMs; after: Instant },
): { at: Instant; wall: WallMs } | null {
  for (
    let next = nextWall(schedule, wall - CLOCK_CHANGE_MS);
    next !== null;
    next = nextWall(schedule, next)
  ) {
    const at = instantOf(next, zone);
    if (at > after) return { at, wall: next };
  }
  return null;
}

/** Why a rule cannot be read, or null. */
export function ruleProblem(rule: string): string | null {
  for (const part of rule.split(';')) {
    const [key = '', value = ''] = part.split('=');
    const fits = RULE_PARTS[key];
    if (!fits) return `\`${key}\` is not a part of a rule here`;
    const odd = value.split(',').find((one) => !fits(one));
    if (odd !== undefined) return `\`${odd}\` is no ${key}`;
  }
  return /(?:^|;)FREQ=/.test(rule) ? null : 'it does not say FREQ';
}

const whole =
  (least: number, most: number) =>
  (text: string): boolean =>
    /^-?\d{1,4}$/.test(text) && Number(text) !== 0 && Number(text) >= least && Number(text) <= most;
const DAY_NAMES = ['MO', 'TU', 'WE', 'TH', 'FR', 'SA', 'SU'];
/** The parts of RFC 5545 that speak of days. */
const RULE_PARTS: Readonly<Record<string, (value: string) => boolean>> = {
  FREQ: (value) => ['DAILY', 'WEEKLY', 'MONTHLY', 'YEARLY'].includes(value),
  INTERVAL: whole(1, 9999),
  COUNT: whole(1, 9999),
  UNTIL: (value) => /^\d{8}(?:T\d{6}Z?)?$/.test(value),
  BYMONTH: whole(1, 12),
  BYMONTHDAY: whole(-31, 31),
  BYYEARDAY: whole(-366, 366),
  BYWEEKNO: whole(-53, 53),
  BYDAY: (value) =>
    DAY_NAMES.includes(value.slice(-2)) && /^(?:[+-]?[1-9]\d?)?$/.test(value.slice(0, -2)),
  BYSETPOS: whole(-366, 366),
  WKST: (value) => DAY_NAMES.includes(value),
};

/** Why five fields cannot be read, or null. */
export function cronProblem(cron: string): string | null {
  try {
    void new Cron(cron, { timezone: 'UTC', mode: '5-part', paused: true });
    return cron.trim().split(/\s+/).length === 5 ? null : 'it has five fields';
  } catch (error) {
    return (error as Error).message.replace(/^CronPattern: /, '');
  }
}

/** The first wall time of the schedule later than `after`; null when there is none. */
export function nextWall(schedule: Schedule, after: WallMs): WallMs | null {
  switch (schedule.kind) {
    case 'once': {
      if ('instant' in schedule.at) return null;
      const wall = wallAt(schedule.at.date, schedule.at.at);
      return wall > after ? wall : null;
    }
    case 'rule':
      return nextOfRule(schedule, after);
    case 'cron': {
      const cron = new Cron(schedule.cron, { timezone: 'UTC', mode: '5-part', paused: true });
      return cron.nextRun(new Date(after))?.getTime() ?? null;
    }
  }
}

// A bundle in CommonJS: Node finds all of it under default, other loaders do not.
const bundle: unknown = rrule;
const { RRule } = ((bundle as { default?: unknown }).default ?? bundle) as typeof rrule.default;

function nextOfRule(
  { rule, from, at }: Extract<Schedule, { kind: 'rule' }>,
  after: WallMs,
): WallMs | null {
  // A rule that says when without counting from somewhere need not begin in the past.
  const begin = from ?? new Date(after - DAY_MS).toISOString().slice(0, 10);
  const next = new RRule({
    ...RRule.parseString(rule),
    dtstart: new Date(wallAt(begin, at)),
  }).after(new Date(after));
  return next?.getTime() ?? null;
}

function wallAt(date: string, { hour, minute }: TimeOfDay): WallMs {
  return Date.parse(`${date}T00:00:00Z`) + hour * HOUR_MS + minute * 60_000;
}

function instantOf(wall: WallMs, zone: string): Instant {
  const date = new Date(wall);
  return toInstant(
    {
      year: date.getUTCFullYear(),
      month: date.getUTCMonth() + 1,
      day: date.getUTCDate(),
      hour: date.getUTCHours(),
      minute: date.getUTCMinutes(),
      second: 0,
      millisecond: 0,
    },
    zone,
  );
}

function written(wall: WallMs): string {
  return new Date(wall).toISOString().slice(0, 16);
}
