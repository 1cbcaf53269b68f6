/**
 * A profile and a campaign: is it in, was it, why not. In: what is stored of both. Out: a verdict, and a sentence for it. Pure.
 */
import type { ProfileInBroadcast } from '../campaigns/broadcasts.sql.js';
import type { StoredEnrolment, StoredRefusal } from '../campaigns/enrolments.sql.js';
import type { Instant } from '../core/instant.js';
import { NEVER } from '../core/instant.js';
import type { Entry, Step } from '../language/definitions.js';
import { listGates, type GatesSeen } from '../messages/gates.js';
import type { CampaignState } from './campaigns.sql.js';
import { isLater } from './explain-past.js';
import { AS_STORED, sayRefusal, type Voice } from './say-stored.js';

export interface Known {
  state: CampaignState;
  enter: Entry;
  /** Of the segment that the campaign is entered by; null for the other kinds. */
  member: boolean | null;
  /** The latest event that it could be entered by fits, and came by an import. */
  byImport: boolean;
  /** The latest of each. */
  enrolment: StoredEnrolment | null;
  refusal: StoredRefusal | null;
  broadcast: ProfileInBroadcast | null;
  /** When it is looked at whether it enters; NEVER = when an event comes; null = nothing that lets it in has begun. */
  awaited: Instant | null;
  /** What it waits at, where the campaign of today still has that step. */
  step: Step | null;
}

/** What is true of the two, in a word, with what it rests on; each face says it in its own words. */
export type Verdict =
  /** `step`: what it is at, where the campaign of today still has that step. */
  | { is: 'in_it'; enrolment: StoredEnrolment; step: Step | null }
  | { is: 'was_in_it'; enrolment: StoredEnrolment }
  /** `before`: it was in it, and did not enter again. */
  | { is: 'refused'; refusal: StoredRefusal; before: StoredEnrolment | null }
  /** What lets it in has begun; it is looked at again then, NEVER = when an event comes. */
  | { is: 'awaited'; at: Instant }
  | { is: 'closed'; state: CampaignState }
  | { is: 'never_asked'; missing: Missing };

/** Why it was never asked to enter. */
export type Missing =
  | { what: 'membership' | 'early_membership'; segment: string }
  /** Null: any. */
  | { what: 'event' | 'imported_event'; names: string[] | null }
  /** There is no date still to come. */
  | { what: 'date'; trait: string }
  /** It has not changed so. */
  | { what: 'change'; trait: string }
  | { what: 'request' | 'schedule' | 'broadcast' }
  /** `by`: what it did not let in by. */
  | { what: 'match'; by: 'schedule' | 'broadcast'; broadcast: ProfileInBroadcast };

export function judgeEntry(known: Known): Verdict {
  const { state, enrolment, refusal, step } = known;
  if (enrolment?.state === 'active') return { is: 'in_it', enrolment, step };
  if (refusal && isLater(refusal, enrolment)) return { is: 'refused', refusal, before: enrolment };
  if (enrolment) return { is: 'was_in_it', enrolment };
  if (state !== 'live' && state !== 'paused') return { is: 'closed', state };
  if (known.awaited !== null) return { is: 'awaited', at: known.awaited };
  return { is: 'never_asked', missing: whatIsMissing(known) };
}

function whatIsMissing({ enter, member, byImport, broadcast }: Known): Missing {
  switch (enter.kind) {
    case 'segment': {
      const { segment } = enter;
      return { what: member === true ? 'early_membership' : 'membership', segment };
    }
    case 'event': {
      const { names } = enter.match;
      const what = byImport ? 'imported_event' : 'event';
      return { what, names: names.kind === 'any' ? null : names.names };
    }
    case 'trait':
      return { what: 'change', trait: enter.path.join('.') };
    case 'date':
      return { what: 'date', trait: enter.path.join('.') };
    case 'api':
      return { what: 'request' };
    case 'schedule':
    case 'broadcast':
      return broadcast === null
        ? { what: enter.kind }
        : { what: 'match', by: enter.kind, broadcast };
  }
}

