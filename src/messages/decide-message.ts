/**
 * Messages, stage 4: may this be sent? Pure; asked twice with the same words, by the engine when the step
 * is decided and by delivery right before MAIL. Transactional mail passes consent and limits, nothing
 * passes a suppression (delivery.md, Purpose).
 */
import type { Instant } from '../core/instant.js';
import type { SkipReason } from '../core/reasons.js';
import type { ProjectDefinition } from '../language/definitions.js';
import type { GatesSeen } from './gates.js';
import { parseAddress } from '../core/parse-address.js';
import { decideLimits, type Limited, type Limits } from './limits.js';

export interface MessageQuestion {
  purpose: 'marketing' | 'transactional';
  /** Null only for transactional mail without a topic. */
  topic: string | null;
  project: Pick<ProjectDefinition, 'topics'>;
  /** The profile's `email` trait as it is. */
  profile: { email: unknown };
  /** Why the address gets nothing, or null (`suppressions`). */
  suppressed: string | null;
  /** What the profile said about the topic; null = nothing, so the topic's default holds. */
  subscription: boolean | null;
  /** The profile said no to everything (topic `*`). */
  unsubscribedFromAll: boolean;
  /** Until when it is left alone by hand, at the instant of the question; null = it is not. */
  pausedUntil: Instant | null;
}

/** With what each gate saw, up to the one that refused. */
export type RecipientDecision<
  Reason extends SkipReason = 'no_address' | 'suppressed' | 'unsubscribed',
> = { gates: GatesSeen } & (
  | { send: { address: string } }
  | {
      skipped: Reason;
      detail: Record<string, string | null>;
      /** Of a notice: where it would have gone. */
      address?: string;
    }
);

export type MessageDecision = RecipientDecision | ({ gates: GatesSeen } & Limited);

/** The address to send to, or why not, or not yet. Without `limits` it is not asked how much may be sent. */
export function decideMessage(question: MessageQuestion, limits?: Limits): MessageDecision {
  const recipient = decideRecipient(question);
  if ('skipped' in recipient || !limits || question.purpose === 'transactional') return recipient;
  const gates = { ...recipient.gates };
  const limited = decideLimits(limits, gates);
  return limited ? { ...limited, gates } : { ...recipient, gates };
}

/** The address to send to, or why not with what it rests on. */
export function decideRecipient(question: MessageQuestion): RecipientDecision {
  const { profile, suppressed } = question;
  const address = parseAddress(profile.email);
  if (address === null) {
    const missing = profile.email === undefined || profile.email === null || profile.email === '';
    return {
      skipped: 'no_address',
      detail: { email: missing ? 'missing' : 'not one address' },
      gates: { address: missing ? 'missing' : 'not_one' },
    };
  }
  const gates: GatesSeen = { address: 'one', suppression: suppressed ?? 'none' };
  if (suppressed !== null) return { skipped: 'suppressed', detail: { because: suppressed }, gates };
  gates.topic = lookAtTopic(question);
  const refused = NO_CONSENT[gates.topic];
  if (refused !== undefined) return unsubscribed(question, refused, gates);
  gates.pause = lookAtPause(question);
  if (gates.pause === 'paused') {
    const until = new Date(question.pausedUntil!).toISOString();
    return unsubscribed(question, `paused until ${until}`, gates);
  }
  return { send: { address }, gates };
}

function unsubscribed(
  { topic }: MessageQuestion,
  because: string,
  gates: GatesSeen,
): RecipientDecision {
  return { skipped: 'unsubscribed', detail: { topic, because }, gates };
}

/** A pause is about marketing (docs/adr/0103). */
function lookAtPause({ purpose, pausedUntil }: MessageQuestion): NonNullable<GatesSeen['pause']> {
  if (purpose === 'transactional') return 'transactional';
  return pausedUntil === null ? 'none' : 'paused';
}

/** What the topic says against it; words that are missing here say nothing against it. */
const NO_CONSENT: Partial<Record<NonNullable<GatesSeen['topic']>, string>> = {
  said_no_to_all: 'said no to everything',
  said_no: 'said no to the topic',
  not_by_default: 'never subscribed; the topic is not subscribed by default',
  unknown_topic: 'never subscribed; the topic is not subscribed by default',
};

function lookAtTopic({
  purpose,
  topic,
  project,
  subscription,
  unsubscribedFromAll,
}: MessageQuestion): NonNullable<GatesSeen['topic']> {
  if (purpose === 'transactional') return 'transactional';
  if (unsubscribedFromAll) return 'said_no_to_all';
  if (subscription !== null) return subscription ? 'said_yes' : 'said_no';
  // A topic that the project no longer has counts as unsubscribed: what cannot be understood widens nothing.
  if (topic === null || !Object.hasOwn(project.topics, topic)) return 'unknown_topic';
  return project.topics[topic]!.default === 'subscribed' ? 'by_default' : 'not_by_default';
}
