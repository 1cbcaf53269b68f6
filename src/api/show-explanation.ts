/** REST and the command: how what is known of a profile and a campaign looks in an answer. */
import { NEVER } from '../core/instant.js';
import type { StoredCampaign } from '../delivery/campaigns.sql.js';
import { detailOf } from '../delivery/describe-explanation.js';
import { sayVerdict } from '../delivery/explain-entry.js';
import type { ExplainedProfile } from '../delivery/explain-profile.js';
import type { EndRule, Standing } from '../delivery/explain-standing.js';
import type { Opening } from '../delivery/explain-opening.js';
import type { EntryEvent, Way } from '../delivery/explain-way.js';
import { lacking, type Clause, type Seen } from '../segments/explain-condition.js';
import { showEnrolment, showMove, showRefusal, showStep } from './enrolments.dto.js';
import type {
  ClauseView,
  EnteredView,
  EntryEventView,
  OpeningView,
} from './explain-clauses.dto.js';
import type { EndRuleView, Explanation, StandingView } from './explain.dto.js';
import type { SeenRankView, SeenView } from './seen.dto.js';
import { showWaitingPause } from './message-detail.dto.js';
import { showInstant, showOptionalInstant, type Shown } from './show.js';

/** `profileId`: of whom, `campaign`: of what it was asked. */
export function showExplanation(
  explained: ExplainedProfile,
  { profileId, campaign }: { profileId: number; campaign: StoredCampaign },
): Shown<Explanation> {
  const { at, verdict, way, standing } = explained;
  const { next, obstacles, decision, pauses, outage } = explained.mail;
  return {
    at: showInstant(at),
    says: sayVerdict(verdict),
    nextMail: next,
    obstacles,
    pauses: pauses.map(showWaitingPause),
    outage: outage && { trouble: outage.trouble, since: showInstant(outage.since) },
    obstacleDetail: obstacles.reduce((all, one) => ({ ...all, ...detailOf(decision, one) }), {}),
    profileId,
    campaign: campaign.id,
    campaignState: campaign.state,
    member: way.member,
    who: way.who && showClause(way.who.clause),
    whoTurnsAt: showOptionalInstant(way.who && way.who.turnsAt),
    if: way.if && showClause(way.if.clause),
    ifTurnsAt: showOptionalInstant(way.if && way.if.turnsAt),
    wouldHaveToChange: [way.who, way.if].flatMap((gate) => {
      const part = gate && lacking(gate.clause);
      return part ? [showClause(part)] : [];
    }),
    event: way.event && showEvent(way.event),
    opening: way.opening && showOpening(way.opening),
    entered: explained.entered && showEntered(explained.entered),
    bars: way.bars.map(({ says, bars, clause }) => ({ says, bars, clause: showClause(clause) })),
    againAt: way.againAt === NEVER ? 'never' : showOptionalInstant(way.againAt),
    onePerAccount: way.company,
    standing: standing && showStanding(standing),
    enrolments: explained.enrolments.map(({ steps, moves, why: ended, ...row }) => ({
      ...showEnrolment(row),
      why: ended && showClause(ended),
      moves: moves.map(showMove),
      steps: steps.map(({ why, arm, ...step }) => ({
        ...showStep(step),
        why: why && showClause(why),
        arm,
      })),
    })),
    refusals: explained.refusals.map(({ why, ...row }) => ({
      ...showRefusal(row),
      why: why && showClause(why),
    })),
    broadcasts: explained.broadcasts.map((row) => ({ ...row, at: showInstant(row.at) })),
    messages: explained.messages.map(({ id, step, purpose, state, reason, detail, decidedAt }) => ({
      id,
      step,
      purpose,
      state,
      reason,
      detail,
      decidedAt: showInstant(decidedAt),
    })),
  };
}

function showStanding({ awaits, ends }: Standing): StandingView {
  const show = ({ says, clause, at }: EndRule): EndRuleView => ({
    says,
    clause: clause && showClause(clause),
    at: showOptionalInstant(at),
  });
  return { awaits: awaits && show(awaits), ends: ends.map(show) };
}

