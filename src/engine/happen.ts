/**
 * What the engine brings about, kept with the profile until it is told: as events of its own, to whoever reads them
 * (own-facts.ts).
 */
import { NEVER, type Instant } from '../core/instant.js';
import { CAMPAIGN_ENDED, campaignSource } from '../core/own-events.js';
import type { EndReason } from '../core/reasons.js';
import type { OwnEvent } from '../ingest/own-events.sql.js';
import type { EnrolmentState } from './window.js';

/** Ends an active enrolment; the step it stood at stays as the place where it ended. */
export function endEnrolment(
  enrolment: EnrolmentState,
  at: Instant,
  reason: EndReason,
  because: string | null,
): void {
  enrolment.active = false;
  enrolment.endedAt = at;
  enrolment.endReason = reason;
  enrolment.endBecause = because;
  enrolment.dueAt = NEVER;
  enrolment.held = null;
  enrolment.watches.clear();
  enrolment.changed = true;
  happen(enrolment, CAMPAIGN_ENDED, at, { reason, ...(because === null ? {} : { because }) });
}

/** Notes what happened to an enrolment, for whoever reads it (own-facts.ts). */
export function happen(
  enrolment: EnrolmentState,
  name: string,
  at: Instant,
  properties: Record<string, unknown> = {},
): void {
  const { profile, trigger } = enrolment;
  happenAs(enrolment, name, at, { properties, messageId: `${name} ${profile.id} ${trigger}` });
}

/** The same of something that is told apart otherwise: one of its mails. */
export function happenAs(
  { profile, version, trace }: EnrolmentState,
  name: string,
  at: Instant,
  { properties, messageId }: Pick<OwnEvent, 'properties' | 'messageId'>,
): void {
  profile.happened.push({
    profileId: profile.id,
    name,
    at,
    properties: { campaign: version.id, ...properties },
    source: campaignSource(version.id),
    messageId,
    historical: profile.historical,
    trace,
  });
}
