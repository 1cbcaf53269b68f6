/** Mail addresses, domains, URLs and locales of rekindle.yaml. */
import type { Reading } from '../reading.js';
import { readLine } from '../scalars/read-text.js';
import type { Node } from '../syntax/nodes.js';

const DOMAIN = /^(?=.{1,253}$)(?:[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?\.)+[a-z0-9-]{2,63}$/i;
/** The part before the @ as RFC 5322 writes it without quotes. */
const LOCAL_PART = /^[\w!#$%&'*+/=?^`{|}~-]+(?:\.[\w!#$%&'*+/=?^`{|}~-]+)*$/;

export function readEmail(reading: Reading, node: Node): string | undefined {
  const text = readLine(reading, node, 'a mail address');
  if (text === undefined) return undefined;
  const at = text.lastIndexOf('@');
  if (at > 0 && at <= 64 && LOCAL_PART.test(text.slice(0, at)) && DOMAIN.test(text.slice(at + 1)))
    return text;
  return reading.error(
    'RK210',
    node,
    `\`${text}\` is not a mail address`,
    'only the address: help@acme.com; the name stands in name:',
  );
}

/** `notify_only:` domains and whole addresses, in lower case. */
export function readNotifyOnly(reading: Reading, node: Node): string[] | undefined {
  const items = node.kind === 'list' ? node.items : [node];
  if (items.length === 0)
    return reading.error(
      'RK004',
      node,
      '`notify_only:` has an empty list',
      'notify_only: [acme.com], or leave it out',
    );
  const read = items.map((item) =>
    item.kind === 'text' && item.text.startsWith('@')
      ? reading.error(
          'RK210',
          item,
          `\`${item.text}\` is not a domain`,
          `write ${item.text.slice(1)}, without @`,
        )
      : item.kind === 'text' && item.text.includes('@')
        ? readEmail(reading, item)?.toLowerCase()
        : readDomain(reading, item, '`notify_only:`'),
  );
  return read.every((one) => one !== undefined) ? read : undefined;
}

export function readDomain(
  reading: Reading,
  node: Node,
  what = '`mail_domain:`',
): string | undefined {
  const text = readLine(reading, node, what);
  if (text === undefined || DOMAIN.test(text)) return text?.toLowerCase();
  return reading.error(
    'RK210',
    node,
    `\`${text}\` is not a domain`,
    'a name such as news.acme.com',
  );
}

/** An http or https URL without query, `/` at the end removed. */
export function readUrl(reading: Reading, node: Node, what: string): string | undefined {
  const text = readLine(reading, node, what);
  if (text === undefined) return undefined;
  const url = URL.canParse(text) ? new URL(text) : null;
  if (
    url &&
    /^https?:$/.test(url.protocol) &&
    url.search === '' &&
    url.hash === '' &&
    url.username === ''
  )
    return url.href.replace(/\/$/, '');
  return reading.error(
    'RK210',
    node,
    `${what} is not a web address: \`${text}\``,
    'https://links.acme.com',
  );
}
