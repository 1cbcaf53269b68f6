/** How long a campaign takes at its pace within its send window. Pure. */
import type { CampaignGates, Pace, ProjectGates, SendWindow } from './gate-shapes.js';
import { printPace } from './print-gates.js';

const SECONDS: Record<Pace['per'], number> = { second: 1, minute: 60, hour: 3_600, day: 86_400 };

/** Mails a second while the window is open: so many per day go out within the hours that a day has for mail. */
export function perSecond({ count, per }: Pace, window: SendWindow | null): number {
  return count / (per === 'day' ? secondsOpen(window) : SECONDS[per]);
}

/** The window that its mail keeps to; transactional mail passes all. */
export function windowOfPace(
  { purpose, sendWindow }: { purpose: string } & CampaignGates,
  project: ProjectGates,
): SendWindow | null {
  return purpose === 'transactional' ? null : (sendWindow ?? project.sendWindow ?? null);
}

export interface PaceTakes {
  /** `5000 per hour`. */
  pace: string;
  /** On days on which mail goes out. */
  hoursADay: number;
  /** Such days that it takes, begun ones included. */
  days: number;
}

/** What so many mails take. */
export function paceTakes(mails: number, pace: Pace, window: SendWindow | null): PaceTakes {
  const seconds = secondsOpen(window);
  return {
    pace: printPace(pace),
    hoursADay: Math.round((seconds / SECONDS.hour) * 10) / 10,
    days: Math.ceil(mails / mailsADay(pace, window)),
  };
}

/**
 * Mails that go out on a day with this window. The first goes when it opens, whatever the pace (its turn has come by then), so
 * it is never less than one. Less than a thousandth of a mail is rounding.
 */
function mailsADay(pace: Pace, window: SendWindow | null): number {
  return Math.max(1, Math.ceil(perSecond(pace, window) * secondsOpen(window) - 0.001));
}

export interface SlowPace extends PaceTakes {
  /** Whom it takes in at once. */
  members: number;
}

/** Of a campaign that takes so many in at once, where one day is not enough for a mail to each; else null. */
export function slowPace(
  members: number,
  campaign: { purpose: string } & CampaignGates,
  project: ProjectGates,
): SlowPace | null {
  if (!campaign.pace) return null;
  const takes = paceTakes(members, campaign.pace, windowOfPace(campaign, project));
  return takes.days > 1 ? { members, ...takes } : null;
}

function secondsOpen(window: SendWindow | null): number {
  if (window === null) return SECONDS.day;
  const { from, until } = window;
  const minutes =
    (until === null ? 0 : until.hour * 60 + until.minute) - from.hour * 60 - from.minute;
  return (minutes > 0 ? minutes : minutes + 24 * 60) * 60;
}
