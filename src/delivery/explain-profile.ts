/**
 * Why a profile got mail of a campaign, or did not: what is stored of the two, one sentence, and the conditions of entry
 * clause by clause as they are now. Asked by the REST API and by the console; both say the same.
 */
import { nextAwaited } from '../campaigns/awaited-entries.sql.js';
import { broadcastsOf, type ProfileInBroadcast } from '../campaigns/broadcasts.sql.js';
import {
  listEnrolments,
  listRefusals,
  listSteps,
  type StoredEnrolment,
  type StoredRefusal,
  type StoredStep,
} from '../campaigns/enrolments.sql.js';
import type { Instant } from '../core/instant.js';
import type { Queryable } from '../core/queryable.js';
import { loadLive, type LiveDefinitions } from '../definitions/load-definitions.js';
import { findLatestEvent, type StoredEvent } from '../ingest/profiles.sql.js';
import { printMatch, printProperty } from '../language/conditions/print-condition.js';
import type { Condition, Entry } from '../language/definitions.js';
import { allSteps } from '../language/steps.js';
import { decideMessage, type MessageDecision } from '../messages/decide-message.js';
import { consentFor, loadGateFacts, type GateFacts } from '../messages/gate-facts.sql.js';
import { explainCondition, type Clause } from '../segments/explain-condition.js';
import { listMemberships } from '../segments/segments.sql.js';
import { testProperty } from '../segments/test-value.js';
import type { StoredCampaign } from './campaigns.sql.js';
import { judgeEntry, obstacles, type Known, type Verdict } from './explain-entry.js';
import { listMessages, type SendLogRow } from './send-log.sql.js';

/** The event that a campaign is entered by, and the latest of that name. */
export interface EntryEvent {
  /** `event: paid, where: { amount: { at_least: 50 } }` */
  says: string;
  latest: Pick<StoredEvent, 'id' | 'name' | 'occurredAt' | 'historical'> | null;
  /** What is asked of its properties; empty without an event. */
  tests: { says: string; holds: boolean | null }[];
}

export interface ExplainedEntry {
  verdict: Verdict;
  /** In the segment that the campaign is entered by; null: it is entered otherwise. */
  member: boolean | null;
  /** The condition of that segment, or of broadcasts; null: it is entered otherwise. */
  who: Clause | null;
  /** `if:` of the entry. */
  if: Clause | null;
  event: EntryEvent | null;
}

export interface ExplainedProfile {
  entry: ExplainedEntry;
  /** What would keep its next mail back now: skip reasons, `campaign_STATE`, `profile_parked`. */
  obstacles: string[];
  /** Of its next mail, if it were decided now. */
  decision: MessageDecision;
  /** The latest of each first. */
  enrolments: (StoredEnrolment & { steps: StoredStep[] })[];
  refusals: StoredRefusal[];
  /** Of the campaign; empty where it is entered otherwise. */
  broadcasts: ProfileInBroadcast[];
  messages: SendLogRow[];
}

/** Of each kind, the latest: who wants all has the lists. */
const SHOWN = 20;

/** Null when the profile is gone, or nothing was ever applied. */
export async function explainProfile(
  sql: Queryable,
  { profileId, campaign, now }: { profileId: number; campaign: StoredCampaign; now: Instant },
): Promise<ExplainedProfile | null> {
  const which = { campaign: campaign.id, profileId, before: null, limit: SHOWN };
  const [live, facts, parked, enrolments, refusals, broadcasts, awaited, messages] =
    await Promise.all([
      loadLive(sql),
      loadGateFacts(sql, [profileId]),
      sql.query('select from parked_profiles where profile_id = $1', [profileId]),
      listEnrolments(sql, { ...which, state: null }),
      listRefusals(sql, { ...which, reason: null }),
      broadcastsOf(sql, which),
      nextAwaited(sql, which),
      listMessages(sql, { campaign: campaign.id, profileId }, { before: null, limit: SHOWN }),
    ]);
  const profile = facts.get(profileId);
  if (!live || !profile) return null;
  const known = {
    enrolment: enrolments[0] ?? null,
    refusal: refusals[0] ?? null,
    broadcast: broadcasts[0] ?? null,
    awaited,
  };
  const { purpose, topic } = campaign.definition;
  const decision = decideMessage({
    purpose,
    topic,
    project: live.project,
    profile: { email: profile.email },
    suppressed: profile.suppressed,
    ...consentFor(profile, topic, now),
  });
  return {
    entry: await explainWay(sql, { live, profile, campaign, now }, known),
    obstacles: obstacles(campaign, decision, parked.rowCount !== 0),
    decision,
    enrolments: await withSteps(sql, enrolments),
    refusals,
    broadcasts,
    messages,
  };
}

async function withSteps(
  sql: Queryable,
  enrolments: StoredEnrolment[],
): Promise<ExplainedProfile['enrolments']> {
  return Promise.all(enrolments.map(async (row) => ({ ...row, steps: await listSteps(sql, row) })));
}

interface Asked {
  live: LiveDefinitions;
  profile: GateFacts;
  campaign: StoredCampaign;
  now: Instant;
}

async function explainWay(
  sql: Queryable,
  asked: Asked,
  known: Pick<Known, 'enrolment' | 'refusal' | 'broadcast' | 'awaited'>,
): Promise<ExplainedEntry> {
  const { campaign, profile } = asked;
  const { enter, steps } = campaign.definition;
  const step = allSteps(steps).find(({ id }) => id === known.enrolment?.step) ?? null;
  const member =
    enter.kind === 'segment'
      ? (await listMemberships(sql, profile.profileId)).some(
          ({ segment }) => segment === enter.segment,
        )
      : null;
  return {
    verdict: judgeEntry({ state: campaign.state, enter, member, step, ...known }),
    member,
    who: await clauses(sql, asked, whoOf(enter, asked.live)),
    if: await clauses(sql, asked, enter.if),
    event: enter.kind === 'event' ? await entryEvent(sql, asked, enter) : null,
  };
}

/** Whom a campaign takes in by a condition; null: it is entered otherwise. */
function whoOf(enter: Entry, live: LiveDefinitions): Condition | null {
  if (enter.kind === 'broadcast') return enter.who;
  if (enter.kind !== 'segment') return null;
  return live.segments.get(enter.segment)?.definition.who ?? null;
}

async function clauses(
  sql: Queryable,
  { live, profile, now }: Asked,
  condition: Condition | null,
): Promise<Clause | null> {
  if (condition === null) return null;
  const segments = new Map([...live.segments].map(([id, { definition }]) => [id, definition]));
  const zone = profile.zone ?? live.project.zone;
  const subject = { profileId: profile.profileId, at: now, since: null, entry: null, zone };
  return explainCondition(sql, condition, segments, subject);
}

async function entryEvent(
  sql: Queryable,
  { live, profile, now }: Asked,
  { match, sequence }: Extract<Entry, { kind: 'event' }>,
): Promise<EntryEvent> {
  const { names, where } = match;
  const latest = await findLatestEvent(
    sql,
    profile.profileId,
    names.kind === 'any' ? null : names.names,
  );
  const zone = profile.zone ?? live.project.zone;
  return {
    says: printMatch(match, sequence),
    latest,
    tests: latest
      ? where.map((test) => ({
          says: printProperty(test),
          holds: testProperty(latest.properties, test, now, zone),
        }))
      : [],
  };
}