function showClause({ says, holds, changesAt, seen, lookedUp, of }: Clause): ClauseView {
  return {
    says,
    holds,
    changesAt: showOptionalInstant(changesAt),
    seen: seen && showSeen(seen),
    lookedUp,
    of: of.map(showClause),
  };
}

const NOTHING = {
  value: null,
  begun: null,
  times: null,
  last: null,
  figure: null,
  trend: null,
  rank: null,
  score: null,
} as const;

function showRank({
  value,
  figures,
  cutoffs,
  nextAt,
}: Extract<Seen, { kind: 'rank' }>): SeenRankView {
  const show = (n: number | null): number | string | null =>
    figures === 'instant' && n !== null ? showInstant(n) : n;
  return {
    value: show(value),
    cutoffs: cutoffs.map(({ cutoff, sampledAt, ...rest }) => ({
      ...rest,
      cutoff: show(cutoff),
      sampledAt: showInstant(sampledAt),
    })),
    nextAt: showInstant(nextAt),
  };
}

function showSeen(seen: Seen): SeenView {
  if (seen.kind === 'value') return { ...NOTHING, kind: 'value', value: seen.value };
  if (seen.kind === 'events') return { ...NOTHING, ...seen, last: showOptionalInstant(seen.last) };
  if (seen.kind === 'rank') return { ...NOTHING, kind: 'rank', rank: showRank(seen) };
  if (seen.kind === 'members' || seen.kind === 'no_company') return { ...NOTHING, ...seen };
  if (seen.kind === 'score') {
    const { kind, ...score } = seen;
    return { ...NOTHING, kind, score };
  }
  const { kind, base, current, overMs, lived, sampledAt, nextAt } = seen;
  const [sampled, next] = [showInstant(sampledAt), showInstant(nextAt)];
  const trend = { base, current, overMs, lived, sampledAt: sampled, nextAt: next };
  return { ...NOTHING, kind, trend };
}

function showEntered({ who, event, opening, ...way }: Way): EnteredView {
  return {
    who: who && showClause(who.clause),
    if: way.if && showClause(way.if.clause),
    event: event && showEvent(event),
    opening: opening && showOpening(opening),
  };
}

const NO_OPENING = {
  holds: null,
  value: null,
  before: null,
  at: null,
  nextAt: null,
  who: null,
} as const;

function showOpening(opening: Opening): OpeningView {
  const { says, kind } = opening;
  switch (opening.kind) {
    case 'date': {
      const { value, last, next } = opening;
      const times = { at: showOptionalInstant(last), nextAt: showOptionalInstant(next) };
      return { ...NO_OPENING, says, kind, holds: next !== null, value, ...times };
    }
    case 'trait': {
      const { holds, latest } = opening;
      const change = { value: latest?.after ?? null, before: latest?.before ?? null };
      return {
        ...NO_OPENING,
        says,
        kind,
        holds,
        ...change,
        at: showOptionalInstant(latest && latest.at),
      };
    }
    case 'schedule': {
      const { then, next } = opening;
      return {
        ...NO_OPENING,
        says,
        kind,
        holds: then?.who.holds ?? null,
        at: showOptionalInstant(then && then.at),
        nextAt: showOptionalInstant(next),
        who: then && showClause(then.who),
      };
    }
  }
}

function showEvent({ says, latest, tests, holds, answer }: EntryEvent): EntryEventView {
  return {
    says,
    holds,
    answer: answer && {
      name: answer.came?.name ?? null,
      occurredAt: showOptionalInstant(answer.came && answer.came.occurredAt),
      turnsAt: showOptionalInstant(answer.turnsAt),
    },
    latest: latest && {
      id: latest.id,
      name: latest.name,
      occurredAt: showInstant(latest.occurredAt),
      historical: latest.historical,
    },
    tests,
  };
}
