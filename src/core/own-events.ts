/**
 * Events of the engine's own: what later stages do comes back to the conditions as events whose names begin with `$`
 * (design.md 4). The closed set of them; they are stored only where a live definition reads them (docs/adr/0118).
 */
export const CAMPAIGN_ENTERED = '$campaign_entered';
/** With `reason` (completed, converted, exited) and `because`. */
export const CAMPAIGN_ENDED = '$campaign_ended';
/** The goal was reached, within the enrolment or after it. */
export const CAMPAIGN_CONVERTED = '$campaign_converted';
/** Called by their profile and the trigger of the enrolment; those of messages by the mail. */
export const EVENTS_OF_ENROLMENTS = [CAMPAIGN_ENTERED, CAMPAIGN_ENDED, CAMPAIGN_CONVERTED];
export const MESSAGE_SENT = '$message_sent';
/** The address does not exist. */
export const MESSAGE_BOUNCED = '$message_bounced';

/** Whether a name is the engine's: an application cannot send one, and `any` never means it. */
export function isOwnEvent(name: string): boolean {
  return name.startsWith('$');
}

const SOURCE = 'campaign:';

/** Where an own event, or what a step states, comes from. */
export function campaignSource(campaign: string): string {
  return `${SOURCE}${campaign}`;
}

export function isCampaignSource(source: string): boolean {
  return source.startsWith(SOURCE);
}
