/** The shapes of conditions that name something and are true of it or not. */

/** What a profile said about a topic, else its default: the project's when the definition was applied. */
export interface TopicCondition {
  kind: 'topic';
  topic: string;
  byDefault: boolean;
  /** Unsubscribed. */
  negated: boolean;
}

/** One of so many of a million, drawn by profile and salt once and for ever (segments/sample.ts). */
export interface SampleCondition {
  kind: 'sample';
  salt: string;
  millionths: number;
  negated: boolean;
}

/** Member or not; with `forAtLeastMs` a member without interruption since at least so long. */
export interface SegmentCondition {
  kind: 'segment';
  segment: string;
  negated: boolean;
  forAtLeastMs?: number;
}

/** Somebody has entered a campaign and not left it. */
export interface ActiveCondition {
  kind: 'campaign_active';
  campaign: string;
  negated: boolean;
}
