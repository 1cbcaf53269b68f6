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

/** What the step `webhook:` tells its endpoint of rekindle.yaml, and nobody else (engine/flush-calls.ts). */
export const CALL_TYPE = 'campaign.call';
export const TOLD_TYPES = [...WEBHOOK_TYPES, CALL_TYPE] as const;
export type ToldType = (typeof TOLD_TYPES)[number];

export const DELIVERY_STATES = [
  'pending',
  'delivered',
  'failed',
  'skipped',
  'held',
  'simulated',
] as const;
/**
 * `failed`: given up. Of calls alone: `skipped`, it is not sent any more; `held`, it is late and somebody is to say whether it
 * goes; `simulated`: a demo made it, and it did not leave.
 */
export type DeliveryState = (typeof DELIVERY_STATES)[number];

export const DISABLED_BECAUSE = ['by_hand', 'gone', 'failing', 'removed', 'simulated'] as const;
/**
 * `gone`: it answered 410; `failing`: nothing arrived for days; `removed`: it is not in rekindle.yaml any more; `simulated`:
 * a demo made it.
 */
export type DisabledBecause = (typeof DISABLED_BECAUSE)[number];
