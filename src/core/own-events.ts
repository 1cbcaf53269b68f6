/**
 * Events of the engine's own: what later stages do comes back to the conditions as events whose names begin with `$`
 * (design.md 4). The closed set of them; they are stored only where a live definition reads them (docs/adr/0118).
 */
import { FEEDBACK_KINDS, type FeedbackKind } from './feedback-kinds.js';

export const CAMPAIGN_ENTERED = '$campaign_entered';
/** With `reason` (completed, converted, exited) and `because`. */
export const CAMPAIGN_ENDED = '$campaign_ended';
/** The goal was reached, within the enrolment or after it. */
export const CAMPAIGN_CONVERTED = '$campaign_converted';
/** Called by their profile and the trigger of the enrolment; those of messages by the mail. */
export const EVENTS_OF_ENROLMENTS = [CAMPAIGN_ENTERED, CAMPAIGN_ENDED, CAMPAIGN_CONVERTED];
export const MESSAGE_SENT = '$message_sent';
/** The address does not exist: the mail server said so at hand-over, or a bounce came later. */
export const MESSAGE_BOUNCED = '$message_bounced';
/** What only feedback tells, each time anew where it can be so more than once. */
export const MESSAGE_DELIVERED = '$message_delivered';
export const MESSAGE_OPENED = '$message_opened';
export const MESSAGE_CLICKED = '$message_clicked';
export const MESSAGE_COMPLAINED = '$message_complained';
export const EVENTS_OF_MESSAGES = [
  MESSAGE_SENT,
  MESSAGE_DELIVERED,
  MESSAGE_OPENED,
  MESSAGE_CLICKED,
  MESSAGE_BOUNCED,
  MESSAGE_COMPLAINED,
];

/** The kind of feedback without which this never happens; null where the engine knows it by itself. */
export function feedbackOf(name: string): FeedbackKind | null {
  const kind = FEEDBACK_KINDS.find((one) => name === `$message_${one}`);
  return kind === undefined || name === MESSAGE_BOUNCED ? null : kind;
}

/** Whether a name is the engine's: an application cannot send one, and `any` never means it. */
export function isOwnEvent(name: string): boolean {
  return name.startsWith('$');
}

const SOURCE = 'campaign:';

/** Where an own event, or what a step states, comes from. */
export function campaignSource(campaign: string): string {
  return `${SOURCE}${campaign}`;
}

export function isCampaignSource(source: string): boolean {
  return source.startsWith(SOURCE);
}
