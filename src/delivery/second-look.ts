/**
 * Delivery (stage 5): the second look at the gates. In: messages, and what is known of their profiles and enrolments now.
 * Out: whether each may go, and what every gate saw. Taken right before the hand-over, and for whoever asks what would
 * become of a message: the same rule, so the answer is what the mailer would do.
 */
import type { Instant } from '../core/instant.js';
import type { Queryable } from '../core/queryable.js';
import type { ProjectDefinition } from '../language/definitions.js';
import { decideMessage, type MessageDecision } from '../messages/decide-message.js';
import type { GateFacts } from '../messages/gate-facts.sql.js';
import { consentFor, loadGateFacts } from '../messages/gate-facts.sql.js';
import type { GatesSeen } from '../messages/gates.js';
import type { ClaimedMessage } from './claimed-message.js';
import type { EnrolmentFacts } from './hand-over-facts.sql.js';
import { loadEnrolmentFacts } from './hand-over-facts.sql.js';

/** Merges of merged profiles; more in a row than anybody has keys. */
const MOST_MERGES = 8;

/** Facts by the id asked for; a merged profile is judged as its survivor. */
export async function loadSurvivorFacts(
  sql: Queryable,
  profileIds: number[],
): Promise<Map<number, GateFacts>> {
  const facts = await loadGateFacts(sql, profileIds);
  for (let round = 0; round < MOST_MERGES; round++) {
    const merged = [...facts].filter(([, profile]) => profile.mergedInto !== null);
    if (merged.length === 0) break;
    const survivors = await loadGateFacts(
      sql,
      merged.map(([, profile]) => profile.mergedInto!),
    );
    for (const [id, profile] of merged) {
      const survivor = survivors.get(profile.mergedInto!);
      if (survivor) facts.set(id, survivor);
      else facts.delete(id);
    }
  }
  return facts;
}

export type SecondLook =
  | MessageDecision
  | { skipped: 'erased' | 'ended'; detail: object; gates: GatesSeen };

/**
 * Exit and erasure here, consent, suppression and topic by the same rule as at the decision. Messages that an
 * enrolment left behind when it ran to its end still go; an exit or a conversion takes them back.
 */
export function secondLook(
  message: Pick<ClaimedMessage, 'purpose' | 'topic'>,
  profile: GateFacts | null,
  enrolment: EnrolmentFacts | null,
  { project, now }: { project: ProjectDefinition; now: Instant },
): SecondLook {
  if (!profile || !enrolment) return { skipped: 'erased', detail: {}, gates: { exit: 'gone' } };
  const { endReason, endBecause } = enrolment;
  const exit = endReason ?? 'active';
  if (exit === 'exited' || exit === 'converted') {
    const detail = { ended: exit, because: endBecause };
    return { skipped: 'ended', detail, gates: { exit } };
  }
  const decision = decideMessage({
    purpose: message.purpose,
    topic: message.topic,
    project,
    profile: { email: profile.email },
    suppressed: profile.suppressed,
    ...consentFor(profile, message.topic, now),
  });
  return { ...decision, gates: { exit, ...decision.gates } };
}

/** What the gates would say of one message now; nothing is changed by asking. */
export async function lookNow(
  sql: Queryable,
  message: Pick<ClaimedMessage, 'purpose' | 'topic' | 'profileId' | 'enrolmentId'>,
  around: { project: ProjectDefinition; now: Instant },
): Promise<SecondLook> {
  const facts = await loadSurvivorFacts(sql, [message.profileId]);
  const enrolments = await loadEnrolmentFacts(sql, [message.enrolmentId]);
  const profile = facts.get(message.profileId) ?? null;
  return secondLook(message, profile, enrolments.get(message.enrolmentId) ?? null, around);
}
