/**
 * Messages, stage 4: may mail go out at this hour? In: the send window that is about it, the zone of the profile. Out: what
 * the gate saw, and when the window opens next. Pure; local time becomes an instant in core/calendar.ts.
 */
import { nextOpening, toLocal, weekday } from '../core/calendar.js';
import type { Instant } from '../core/instant.js';
import type { SendWindow } from '../language/gates/gate-shapes.js';
import { printWindow } from '../language/gates/print-gates.js';
import { printDays, printTime } from '../language/scalars/print-days.js';

/** A window and whose it is. */
export interface WindowRule {
  of: 'project' | 'campaign';
  window: SendWindow;
}

/** What the window said, as it is stored; `opens_at` where it was closed. */
export interface WindowSeen {
  of: 'project' | 'campaign';
  /** `mon-fri 09:00-17:00 in Europe/Berlin`. */
  rule: string;
  /** The hour that it was asked about, `tue 18:30`. */
  local: string;
  opens_at?: string;
}

/** A campaign's own window stands in place of the project's; null: there is none. */
export function windowOn(
  project: { sendWindow?: SendWindow },
  campaign: { sendWindow?: SendWindow },
): WindowRule | null {
  if (campaign.sendWindow) return { of: 'campaign', window: campaign.sendWindow };
  return project.sendWindow ? { of: 'project', window: project.sendWindow } : null;
}

export interface WindowLook {
  seen: WindowSeen;
  /** Null: it is open. */
  opensAt: Instant | null;
}

/** `zones`: of the profile and of the project. */
export function lookAtWindow(
  { of, window }: WindowRule,
  at: Instant,
  zones: { profile: string; project: string },
): WindowLook {
  const named = window.zone === 'profile' || window.zone === 'project' ? zones[window.zone] : null;
  const zone = named ?? window.zone;
  const opens = nextOpening(at, window, zone);
  const seen = { of, rule: `${printWindow(window)} in ${zone}`, local: printLocal(at, zone) };
  return opens === at
    ? { seen, opensAt: null }
    : { seen: { ...seen, opens_at: new Date(opens).toISOString() }, opensAt: opens };
}

function printLocal(at: Instant, zone: string): string {
  const local = toLocal(at, zone);
  return `${printDays([weekday(local)])} ${printTime(local)}`;
}
