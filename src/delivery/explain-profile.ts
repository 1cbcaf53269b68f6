/**
 * Why a profile got mail of a campaign, or did not: what is stored of the two, one sentence, the way in clause by clause
 * with what each clause saw, where it stands and what would end that, and when any of it turns by itself. As of now or of
 * another instant: then with the definitions, memberships and facts of that instant. Asked by the command, the REST API
 * and the console; all say the same.
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
import { isHeldOut } from '../campaigns/hold-out.js';
import { listMoves, type StoredMove } from '../campaigns/migrations.sql.js';
import type { Instant } from '../core/instant.js';
import type { Queryable } from '../core/queryable.js';
import { strikesIn } from '../core/schedule.js';
import {
  loadCampaignVersions,
  loadLive,
  loadLiveAt,
  type LiveDefinitions,
} from '../definitions/load-definitions.js';
import { parseLocalTime } from '../ingest/parse-time.js';
import { allSteps } from '../language/steps.js';
import { windowOn } from '../messages/send-window.js';
import { loadGateFacts } from '../messages/gate-facts.sql.js';
import type { Clause } from '../segments/explain-condition.js';
import type { StoredCampaign } from './campaigns.sql.js';
import { zoneOf, type Asked } from './explain-asked.js';
import { judgeEntry, type Verdict } from './explain-entry.js';
import { explainNextMail, type NextMail } from './explain-next-mail.js';
import { enrolmentAt, heldByWindow, type EnrolmentWithHistory } from './explain-past.js';
import { explainStanding, type Standing } from './explain-standing.js';
import { againAt, cameByImport, explainWay, type Way } from './explain-way.js';
import { armTaken, whyEnded, whyRefused, whySkipped } from './explain-why.js';
import { listMessageDetails, type MessageNumbers } from './message-detail.sql.js';
import { listMessages, type SendLogRow } from './send-log.sql.js';

/** A step left behind; `why`: the condition by which it was passed by; `arm`: which one was taken at a branch. */
export type ExplainedStep = StoredStep & { why: Clause | null; arm: string | null };

/** `why`: of the latest, what was so when it ended by that. */
export type ExplainedEnrolment = StoredEnrolment & {
  steps: ExplainedStep[];
  moves: StoredMove[];
  why: Clause | null;
};

export interface ExplainedProfile {
  /** As of when; what keeps mail back is as of now. */
  at: Instant;
  zones: { profile: string; project: string };
  verdict: Verdict;
  /** The way in. */
  way: Way;
  /** How the way in was when the latest enrolment began; null: there is none. */
  entered: Way | null;
  /** Where it stands in the campaign; null: it is not in it. */
  standing: Standing | null;
  /** Of the campaign, and what keeps it back now. */
  mail: NextMail;
  /** The latest of each first. */
  enrolments: ExplainedEnrolment[];
  /** `why`: of the latest, the condition behind it as it was then. */
  refusals: (StoredRefusal & { why: Clause | null })[];
  /** Of the campaign; empty where it is entered otherwise. */
  broadcasts: ProfileInBroadcast[];
  messages: (SendLogRow & MessageNumbers)[];
}

/** Of each kind, the latest: who wants all has the lists. */
const SHOWN = 20;

/** What asks from another clock than ours may be ahead by so much, and means now. */
const SKEW_MS = 60_000;

/**
 * An instant that can be asked about, or why there is none: a time as people write it, in `zone` where it has no offset. Not one
 * that lies ahead: of such a time nothing is decided, and what will come by itself is told as of now (ADR 0156).
 */
export function readAsOf(
  text: string,
  { zone, now }: { zone: string; now: Instant },
): { at: Instant } | { problem: string } {
  const at = parseLocalTime(text, zone);
  if (at === null || at < 0) return { problem: `${text} is no time such as 2026-05-01T10:00` };
  return at > now + SKEW_MS ? { problem: `${text} ${AHEAD}` } : { at: Math.min(at, now) };
}

const AHEAD =
  'lies ahead, and nothing is decided then; what comes by itself, and when, is told as of now';

interface Question {
  profileId: number;
  campaign: StoredCampaign;
  now: Instant;
  /** As of when, not later than now; now when absent. */
  at?: Instant;
}

/** Null when the profile is gone, or nothing was applied by then. */
export async function explainProfile(
  sql: Queryable,
  { profileId, campaign, now, at = now }: Question,
): Promise<ExplainedProfile | null> {
  const live = at < now ? await loadLiveAt(sql, at) : await loadLive(sql);
  const profile = (await loadGateFacts(sql, [profileId])).get(profileId);
  if (!live || !profile) return null;
  const stored = await loadStored(sql, { profileId, campaign: campaign.id, at, now });
  const definition = live.campaigns.get(campaign.id)?.definition ?? campaign.definition;
  const asked: Asked = { live, profile, definition, at };
  const [latest = null] = stored.enrolments;
  const enrolment = at < now && latest ? await heldThen(sql, asked, latest) : latest;
  const [refusal = null] = stored.refusals;
  const broadcasts = stored.broadcasts.filter((one) => isForThem(one, asked));
  const [broadcast = null] = broadcasts;
  const way = await explainWay(sql, asked, { enrolment, broadcast });
  const standing = await standingOf(sql, asked, enrolment);
  const active = latest?.state === 'active' ? latest : null;
  const why = refusal && (await whyRefused(sql, asked, refusal));
  return {
    at,
    zones: { profile: zoneOf(asked), project: live.project.zone },
    verdict: judgeEntry({
      state: at < now ? stateThen(live, campaign) : campaign.state,
      enter: definition.enter,
      member: way.member,
      byImport: cameByImport(way),
      step: allSteps(definition.steps).find(({ id }) => id === enrolment?.step) ?? null,
      enrolment,
      refusal,
      broadcast,
      awaited: stored.awaited,
    }),
    way,
    entered: enrolment && (await enteredBy(sql, asked, enrolment)),
    standing,
    mail: await explainNextMail(sql, {
      campaign,
      profile,
      live,
      now,
      definition: active ? (await ofVersion(sql, asked, active)).definition : campaign.definition,
      at: active?.step,
      underWay: stored.messages.some(isUnderWay),
      againAt: againAt({ definition, at: now }, latest),
      heldOut:
        enrolment?.state === 'active'
          ? enrolment.heldOut
          : isHeldOut(live.project, definition, profileId),
    }),
    enrolments: await withReasons(sql, asked, [
      ...(enrolment ? [enrolment] : []),
      ...stored.enrolments.slice(1),
    ]),
    refusals: stored.refusals.map((one) => ({ ...one, why: one === refusal ? why : null })),
    broadcasts,
    messages: stored.messages,
  };
}

