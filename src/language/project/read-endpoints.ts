/** `endpoints:` of rekindle.yaml: which other systems campaigns call, and which environment variable holds what signs the calls. */
import { hostOf, readInternetAddress } from '../../core/internet-address.js';
import { Fields } from '../fields.js';
import type { Reading } from '../reading.js';
import { readLine } from '../scalars/read-text.js';
import type { Entry, Node } from '../syntax/nodes.js';
import type { Endpoint } from './project-shapes.js';

/** What servers and proxies commonly take. */
const LONGEST_URL = 2_048;
const ALLOW = 'REKINDLE_WEBHOOK_ALLOW';
const VARIABLE = /^env:([A-Za-z_]\w{0,99})$/;

export function readEndpoint(reading: Reading, { key, value }: Entry): Endpoint | undefined {
  const map = reading.asMap(value, `the endpoint ${key.text}`);
  if (!map) return undefined;
  const fields = new Fields(reading, map, {
    what: `the endpoint ${key.text}`,
    keys: ['url', 'secret'],
  });
  const node = fields.need('url', 'where its calls go: url: https://billing.acme.com/hooks');
  const url = node && readEndpointUrl(reading, node);
  const secret = fields.optional('secret', (text) => readSecret(reading, text));
  return url === undefined || secret === undefined ? undefined : { url, secret };
}

/** In its one form, without a fragment. Where it leads is judged at each call (webhooks/post-webhook.ts). */
function readEndpointUrl(reading: Reading, node: Node): string | undefined {
  const text = readLine(reading, node, '`url:`');
  if (text === undefined) return undefined;
  const url = URL.canParse(text) ? new URL(text) : null;
  if (!url || !/^https?:$/.test(url.protocol) || url.href.length > LONGEST_URL)
    return reading.error(
      'RK210',
      node,
      `\`url:\` is not a web address: \`${text}\``,
      `https://billing.acme.com/hooks, at most ${LONGEST_URL} characters`,
    );
  if (url.username !== '' || url.password !== '')
    return reading.error(
      'RK219',
      node,
      'this address holds a name or a password, and the file is kept in git',
      'verify the signature instead; secret: env:NAME names the variable that holds the secret',
    );
  warnOfPrivate(reading, node, url);
  url.hash = '';
  return url.href;
}

/** The operator may allow such addresses, and this file does not know. */
function warnOfPrivate(reading: Reading, node: Node, url: URL): void {
  const host = hostOf(url);
  const address = readInternetAddress(host);
  const inside = address ? !address.isGlobal : /(^|\.)localhost\.?$/.test(host);
  if (inside)
    reading.warn(
      'RK218',
      node,
      `${address?.text ?? host} is not a public address`,
      `calls go there only where ${ALLOW} names its address on the server`,
    );
  else if (url.protocol === 'http:')
    reading.warn(
      'RK218',
      node,
      'this address is not https',
      `write https://; http is for addresses that ${ALLOW} names on the server`,
    );
}

/** `env:NAME`; the name is one of the operator's own. */
function readSecret(reading: Reading, node: Node): string | undefined {
  const text = readLine(reading, node, '`secret:`');
  if (text === undefined) return undefined;
  const name = VARIABLE.exec(text)?.[1];
  if (name === undefined)
    return reading.error(
      'RK219',
      node,
      '`secret:` names the environment variable that holds the secret, and never the secret itself',
      'secret: env:BILLING_SECRET; leave it out and the system makes one',
    );
  if (!name.toUpperCase().startsWith('REKINDLE_')) return text;
  return reading.error(
    'RK219',
    node,
    `\`${name}\` would be a setting of Rekindle's own, and there is none of this name`,
    'a variable of yours: env:BILLING_SECRET',
  );
}
