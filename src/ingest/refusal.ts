/** Stage 1: the refusal of an item that had been read: the item in the words in which it was sent, made visible. */
import { instantToSql, type Instant } from '../core/instant.js';
import { showValue } from './check-value.js';
import type { Item, Refusal, RefusalCode } from './item.js';

/** What is written down of a stored item that cannot be used whole. */
export function remarkedOf(item: Item): Refusal[] {
  return (item.remarks ?? []).map(({ code, detail }) => refusalOf(item, code, detail));
}

/** Without the context, which a whole batch may share. */
export function refusalOf(item: Item, code: RefusalCode, detail: string): Refusal {
  const shown = showValue(asSent(item));
  return { code, detail, call: item.type, source: item.source, item: shown };
}

/** The fields of the call that say something; those of ours, as hints and what billing knows, are no words of the client. */
function asSent(item: Item): Record<string, unknown> {
  const { type, profileId, userId, anonymousId, previousId, groupId, messageId, event } = item;
  const { properties, traits, accountTraits, timestamp, sentAt, historical } = item;
  const said = {
    type,
    profileId,
    userId,
    anonymousId,
    previousId,
    groupId,
    event: type === 'track' ? event : null,
    properties: filled(properties),
    traits: filled(traits) ?? filled(accountTraits),
    messageId,
    timestamp: shownTime(timestamp),
    sentAt: shownTime(sentAt),
    historical: historical || null,
  };
  return Object.fromEntries(Object.entries(said).filter(([, value]) => value !== null));
}

function filled(fields: Item['traits']): Item['traits'] | null {
  return Object.keys(fields).length > 0 ? fields : null;
}

function shownTime(at: Instant | null): string | null {
  return at === null ? null : instantToSql(at);
}