function isUnderWay({ state }: SendLogRow): boolean {
  return state === 'pending' || state === 'claimed' || state === 'transmitting';
}

/** Pauses and closings are known as of now only. */
function stateThen(live: LiveDefinitions, { id }: StoredCampaign) {
  return live.campaigns.get(id)?.definition.draft ? 'draft' : 'live';
}

async function loadStored(
  sql: Queryable,
  {
    profileId,
    campaign,
    at,
    now,
  }: Omit<Question, 'campaign' | 'at'> & { campaign: string; at: Instant },
) {
  const which = { campaign, profileId, before: [at + 1, 0] as [Instant, number], limit: SHOWN };
  // One after the other: the session may be a single one, as in a played test.
  const enrolments = await listEnrolments(sql, { ...which, state: null });
  const refusals = await listRefusals(sql, { ...which, reason: null });
  const broadcasts = await broadcastsOf(sql, which);
  // What had begun back then has been decided since, and is not kept.
  const awaited = at < now ? null : await nextAwaited(sql, which);
  const asked = { campaign, profileId, until: at + 1 };
  const messages = await listMessages(sql, asked, { before: null, limit: SHOWN });
  const numbers = await listMessageDetails(
    sql,
    messages.map(({ id }) => id),
  );
  const moves = await listMoves(
    sql,
    enrolments.map(({ id }) => id),
  );
  const then: EnrolmentWithHistory[] = [];
  for (const row of enrolments) {
    const [steps, moved] = [await listSteps(sql, row), moves.get(row.id) ?? []];
    then.push(enrolmentAt({ ...row, steps, moves: moved }, at));
  }
  return {
    enrolments: then,
    refusals,
    awaited,
    broadcasts: broadcasts.filter((one) => one.at <= at),
    messages: messages.map((row) => ({ ...row, ...numbers.get(row.id)! })),
  };
}

/** A schedule strikes apart for every zone: those of other zones are nothing that it could have entered by. */
function isForThem({ occurrence, outcome, at }: ProfileInBroadcast, asked: Asked): boolean {
  if (occurrence === null || outcome === 'entered' || outcome === 'refused') return true;
  return asked.definition.enter.zone !== 'profile' || strikesIn(occurrence, zoneOf(asked), at);
}

/** As of its entry, with the definitions of back then. */
async function enteredBy(sql: Queryable, asked: Asked, entered: StoredEnrolment): Promise<Way> {
  const at = entered.enteredAt;
  const live = (await loadLiveAt(sql, at)) ?? asked.live;
  const then = { ...(await ofVersion(sql, asked, entered)), live, at };
  return explainWay(sql, then, { enrolment: null, broadcast: null, entered });
}

/** What held it at a send in the past is not kept; whether its window was closed is known all the same. */
async function heldThen<E extends StoredEnrolment>(
  sql: Queryable,
  asked: Asked,
  enrolment: E,
): Promise<E> {
  const { definition } = await ofVersion(sql, asked, enrolment);
  const step = allSteps(definition.steps).find(({ id }) => id === enrolment.step);
  if (enrolment.state !== 'active' || step?.kind !== 'send' || definition.purpose !== 'marketing')
    return enrolment;
  const { project } = asked.live;
  return heldByWindow(enrolment, {
    at: asked.at,
    window: windowOn(project, definition),
    zones: { profile: zoneOf(asked), project: project.zone },
  });
}

/** By the version that the enrolment is on. */
async function standingOf(
  sql: Queryable,
  asked: Asked,
  enrolment: StoredEnrolment | null,
): Promise<Standing | null> {
  if (enrolment?.state !== 'active') return null;
  return explainStanding(sql, await ofVersion(sql, asked, enrolment), enrolment);
}

async function withReasons(
  sql: Queryable,
  asked: Asked,
  enrolments: readonly EnrolmentWithHistory[],
): Promise<ExplainedProfile['enrolments']> {
  const explained: ExplainedProfile['enrolments'] = [];
  for (const [place, enrolment] of enrolments.entries()) {
    const steps: ExplainedStep[] = [];
    // Of the latest one only: each condition is a statement.
    const of = place === 0 ? await ofVersion(sql, asked, enrolment) : null;
    for (const step of enrolment.steps)
      steps.push({
        ...step,
        why: of && (await whySkipped(sql, of, { step, enrolment })),
        arm: of && armTaken(of, step),
      });
    explained.push({ ...enrolment, steps, why: of && (await whyEnded(sql, of, enrolment)) });
  }
  return explained;
}

async function ofVersion(
  sql: Queryable,
  asked: Asked,
  { campaign, version }: StoredEnrolment,
): Promise<Asked> {
  const versions = await loadCampaignVersions(sql, [{ campaign, version }]);
  return { ...asked, definition: versions.get(`${campaign}/${version}`) ?? asked.definition };
}
