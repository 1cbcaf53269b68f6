/** How a billing system proves that a webhook is its own. The secret itself stands in the environment. */
import type { BillingSignature } from './billing.js';
import { Fields } from '../fields.js';
import type { Reading } from '../reading.js';
import { readChoice, readLine } from '../scalars/read-text.js';
import type { Node } from '../syntax/nodes.js';

type Hmac = Extract<BillingSignature, { scheme: 'hmac-sha256' }>;

const SCHEMES = ['hmac-sha256', 'standard-webhooks', 'basic'] as const;
const HMAC_KEYS = ['header', 'encoding', 'separator', 'prefix', 'timestamp'];
/** A field name of RFC 9110. */
const HEADER = /^[a-z0-9!#$%&'*+.^_`|~-]{1,100}$/i;
const MAX_PREFIX = 50;

export function readBillingSignature(reading: Reading, node: Node): BillingSignature | undefined {
  const map = reading.asMap(node, '`signature:`');
  if (!map) return undefined;
  const scheme = map.entries.find(({ key }) => key.text === 'scheme')?.value;
  const chosen = scheme ? readScheme(reading, scheme) : 'hmac-sha256';
  if (chosen === undefined) return undefined;
  const isHmac = chosen === 'hmac-sha256';
  const fields = new Fields(reading, map, {
    what: `a signature by ${chosen}`,
    keys: ['scheme', ...(isHmac ? HMAC_KEYS : [])],
    elsewhere: {
      secret: 'secrets stand in REKINDLE_BILLING_SECRETS, never in a file',
      ...(isHmac ? {} : Object.fromEntries(HMAC_KEYS.map((key) => [key, FIXED]))),
    },
  });
  return isHmac ? readHmac(reading, fields) : { scheme: chosen };
}

const FIXED = 'this scheme leaves nothing open; it belongs to scheme: hmac-sha256';

function readScheme(reading: Reading, node: Node): (typeof SCHEMES)[number] | undefined {
  return node.kind === 'broken' ? undefined : readChoice(reading, node, '`scheme:`', SCHEMES);
}

function readHmac(reading: Reading, fields: Fields): Hmac | undefined {
  const headerNode = fields.need('header', 'which header carries it: header: x-signature');
  const header = headerNode && readHeader(reading, headerNode);
  const encoding = fields.optional('encoding', (node) =>
    readChoice(reading, node, '`encoding:`', ['hex', 'base64'] as const),
  );
  const separator = fields.optional('separator', (node) =>
    readChoice(reading, node, '`separator:`', [';', ',', '|', '&'] as const),
  );
  const prefix = fields.optional('prefix', (node) => readPrefix(reading, node));
  const timestamp = fields.optional('timestamp', (node) => readTimestamp(reading, node, fields));
  if (header === undefined || encoding === undefined || separator === undefined) return undefined;
  if (prefix === undefined || timestamp === undefined) return undefined;
  return {
    scheme: 'hmac-sha256',
    header,
    encoding: encoding ?? 'hex',
    separator,
    prefix: prefix ?? '',
    timestamp,
  };
}

/** In a header of its own, or a part of the one with the signature. */
function readTimestamp(
  reading: Reading,
  node: Node,
  signature: Fields,
): NonNullable<Hmac['timestamp']> | undefined {
  const map = reading.asMap(node, '`timestamp:`');
  if (!map) return undefined;
  const fields = new Fields(reading, map, {
    what: 'the timestamp of a signature',
    keys: ['header', 'prefix', 'joined_by'],
    elsewhere: { tolerance: 'it is five minutes, always' },
  });
  const [first, second] = fields.present(['header', 'prefix']);
  if (!first)
    fields.need(
      'header',
      'the header it stands in, or prefix: how its part of the signature’s header begins',
    );
  if (second)
    return reading.error(
      'RK105',
      second,
      `the timestamp stands in one place only: \`${first!.text}\` is there already`,
      'leave one of the two out',
    );
  const header = fields.optional('header', (value) => readHeader(reading, value));
  const prefix = fields.optional('prefix', (value) => readPrefix(reading, value));
  if (fields.has('prefix'))
    signature.need('separator', 'what stands between the parts: separator: ";"');
  const joinedBy = fields.optional('joined_by', (value) =>
    readChoice(reading, value, '`joined_by:`', ['.', ':'] as const),
  );
  if (header === undefined || prefix === undefined || joinedBy === undefined) return undefined;
  if (header === null && prefix === null) return undefined;
  return { from: header === null ? { prefix: prefix! } : { header }, joinedBy: joinedBy ?? '.' };
}

function readHeader(reading: Reading, node: Node): string | undefined {
  const text = readLine(reading, node, 'the name of a header');
  if (text === undefined) return undefined;
  if (HEADER.test(text)) return text.toLowerCase();
  return reading.error(
    'RK212',
    node,
    `\`${text}\` is not the name of a header`,
    'letters, digits and hyphens: x-signature',
  );
}

function readPrefix(reading: Reading, node: Node): string | undefined {
  const text = readLine(reading, node, '`prefix:`');
  if (text === undefined || text.length <= MAX_PREFIX) return text;
  return reading.error(
    'RK106',
    node,
    `a prefix has at most ${MAX_PREFIX} characters`,
    'write how the part of the header begins: v1=',
  );
}
