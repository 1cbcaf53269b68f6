/** Shapes of what says when mail may go out, and how much of it: of the project, and of a campaign. No code. */
/** At most so many mails in `(t - ms, t]`, in each calendar day, week (from Monday) or month of the profile, or ever. */
export type Cap = {
  atMost: number;
  /** Only mails of this topic are counted, and only those are kept back; null = all. */
  topic: string | null;
} & (
  | { kind: 'within'; ms: number }
  | { kind: 'each'; unit: 'day' | 'week' | 'month' }
  | { kind: 'ever' }
);

/** What becomes of a mail for which there is no room: left out, or decided when there is, at most `ms` later. */
export type IfCapped = { kind: 'skip' } | { kind: 'wait'; ms: number };

/**
 * When mail goes out: from `from` to before `until` in local time, on the days on which it opens (1 = Monday .. 7 = Sunday).
 * One that ends before it begins ends on the day after; `until: null` = the end of the day.
 */
export interface SendWindow {
  days: number[];
  from: { hour: number; minute: number };
  until: { hour: number; minute: number } | null;
  /** `profile`, `project`, or an IANA name. */
  zone: string;
}

/** What becomes of mail that is still to be handed over `ms` after it was decided. */
export interface IfLate {
  ms: number;
  then: 'skip' | 'send' | 'ask';
}

/** What holds for all marketing mail, `ifLate` for all; absent = nothing of the kind. */
export interface ProjectGates {
  caps?: Cap[];
  ifCapped?: IfCapped;
  sendWindow?: SendWindow;
  ifLate?: IfLate;
  /** In hundredths of a percent; a campaign's 0 holds nobody out whatever the project says. */
  holdout?: number;
}

/** `caps` count mails of the campaign alone, beside the project's; all else stands in place of the project's. */
export interface CampaignGates extends ProjectGates {
  /** Absent = normal. */
  priority?: 'high' | 'low';
  /** Absent = as fast as it goes. */
  pace?: Pace;
}

/** So many mails of the campaign at most. */
export interface Pace {
  count: number;
  per: 'second' | 'minute' | 'hour' | 'day';
}
