/**
 * Webhooks out: which addresses an endpoint may have. In: what somebody wrote. Out: the URL in its one form, or what is
 * wrong with it. Nothing is looked up here: the processes that deliver may be in another network than the one that is
 * asked, so a name is judged by what it leads to at each delivery (post-webhook.ts). Pure.
 */
import { isIP } from 'node:net';
import { hostOf } from '../core/internet-address.js';
import type { AddressGuard } from './address-guard.js';

/** What servers and proxies commonly take. */
export const LONGEST_URL = 2_048;

export type Judged = { url: string } | { problem: string };

/** The operator's setting, as people are told of it. */
const SETTING = 'REKINDLE_WEBHOOK_ALLOW';

/** Other spellings of an address (`2130706433`, `0x7f.1`, full-width digits) are what they stand for. */
export function decideUrl(text: string, guard: AddressGuard): Judged {
  if (!URL.canParse(text)) return { problem: 'url is no URL, as https://example.com/hooks is' };
  const url = new URL(text);
  if (url.protocol !== 'https:' && url.protocol !== 'http:')
    return { problem: 'url begins with https://' };
  if (url.username !== '' || url.password !== '')
    return { problem: 'url holds a name or password: verify the signature instead' };
  url.hash = '';
  if (url.href.length > LONGEST_URL) return { problem: `url is longer than ${LONGEST_URL}` };
  const refused = isIP(hostOf(url)) === 0 ? null : guard.refusal(hostOf(url), url.protocol);
  if (refused !== null) return { problem: `${refused}, and ${SETTING} does not name it` };
  if (url.protocol === 'http:' && !guard.allowsSome)
    return { problem: `url begins with https://: http is for addresses that ${SETTING} names` };
  return { url: url.href };
}
