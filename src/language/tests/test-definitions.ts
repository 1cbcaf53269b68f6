/**
 * Campaign tests as they are read from `config/tests/*.test.yaml`: a campaign, and stories of a few profiles in time with
 * what shall come of them. Plain data with the lines they came from, so that what fails can be pointed at.
 */
import type { Duration } from '../../core/duration.js';
import type { Moment } from '../scalars/read-time.js';

export interface TestFile {
  /** As its author knows it. */
  path: string;
  campaign: string;
  /** Where it is named. */
  campaignLine: number;
  /** Of profiles without `timezone`; null = the project's. */
  zone: string | null;
  tests: CampaignTest[];
}

export interface CampaignTest {
  name: string;
  line: number;
  /** By the name that the test gives them; it is their id too. */
  profiles: Record<string, TestProfile>;
  /** Traits by id. */
  accounts: Record<string, Record<string, unknown>>;
  timeline: TimelineEntry[];
}

export interface TestProfile {
  traits: Record<string, unknown>;
  /** Whether they are subscribed, by topic; others have the topic's default. */
  topics: Record<string, boolean>;
  /** Which way it goes, by the id of the split; others draw. */
  arms: Record<string, string>;
  /** Salts of the samples it is in; of all others it is not. */
  samples: string[];
  /** Gets no mail; all others are mailed whatever the lot says. */
  heldOut: boolean;
  /** When life began; null = with the first entry of the timeline. */
  firstSeen: Moment | null;
  account: string | null;
}

export interface TimelineEntry {
  line: number;
  profile: string;
  /** In the profile's zone; `after` the entry before. */
  when: { kind: 'at'; moment: Moment } | { kind: 'after'; duration: Duration };
  action: TestAction | null;
  expect: Expectation[];
}

/** What people and mail servers do with a mail. */
export const FEEDBACK_ACTIONS = ['opens', 'clicks', 'bounces', 'complains'] as const;
export type FeedbackAction = (typeof FEEDBACK_ACTIONS)[number];

export type TestAction =
  | { kind: 'event'; name: string; properties: Record<string, unknown>; times: number }
  | { kind: 'set'; traits: Record<string, unknown> }
  /** Of the company that the profile belongs to. */
  | { kind: 'set_account'; traits: Record<string, unknown> }
  /** `*` = every topic. */
  | { kind: 'unsubscribes'; topic: string }
  /** What becomes of the mail of a step: the profile, or its mail server, answers it. */
  | { kind: FeedbackAction; step: string }
  /** The API asks the campaign to let the profile in. */
  | { kind: 'enrol'; entry: Record<string, unknown> }
  /** Of the campaign, to everybody who matches then. */
  | { kind: 'broadcast'; entry: Record<string, unknown> };

export type Expectation = { line: number } & (
  | {
      /** `notifies`: a notice about the profile, to a colleague. */
      kind: 'sends' | 'notifies';
      step: string;
      to: string | null;
      subject: string | null;
      /** Texts that the mail holds. */
      contains: string[];
    }
  | { kind: 'skips'; step: string; because: string | null }
  | { kind: 'enters' }
  | { kind: 'not_entered'; because: string | null }
  | { kind: 'ends'; reason: string; because: string | null }
  /** Of another system; `with`: what the call holds at least. */
  | { kind: 'calls'; endpoint: string; with: Record<string, unknown> }
  /** Neither entered, nor written to, nor left out, and nobody called, since the entry before. */
  | { kind: 'nothing' }
);
