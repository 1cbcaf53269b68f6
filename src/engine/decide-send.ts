/**
 * Decides one message of a walk, as of the instant of the walk. A refused one is recorded like a sent one, with its reason
 * and numbers; one that has to wait is not decided yet, and holds its enrolment.
 */
import type { NotYet, SendAt, SendStep } from '../campaigns/walk.js';
import type { Instant } from '../core/instant.js';
import { MESSAGE_DELIVERED, MESSAGE_SENT } from '../core/own-events.js';
import type { SkipReason } from '../core/reasons.js';
import type { IfLate } from '../language/gates/gate-shapes.js';
import { capsOn } from '../messages/caps.js';
import { decideMessage } from '../messages/decide-message.js';
import { consentFor, type GateFacts } from '../messages/gate-facts.sql.js';
import type { Limits } from '../messages/limits.js';
import { profileZone } from './ask.js';
import { windowOn } from '../messages/send-window.js';
import { decisionId } from './decision-id.js';
import { reserve } from './reservations.js';
import { traitAt } from './trait-past.js';
import type { EnrolmentState, MessageIntent, Window } from './window.js';
import { happenAs } from './happen.js';

export interface Sending extends SendAt {
  enrolment: EnrolmentState;
  step: SendStep;
  at: Instant;
  /** Since when it has waited here for room, null = it has not. */
  cappedSince: Instant | null;
}

/** Whether some cap is about it, so that those who go first must have gone. */
export function takesRoom(window: Window, sending: Sending): boolean {
  const { enrolment, step } = sending;
  const { definition } = enrolment.version;
  return (
    notAsked(sending) === null &&
    definition.purpose === 'marketing' &&
    capsOn(window.definitions.project, definition, topicOf(enrolment, step)).length > 0
  );
}

/** Why it is refused, or null when it goes out; when it is to be decided anew, if not yet. */
export function decideSend(
  window: Window,
  facts: GateFacts,
  sending: Sending,
): SkipReason | null | NotYet {
  const { enrolment, step, iteration, at } = sending;
  const skipped = notAsked(sending);
  const { definition } = enrolment.version;
  const template = window.definitions.templates.get(step.template);
  if (!template) throw new Error(`template ${step.template} is not live`);
  const topic = topicOf(enrolment, step);
  const decision =
    skipped === null
      ? decideMessage(
          {
            purpose: definition.purpose,
            topic,
            project: window.definitions.project,
            profile: { email: traitAt(enrolment.profile, 'email', at) },
            suppressed: facts.suppressed,
            ...consentFor(facts, topic, at),
          },
          limitsOf(window, sending, topic),
        )
      : { skipped, detail: notAskedDetail(sending), gates: {} };
  if ('held' in decision) {
    const { until, because } = decision.held;
    const since = sending.cappedSince ?? (because === 'cap' ? at : null);
    enrolment.held = { because, cappedSince: since, gates: decision.gates };
    return { until };
  }
  const refused = 'skipped' in decision ? decision.skipped : null;
  if (refused === null && definition.purpose === 'marketing')
    reserve(window, enrolment.profile.id, { campaign: definition.id, topic, at });
  window.messages.push({
    enrolment,
    step: step.id,
    iteration,
    template: step.template,
    templateVersionId: template.versionId,
    purpose: definition.purpose,
    topic,
    sender: step.from ?? definition.from ?? template.from ?? definition.purpose,
    address: 'send' in decision ? decision.send.address : null,
    skipped: refused,
    detail: 'skipped' in decision ? decision.detail : {},
    gates: decision.gates,
    values: sending.values,
    late: lateOf(window, enrolment, { ifLate: step.ifLate, at }),
    at,
  });
  if (refused === null) noteSent(window, sending, topic);
  return refused;
}

/**
 * On virtual time the mail is sent, and delivered, a millisecond later, as elsewhere some moments later: it comes after what it was
 * decided for, so that `since: entry` sees the mail of the entry's own instant everywhere. Elsewhere delivery tells of it.
 */
function noteSent(
  { definitions: { sendsAs } }: Window,
  { enrolment, step, iteration, at }: Sending,
  topic: string | null,
): void {
  if (sendsAs === undefined) return;
  const id = decisionId(sendsAs, { enrolment, step: step.id, iteration });
  for (const name of [MESSAGE_SENT, MESSAGE_DELIVERED])
    happenAs(enrolment, name, at + 1, {
      messageId: `${name} ${id}`,
      properties: { step: step.id, ...(topic === null ? {} : { topic }) },
    });
}

/** Why it is not even asked for. */
function notAsked({ enrolment, skipped }: Sending): SkipReason | null {
  return skipped ?? (enrolment.heldOut ? 'held_out' : null);
}

/** What that rests on, where it is more than a word. */
export function notAskedDetail({ because }: SendAt): Record<string, string> {
  return because === undefined ? {} : { because };
}

/** From when on what a step decided at `at` is late: by the step, else its campaign, else the project. */
export function lateOf(
  { definitions }: Window,
  enrolment: EnrolmentState,
  { ifLate, at }: { ifLate?: IfLate | undefined; at: Instant },
): MessageIntent['late'] {
  const rule = ifLate ?? enrolment.version.definition.ifLate ?? definitions.project.ifLate;
  // One that was moved to another version is as late as it would have been there.
  const since = enrolment.overdueSince ?? at;
  return !rule || rule.then === 'send' ? null : { at: since + rule.ms, then: rule.then };
}

function topicOf({ version }: EnrolmentState, step: SendStep): string | null {
  return step.topic ?? version.definition.topic;
}

function limitsOf(
  { definitions, reservations }: Window,
  { enrolment: { profile, version }, at, cappedSince }: Sending,
  topic: string | null,
): Limits {
  const { project } = definitions;
  const { definition } = version;
  return {
    at,
    zone: profileZone(profile, definitions, at),
    projectZone: project.zone,
    window: windowOn(project, definition),
    campaign: definition.id,
    caps: capsOn(project, definition, topic),
    mails: reservations.get(profile.id) ?? [],
    ifCapped: definition.ifCapped ?? project.ifCapped ?? { kind: 'skip' },
    since: cappedSince ?? at,
  };
}
