/** How long a campaign takes at its pace within its send window. Pure. */
import type { Pace, SendWindow } from './gate-shapes.js';
import { printPace } from './print-gates.js';

const SECONDS: Record<Pace['per'], number> = { second: 1, minute: 60, hour: 3_600, day: 86_400 };

/** Mails a second. */
export function perSecond({ count, per }: Pace): number {
  return count / SECONDS[per];
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
  const seconds = window === null ? SECONDS.day : secondsOpen(window);
  return {
    pace: printPace(pace),
    hoursADay: Math.round((seconds / SECONDS.hour) * 10) / 10,
    days: Math.ceil(mails / perSecond(pace) / seconds),
  };
}

function secondsOpen({ from, until }: SendWindow): number {
  const minutes =
    (until === null ? 0 : until.hour * 60 + until.minute) - from.hour * 60 - from.minute;
  return (minutes > 0 ? minutes : minutes + 24 * 60) * 60;
}
