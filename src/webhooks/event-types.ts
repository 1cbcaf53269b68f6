/**
 * Webhooks out: the closed unions of what is told and how telling went. The types are captured by triggers (migrations,
 * `capture_*`); a stage that has more to tell adds a type here and a row of `webhook_events` in its own transaction.
 */

export const WEBHOOK_TYPES = [
  'message.sent',
  'message.failed',
  'message.skipped',
  'message.ambiguous',
  'enrolment.entered',
  'enrolment.ended',
] as const;
export type WebhookType = (typeof WEBHOOK_TYPES)[number];

export const DELIVERY_STATES = ['pending', 'delivered', 'failed'] as const;
export type DeliveryState = (typeof DELIVERY_STATES)[number];

export const DISABLED_BECAUSE = ['by_hand', 'gone', 'failing'] as const;
/** `gone`: it answered 410; `failing`: nothing arrived for days. */
export type DisabledBecause = (typeof DISABLED_BECAUSE)[number];
