/**
 * Messages, stage 4: may this be sent? Pure; asked twice with the same words, by the engine when the step
 * is decided and by delivery right before MAIL. Transactional mail passes consent, nothing passes a
 * suppression (delivery.md, Purpose).
 */
import type { SkipReason } from '../core/reasons.js';
import type { ProjectDefinition } from '../language/definitions.js';
import { parseAddress } from './parse-address.js';

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
}

export type MessageDecision =
  | { send: { address: string } }
  | {
      skipped: Extract<SkipReason, 'no_address' | 'suppressed' | 'unsubscribed'>;
      detail: Record<string, string | null>;
    };

/** The address to send to, or why not with what it rests on. */
export function decideMessage(question: MessageQuestion): MessageDecision {
  const { purpose, topic, project, profile, suppressed } = question;
  const address = parseAddress(profile.email);
  if (address === null) {
    const problem =
      profile.email === undefined || profile.email === null || profile.email === ''
        ? 'missing'
        : 'not one address';
    return { skipped: 'no_address', detail: { email: problem } };
  }
  if (suppressed !== null) return { skipped: 'suppressed', detail: { because: suppressed } };
  if (purpose === 'transactional') return { send: { address } };
  if (question.unsubscribedFromAll)
    return { skipped: 'unsubscribed', detail: { topic, because: 'said no to everything' } };
  if (question.subscription === false)
    return { skipped: 'unsubscribed', detail: { topic, because: 'said no to the topic' } };
  // A topic that the project no longer has counts as unsubscribed: what cannot be understood widens nothing.
  const byDefault =
    topic !== null &&
    Object.hasOwn(project.topics, topic) &&
    project.topics[topic]!.default === 'subscribed';
  if (question.subscription === null && !byDefault) {
    return {
      skipped: 'unsubscribed',
      detail: { topic, because: 'never subscribed; the topic is not subscribed by default' },
    };
  }
  return { send: { address } };
}
