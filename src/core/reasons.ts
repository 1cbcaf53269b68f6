/** The closed unions of language.md, "Reasons": the same words in tables, send log, tests and explain. */
export const SKIP_REASONS = [
  'no_address',
  'suppressed',
  'notify_only',
  'unsubscribed',
  'cap',
  'late',
  'nothing_to_say',
  'failed_render',
  'unresolved_wait',
  'held_out',
  'if',
  'ended',
  'cancelled',
  'erased',
] as const;
export type SkipReason = (typeof SKIP_REASONS)[number];

export const REFUSAL_REASONS = [
  'if',
  'barred_by_exit',
  'again_never',
  'again_too_soon',
  'already_active',
  'too_late',
  'missed',
  'needs',
  'surge_held',
  'account_taken',
  'erased',
] as const;
/** Why a profile did not enter. */
export type RefusalReason = (typeof REFUSAL_REASONS)[number];

export const END_REASONS = ['completed', 'converted', 'exited'] as const;
export type EndReason = (typeof END_REASONS)[number];

export const MESSAGE_STATES = [
  'pending',
  'claimed',
  'transmitting',
  'sent',
  'failed',
  'ambiguous',
  'skipped',
] as const;
export type MessageState = (typeof MESSAGE_STATES)[number];

/** What a message is for. A notice is about a profile and goes to a colleague; the others go to the profile. */
export const PURPOSES = ['marketing', 'transactional', 'notice'] as const;
export type Purpose = (typeof PURPOSES)[number];

export const TRANSITION_CAUSES = [
  'change',
  'time',
  'initial',
  'definition',
  'import',
  'merge',
] as const;
/** Why a membership changed; only `change` and `time` (and `initial` with `current: true`) enrol. */
export type TransitionCause = (typeof TRANSITION_CAUSES)[number];
