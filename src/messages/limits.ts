/**
 * Messages, stage 4: how much marketing mail a profile may get, beside whether it may get any (decide-message.ts). In: the
 * limits on one mail, at the instant of the question. Out: nothing, a refusal with its numbers, or that it may go later.
 */
import type { Instant } from '../core/instant.js';
import type { SkipReason } from '../core/reasons.js';
import type { IfCapped } from '../language/gates/gate-shapes.js';
import { lookAtCaps, type CapRule, type CountedMail } from './caps.js';
import type { GatesSeen, HeldBy } from './gates.js';
import { lookAtWindow, type WindowRule } from './send-window.js';

/** Transactional mail has none. */
export interface Limits {
  at: Instant;
  /** The profile's, in which its days and weeks are counted. */
  zone: string;
  projectZone: string;
  campaign: string;
  window: WindowRule | null;
  caps: readonly CapRule[];
  /** Those that count. */
  mails: readonly CountedMail[];
  ifCapped: IfCapped;
  /** Since when it waits for room. */
  since: Instant;
}

/** The numbers behind it. */
type Detail = Record<string, string | number | null>;

export type Limited = { detail: Detail } & (
  | { skipped: Extract<SkipReason, 'cap'> }
  /** It may go then, if it is decided so then. */
  | { held: { until: Instant; because: Extract<HeldBy, 'window' | 'cap'> } }
);

/** Null when nothing is in the way. What each gate saw is added to `gates`. */
export function decideLimits(limits: Limits, gates: GatesSeen): Limited | null {
  return closed(limits, gates) ?? capped(limits, gates);
}

/** A window is only ever waited for: whether there is room is asked when it opens. */
function closed({ window, at, zone, projectZone }: Limits, gates: GatesSeen): Limited | null {
  if (window === null) return null;
  const look = lookAtWindow(window, at, { profile: zone, project: projectZone });
  gates.window = look.seen;
  if (look.opensAt === null) return null;
  return { held: { until: look.opensAt, because: 'window' }, detail: { ...look.seen } };
}

function capped(limits: Limits, gates: GatesSeen): Limited | null {
  const look = lookAtCaps(limits.caps, limits.mails, limits);
  if (look === null) return null;
  gates.cap = look.seen;
  if (look.freeAt === null) return null;
  const detail = { ...look.seen };
  const { ifCapped, since } = limits;
  return ifCapped.kind === 'wait' && look.freeAt <= since + ifCapped.ms
    ? { held: { until: look.freeAt, because: 'cap' }, detail }
    : { skipped: 'cap', detail };
}
