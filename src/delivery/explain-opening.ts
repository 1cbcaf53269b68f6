/**
 * What lets a profile into a campaign beside conditions and events, as of an instant: the date and its times, the trait and
 * its latest change, the schedule and its strikes. Out: what it is, and when it lets in by itself.
 */
import type { ProfileInBroadcast } from '../campaigns/broadcasts.sql.js';
import { lastOccurrence, nextOccurrence } from '../campaigns/date-occurrences.js';
import type { Instant } from '../core/instant.js';
import type { Queryable } from '../core/queryable.js';
import { nextStrike } from '../core/schedule.js';
import { valueAt } from '../core/value-at.js';
import { findLatestChange, findLatestCompanyChange } from '../ingest/trait-changes.sql.js';
import { printDate, printSchedule } from '../language/campaigns/print-enter.js';
import { printChange } from '../language/conditions/print-condition.js';
import { companyPath } from '../language/company-path.js';
import type { Condition, Entry } from '../language/definitions.js';
import type { Zone } from '../language/scalars/time-shapes.js';
import type { Clause } from '../segments/explain-condition.js';
import { askClauses, zoneOf, type Asked } from './explain-asked.js';

export type Opening = { says: string } &
  /** `last`, `next`: when it lets in, before and after the instant; null: at no time. */
  (
    | { kind: 'date'; value: unknown; last: Instant | null; next: Instant | null }
    /** `holds`: the latest change led from where to where it has to. */
    | { kind: 'trait'; holds: boolean | null; latest: LatestChange | null }
    /** `then`: it struck last and did not let in: the condition as it was then. */
    | { kind: 'schedule'; next: Instant | null; then: { at: Instant; who: Clause } | null }
  );

interface LatestChange {
  at: Instant;
  before: unknown;
  after: unknown;
}

type Of<Kind extends Entry['kind']> = Extract<Entry, { kind: Kind }>;

/** Null: it is entered otherwise. `broadcast`: the latest strike, where it is entered by a schedule. */
export async function explainOpening(
  sql: Queryable,
  asked: Asked,
  broadcast: ProfileInBroadcast | null,
): Promise<Opening | null> {
  const { enter } = asked.definition;
  if (enter.kind === 'date') return explainDate(sql, asked, enter);
  if (enter.kind === 'trait') return explainChange(sql, asked, enter);
  if (enter.kind !== 'schedule') return null;
  const missed = broadcast?.outcome === 'did_not_match' ? broadcast.at : null;
  return {
    kind: 'schedule',
    says: printSchedule(enter.schedule),
    next: nextStrike(enter.schedule, [zoneIn(asked, enter.zone)], asked.at)?.at ?? null,
    then: missed === null ? null : { at: missed, who: await askAt(sql, asked, enter.who, missed) },
  };
}

function askAt(sql: Queryable, asked: Asked, who: Condition, at: Instant): Promise<Clause> {
  return askClauses(sql, asked, who, null, at);
}

async function explainDate(sql: Queryable, asked: Asked, enter: Of<'date'>): Promise<Opening> {
  const ofCompany = companyPath(enter.path);
  const tests = [{ op: 'exists' as const, negated: false }];
  const exists: Condition = { kind: 'trait', path: ofCompany ?? enter.path, tests };
  const { seen } = await askClauses(
    sql,
    asked,
    ofCompany ? { kind: 'account', of: exists } : exists,
  );
  const value = seen?.kind === 'value' ? seen.value : null;
  const when = [enter, value, zoneIn(asked, enter.zone), asked.at] as const;
  return {
    kind: 'date',
    says: printDate(enter),
    value,
    last: lastOccurrence(...when)?.due ?? null,
    next: nextOccurrence(...when)?.due ?? null,
  };
}

async function explainChange(sql: Queryable, asked: Asked, enter: Of<'trait'>): Promise<Opening> {
  const { from, to } = enter;
  const ofCompany = companyPath(enter.path);
  const path = ofCompany ?? enter.path;
  const [trait, ...rest] = path;
  const { profileId } = asked.profile;
  const find = ofCompany ? findLatestCompanyChange : findLatestChange;
  const change = await find(sql, profileId, { trait: trait!, at: asked.at });
  const window = { kind: 'ever' } as const;
  const changed: Condition = { kind: 'trait_changed', path, from, to, window, negated: false };
  const led: Condition = ofCompany ? { kind: 'account', of: changed } : changed;
  return {
    kind: 'trait',
    says: printChange(enter),
    holds: (await askClauses(sql, asked, led)).holds,
    latest: change && {
      at: change.at,
      before: valueAt(change.before, rest) ?? null,
      after: valueAt(change.after, rest) ?? null,
    },
  };
}

function zoneIn(asked: Asked, zone: Zone): string {
  if (zone === 'profile') return zoneOf(asked);
  return zone === 'project' ? asked.live.project.zone : zone;
}
