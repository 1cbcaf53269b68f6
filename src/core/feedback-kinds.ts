/**
 * What may become of a message after it was handed over, as it is stored, shown and asked for (`was:`). `bounced`: for good,
 * the address does not exist; what may succeed later is no feedback.
 */
export const FEEDBACK_KINDS = ['delivered', 'opened', 'clicked', 'bounced', 'complained'] as const;
export type FeedbackKind = (typeof FEEDBACK_KINDS)[number];
