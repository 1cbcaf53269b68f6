/**
 * The stored words that pages show: states, reasons, kinds. Closed unions, as code names them; a language may say them its
 * own way, and what it has no word for is shown as it is stored.
 */
import { BROADCAST_OUTCOMES, BROADCAST_STATES } from '../../campaigns/broadcasts.sql.js';
import {
  END_REASONS,
  MESSAGE_STATES,
  REFUSAL_REASONS,
  SKIP_REASONS,
  TRANSITION_CAUSES,
} from '../../core/reasons.js';
import { CAMPAIGN_STATES } from '../../delivery/campaigns.sql.js';
import { COPY_STATES } from '../../delivery/message-copies.sql.js';
import { PAUSE_SCOPES } from '../../delivery/pauses.sql.js';
import { IMPORT_STATES } from '../../ingest/imports.sql.js';
import { SUPPRESSION_REASONS } from '../../messages/suppressions.sql.js';
import { DELIVERY_STATES } from '../../webhooks/event-types.js';

export const WORDS = [
  ...MESSAGE_STATES,
  ...SKIP_REASONS,
  ...REFUSAL_REASONS,
  ...END_REASONS,
  ...TRANSITION_CAUSES,
  ...CAMPAIGN_STATES,
  ...BROADCAST_STATES,
  ...BROADCAST_OUTCOMES,
  ...IMPORT_STATES,
  ...DELIVERY_STATES,
  ...COPY_STATES,
  ...SUPPRESSION_REASONS,
  ...PAUSE_SCOPES,
  // Why a message failed or is ambiguous (delivery/decide-reply.ts, delivery/settlement.ts).
  'hard_bounce',
  'mailbox_full',
  'policy',
  'refused',
  'gave_up',
  'address',
  'connection_lost',
  'worker_lost',
  'restored',
  // What ended an enrolment, where no event did (engine/window.ts).
  'left_segment',
  'while',
  'date_changed',
  'exit: date_past',
  'exit: date_missing',
  'ends_after',
  'merged',
  'restarted',
  // Enrolments, definitions and what became of them, kinds of steps, purposes.
  'active',
  'ended',
  'project',
  'segment',
  'score',
  'template',
  'added',
  'changed',
  'drained',
  'opened',
  'send',
  'notify',
  'wait',
  'wait_for',
  'wait_until',
  'branch',
  'split',
  'repeat',
  'exit',
  'marketing',
  'transactional',
  'notice',
  // What became of a step (campaigns/walk.ts).
  'waited',
  'met',
  'timed_out',
  'unresolved',
  'past',
  'missing',
  'round',
  'asked',
  'called',
  'traits_full',
  // What keeps the next mail back (delivery/explain-next-mail.ts).
  'window',
  'campaign_draft',
  'campaign_paused',
  'sending_paused',
  'mail_outage',
  'campaign_draining',
  'campaign_stopped',
  'campaign_removed',
  'profile_parked',
] as const;

export type Word = (typeof WORDS)[number];
