/** What people may do about a message: the words of the address, and which of them fit a message as it stands. Pure. */
import type { Instant } from '../../core/instant.js';
import type { MessageAction } from '../../delivery/message-actions.sql.js';
import type { MessageDetail } from '../../delivery/message-detail.sql.js';
import { mayBeResent } from '../../delivery/resend-message.js';
import type { SendLogRow } from '../../delivery/send-log.sql.js';

export const ACTIONS = [
  'cancel',
  'send-now',
  'retry',
  'arrived',
  'not-arrived',
  'resend',
  'copy',
] as const;
/** As the address names it. */
export type ActionName = (typeof ACTIONS)[number];

/** What delivery calls those that change the message itself. */
export const CHANGES: Readonly<Partial<Record<ActionName, MessageAction>>> = {
  cancel: 'cancel',
  'send-now': 'send_now',
  retry: 'retry',
  arrived: 'arrived',
  'not-arrived': 'not_arrived',
};

export function messageHref(id: number): string {
  return `/console/messages/${id}`;
}

/** Those that would do something at `now`. */
export function actionsOn(
  { state, reason, dueAt }: SendLogRow,
  { againAs }: MessageDetail,
  now: Instant,
): ActionName[] {
  const fits: Record<ActionName, boolean> = {
    cancel: state === 'pending',
    'send-now': state === 'pending' && dueAt > now,
    retry: state === 'failed',
    arrived: state === 'ambiguous',
    'not-arrived': state === 'ambiguous',
    resend: mayBeResent({ state, reason }) && againAs === null,
    copy: true,
  };
  return ACTIONS.filter((action) => fits[action]);
}
