/**
 * `message:` and `campaign:` with `was:` are conditions on events of the engine's own (core/own-events.ts): here is which word
 * is which event, both ways, so that what is printed reads as the same condition again. Pure.
 */
import {
  CAMPAIGN_CONVERTED,
  CAMPAIGN_ENDED,
  CAMPAIGN_ENTERED,
  MESSAGE_BOUNCED,
  MESSAGE_CLICKED,
  MESSAGE_COMPLAINED,
  MESSAGE_DELIVERED,
  MESSAGE_OPENED,
  MESSAGE_SENT,
} from '../../core/own-events.js';
import type { EventCondition, PropertyTest } from '../definitions.js';

interface OwnSubject {
  subject: 'message' | 'campaign';
  event: string;
  /** The `reason` of the end, where that tells them apart. */
  reason?: string;
}

/** By the word after `was:`. */
export const OWN_SUBJECTS: Readonly<Record<string, OwnSubject>> = {
  sent: { subject: 'message', event: MESSAGE_SENT },
  delivered: { subject: 'message', event: MESSAGE_DELIVERED },
  opened: { subject: 'message', event: MESSAGE_OPENED },
  clicked: { subject: 'message', event: MESSAGE_CLICKED },
  bounced: { subject: 'message', event: MESSAGE_BOUNCED },
  complained: { subject: 'message', event: MESSAGE_COMPLAINED },
  entered: { subject: 'campaign', event: CAMPAIGN_ENTERED },
  converted: { subject: 'campaign', event: CAMPAIGN_CONVERTED },
  finished: { subject: 'campaign', event: CAMPAIGN_ENDED, reason: 'completed' },
  exited: { subject: 'campaign', event: CAMPAIGN_ENDED, reason: 'exited' },
};

/** Which events it is about: `of` is a campaign, a step of one after a slash, or `any` message. */
export function ownMatch(was: string, of: string): Pick<EventCondition, 'names' | 'where'> {
  const { event, reason } = OWN_SUBJECTS[was]!;
  const [campaign = '', step] = of.split('/');
  const where = [
    ...(of === 'any' ? [] : [is('campaign', campaign)]),
    ...(step === undefined ? [] : [is('step', step)]),
    ...(reason === undefined ? [] : [is('reason', reason)]),
  ];
  return { names: { kind: 'list', names: [event] }, where };
}

/** The words for an event of our own; null for one of the application. */
export function ownWords({
  names,
  where,
}: Pick<EventCondition, 'names' | 'where'>): Record<string, string> | null {
  const event = names.kind === 'list' ? names.names[0] : undefined;
  const saying = (property: string): string | undefined =>
    where
      .filter(({ path }) => path.join('.') === property)
      .flatMap(({ tests }) => (tests[0]?.op === 'is' ? [String(tests[0].value)] : []))[0];
  const reason = saying('reason');
  const found = Object.entries(OWN_SUBJECTS).find(
    ([, own]) => own.event === event && own.reason === reason,
  );
  if (!found) return null;
  const [was, { subject }] = found;
  const of = [saying('campaign') ?? 'any', saying('step')].filter((part) => part !== undefined);
  return { [subject]: of.join('/'), was };
}

function is(property: string, value: string): PropertyTest {
  return { path: [property], tests: [{ op: 'is', value, negated: false }] };
}
