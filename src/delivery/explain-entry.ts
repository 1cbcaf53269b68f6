/**
 * One sentence on a profile and a campaign: is it in, was it, why not. In: what is stored of both. Out: the sentence and
 * what stands in the way of mail now, in the closed words of core/reasons.ts where there are such. Pure.
 */
import type { ProfileInBroadcast } from '../campaigns/broadcasts.sql.js';
import type { StoredEnrolment, StoredRefusal } from '../campaigns/enrolments.sql.js';
import type { Instant } from '../core/instant.js';
import { NEVER } from '../core/instant.js';
import type { Entry, Step } from '../language/definitions.js';
import type { MessageDecision } from '../messages/decide-message.js';
import type { CampaignState } from './campaigns.sql.js';

export interface Known {
  state: CampaignState;
  enter: Entry;
  /** Of the segment that the campaign is entered by; null for the other kinds. */
  member: boolean | null;
  /** The latest of each. */
  enrolment: StoredEnrolment | null;
  refusal: StoredRefusal | null;
  broadcast: ProfileInBroadcast | null;
  /** What it waits at, where the campaign of today still has that step. */
  step: Step | null;
}

export function explainEntry(known: Known): string {
  const { state, enrolment, refusal, step } = known;
  if (enrolment?.state === 'active') return describeActive(enrolment, step);
  if (refusal && (!enrolment || refusal.at > (enrolment.endedAt ?? enrolment.enteredAt)))
    return `did not enter at ${show(refusal.at)}: ${refusal.reason}`;
  if (enrolment) {
    const because = enrolment.endBecause === null ? '' : ` (${enrolment.endBecause})`;
    return `was in it from ${show(enrolment.enteredAt)} to ${show(enrolment.endedAt ?? enrolment.enteredAt)}: ${enrolment.endReason}${because}`;
  }
  if (state !== 'live' && state !== 'paused')
    return `never entered, and nobody does now: the campaign is ${state}`;
  return `never asked to enter: ${whatIsMissing(known)}`;
}

function describeActive({ enteredAt, step, dueAt }: StoredEnrolment, at: Step | null): string {
  const since = `is in it since ${show(enteredAt)}`;
  if (step === null) return `${since}, before its first step`;
  if (at?.kind === 'wait_for')
    return `${since}, at ${step}, and waits for ${at.rule.label} until ${show(dueAt)}`;
  return `${since}, at ${step}${dueAt === NEVER ? '' : `, and goes on at ${show(dueAt)}`}`;
}

function whatIsMissing({ enter, member, broadcast }: Known): string {
  switch (enter.kind) {
    case 'segment':
      return member === true
        ? `it was in the segment ${enter.segment} before the campaign looked`
        : `it is not in the segment ${enter.segment}`;
    case 'event':
      return enter.match.names.kind === 'any'
        ? 'no event came'
        : `no event ${enter.match.names.names.join(' or ')} came that fits`;
    case 'api':
      return 'nobody asked for an enrolment';
    case 'broadcast':
      return broadcast === null ? 'there was no broadcast yet' : describeBroadcast(broadcast);
  }
}

function describeBroadcast({ at, outcome }: ProfileInBroadcast): string {
  const which = `the broadcast of ${show(at)}`;
  switch (outcome) {
    case 'did_not_match':
      return `it did not match who: at ${which}`;
    case 'came_later':
      return `it came after ${which}`;
    case 'waits':
      return `${which} has yet to come to it`;
    case 'cancelled':
      return `${which} was cancelled before it came to it`;
    case 'entered':
    case 'refused':
      return `nothing is kept of what ${which} came to for it`;
  }
}

/** What would keep its next mail of this campaign back, if it were decided now; empty: nothing. */
export function obstacles(
  { state, paused }: { state: CampaignState; paused: boolean },
  decision: MessageDecision,
  parked: boolean,
): string[] {
  return [
    ...(state === 'live' || state === 'paused' ? [] : [`campaign_${state}`]),
    ...(paused ? ['campaign_paused'] : []),
    ...('skipped' in decision ? [decision.skipped] : []),
    ...(parked ? ['profile_parked'] : []),
  ];
}

function show(at: Instant): string {
  return new Date(at).toISOString();
}
