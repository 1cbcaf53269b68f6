/**
 * Delivery (stage 5): the second look at the gates. In: messages, and what is known of their profiles and enrolments now.
 * Out: whether each may go, and what every gate saw. Taken right before the hand-over, and for whoever asks what would
 * become of a message: the same rule, so the answer is what the mailer would do.
 */
import type { Instant } from '../core/instant.js';
import { suppressionKey } from '../core/parse-address.js';
import type { Queryable } from '../core/queryable.js';
import type { ProjectDefinition } from '../language/definitions.js';
import { decideMessage, type MessageDecision } from '../messages/decide-message.js';
import type { GateFacts } from '../messages/gate-facts.sql.js';
import { decideNotice, type NoticeDecision } from '../messages/decide-notice.js';
import { consentFor, loadGateFacts, loadSuppressions } from '../messages/gate-facts.sql.js';
import type { GatesSeen } from '../messages/gates.js';
import type { Limits } from '../messages/limits.js';
import type { ClaimedMessage } from './claimed-message.js';
import type { EnrolmentFacts } from './hand-over-facts.sql.js';
import { loadEnrolmentFacts } from './hand-over-facts.sql.js';
import { decideLateness, type Lateness, type LateMessage } from './lateness.js';
import { loadLimits, type LimitedMessage } from './hand-over-limits.js';

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
  | NoticeDecision
  | (Lateness & { gates: GatesSeen })
  | { skipped: 'erased' | 'ended'; detail: object; gates: GatesSeen };

/**
 * Exit and erasure here, consent, suppression and topic by the same rule as at the decision. Messages that an
 * enrolment left behind when it ran to its end still go; an exit or a conversion takes them back.
 */
export function secondLook(
  message: Pick<ClaimedMessage, 'purpose' | 'topic' | 'address'> & LateMessage,
  profile: GateFacts | null,
  enrolment: EnrolmentFacts | null,
  {
    project,
    now,
    limits,
    suppressed,
  }: {
    project: ProjectDefinition;
    now: Instant;
    limits?: Limits | undefined;
    /** Of the addresses of notices. */
    suppressed: ReadonlyMap<string, string>;
  },
): SecondLook {
  if (!profile || !enrolment) return { skipped: 'erased', detail: {}, gates: { exit: 'gone' } };
  const { endReason, endBecause } = enrolment;
  const exit = endReason ?? 'active';
  if (exit === 'exited' || exit === 'converted') {
    const detail = { ended: exit, because: endBecause };
    return { skipped: 'ended', detail, gates: { exit } };
  }
  const { purpose } = message;
  if (purpose === 'notice') {
    const to = { kind: 'address', address: message.address ?? '' } as const;
    const decision = decideNotice({ to, held: null, project, suppressed });
    return { ...decision, gates: { exit, ...decision.gates } };
  }
  const question = {
    purpose,
    topic: message.topic,
    project,
    profile: { email: profile.email },
    suppressed: profile.suppressed,
    ...consentFor(profile, message.topic, now),
  };
  const late = decideLateness(message, now);
  const decision = decideMessage(question, late ? undefined : limits);
  const gates: GatesSeen = { exit, ...decision.gates };
  // Whether it is late is asked of those alone that may be written to.
  if (message.lateAt === null || decision.gates.pause === undefined) return { ...decision, gates };
  if (late && 'send' in decision) return { ...late, gates: { ...gates, late: 'late' } };
  return { ...decision, gates: { ...gates, late: 'in_time' } };
}

/** Why their addresses get nothing, of those of these messages that are notices. */
export async function loadNoticeSuppressions(
  sql: Queryable,
  messages: readonly Pick<ClaimedMessage, 'purpose' | 'address'>[],
): Promise<Map<string, string>> {
  const notices = messages.filter(({ purpose }) => purpose === 'notice');
  return loadSuppressions(
    sql,
    notices.flatMap(({ address }) => suppressionKey(address) ?? []),
  );
}

/** What the gates would say of one message now, or of its repetition; nothing is changed by asking. Null: there is none. */
export async function lookNow(
  sql: Queryable,
  { id, repeated }: { id: number; repeated: boolean },
  { project, now }: { project: ProjectDefinition; now: Instant },
): Promise<SecondLook | null> {
  const { rows } = await sql.query<
    Omit<LimitedMessage, 'id'> & LateMessage & { enrolmentId: number; address: string | null }
  >(
    `select profile_id as "profileId", enrolment_id as "enrolmentId", campaign, version_id as "versionId", purpose, topic, address,
       priority, decided_at as "decidedAt", late_at as "lateAt", if_late as "ifLate" from messages where id = $1`,
    [id],
  );
  if (!rows[0]) return null;
  const message = {
    ...rows[0],
    ...(repeated ? { id: null, decidedAt: now, lateAt: null } : { id }),
  };
  const facts = await loadSurvivorFacts(sql, [message.profileId]);
  const enrolments = await loadEnrolmentFacts(sql, [message.enrolmentId]);
  const limits = await loadLimits(sql, [message], { facts, project, now, cache: new Map() });
  const profile = facts.get(message.profileId) ?? null;
  const enrolment = enrolments.get(message.enrolmentId) ?? null;
  return secondLook(message, profile, enrolment, {
    project,
    now,
    limits: limits.get(message),
    suppressed: await loadNoticeSuppressions(sql, [message]),
  });
}