/** The verdict in a sentence; the REST API says it in codes and UTC. */
export function sayVerdict(verdict: Verdict, voice: Voice = AS_STORED): string {
  switch (verdict.is) {
    case 'in_it':
      return describeActive(verdict.enrolment, verdict.step, voice);
    case 'refused': {
      const { refusal, before } = verdict;
      const why = `at ${voice.time(refusal.at)}: ${sayRefusal(refusal, voice)}`;
      return before
        ? `${describeEnded(before, voice)}; did not enter again ${why}`
        : `did not enter ${why}`;
    }
    case 'was_in_it':
      return describeEnded(verdict.enrolment, voice);
    case 'awaited':
      return verdict.at === NEVER
        ? 'may enter: what lets it in has begun, and the event that follows it has not come'
        : `may enter: what lets it in has begun, and is decided at ${voice.time(verdict.at)}`;
    case 'closed':
      return `never entered, and nobody does now: the campaign is ${verdict.state}`;
    case 'never_asked':
      return `never asked to enter: ${sayMissing(verdict.missing, voice)}`;
  }
}

/** What holds it, with its numbers: `cap (2 of at_most 2 within 7 days, project)`; null when nothing does. */
export function sayHeld(
  { held }: Pick<StoredEnrolment, 'held'>,
  voice: Voice = AS_STORED,
): string | null {
  if (held === null) return null;
  const look = listGates(held.gates as GatesSeen).find(({ gate }) => gate === held.because);
  const because = voice.word(held.because);
  return look ? `${because} (${voice.text(look.saw)})` : because;
}

function describeEnded(enrolment: StoredEnrolment, voice: Voice): string {
  const { enteredAt, endedAt, endReason, endBecause } = enrolment;
  const from = `${voice.time(enteredAt)} to ${voice.time(endedAt ?? enteredAt)}`;
  return `was in it${heldOut(enrolment)} from ${from}: ${voice.end(endReason!, endBecause)}`;
}

function heldOut(enrolment: StoredEnrolment): string {
  return enrolment.heldOut ? ', held out (it gets none of the mails),' : '';
}

function describeActive(enrolment: StoredEnrolment, at: Step | null, voice: Voice): string {
  const { enteredAt, step, dueAt } = enrolment;
  const since = `is in it${heldOut(enrolment)} since ${voice.time(enteredAt)}`;
  if (step === null) return `${since}, before its first step`;
  if (at?.kind === 'wait_for')
    return `${since}, at ${step}, and waits for ${at.rule.label} until ${voice.time(dueAt)}`;
  const held = sayHeld(enrolment, voice);
  if (held !== null) return `${since}, held at ${step} until ${voice.time(dueAt)}: ${held}`;
  return `${since}, at ${step}${dueAt === NEVER ? '' : `, and goes on at ${voice.time(dueAt)}`}`;
}

function sayMissing(missing: Missing, voice: Voice): string {
  switch (missing.what) {
    case 'early_membership':
      return `it was in the segment ${missing.segment} before the campaign looked`;
    case 'membership':
      return `it is not in the segment ${missing.segment}`;
    case 'event':
      return missing.names === null
        ? 'no event came'
        : `no event ${missing.names.join(' or ')} came that fits`;
    case 'imported_event':
      return `the event ${(missing.names ?? ['that fits']).join(' or ')} came by an import only, and what is imported starts nothing`;
    case 'change':
      return `${missing.trait} did not change in a way that lets in`;
    case 'date':
      return `${missing.trait} names no date that is still to come`;
    case 'request':
      return 'nobody asked for an enrolment';
    case 'schedule':
      return 'its schedule has not struck yet';
    case 'broadcast':
      return 'there was no broadcast yet';
    case 'match':
      return describeBroadcast(missing, voice);
  }
}

function describeBroadcast(
  { by, broadcast: { at, outcome } }: Extract<Missing, { what: 'match' }>,
  { time }: Voice,
): string {
  const which = by === 'schedule' ? `the strike of ${time(at)}` : `the broadcast of ${time(at)}`;
  switch (outcome) {
    case 'did_not_match':
      return by === 'schedule'
        ? `it did not match who: when its schedule struck at ${time(at)}`
        : `it did not match who: at ${which}`;
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
