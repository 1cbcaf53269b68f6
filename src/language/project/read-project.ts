/** rekindle.yaml -> `ProjectDefinition`. */
import type { ProjectDefinition } from '../definitions.js';
import type { Endpoint, Sender, Topic } from './project-shapes.js';
import { Fields } from '../fields.js';
import { PROJECT_GATES, readProjectGates } from '../gates/read-gates.js';
import { readSurge } from '../gates/read-surge.js';
import type { Reading } from '../reading.js';
import { readLocale } from '../scalars/read-locale.js';
import { readTimeOfDay, readZone } from '../scalars/read-time.js';
import { readChoice, readProseLine, readName, readPath } from '../scalars/read-text.js';
import type { Entry, Node } from '../syntax/nodes.js';
import { readDomain, readEmail, readNotifyOnly, readUrl } from './read-addresses.js';
import { readBilling } from './read-billing.js';
import { readEndpoint } from './read-endpoints.js';

const KEYS = [
  'project',
  'zone',
  'locale',
  'profile_start',
  'senders',
  'postal_address',
  'mail_domain',
  'links',
  'topics',
  'billing',
  'endpoints',
  ...PROJECT_GATES,
  'surge',
  'daily_at',
  'notify_only',
];

export interface ProjectReading {
  /** Null when something in the file is wrong. */
  project: ProjectDefinition | null;
  /** Names that campaigns may use, even if what they stand for is wrong; null when unreadable. */
  topics: string[] | null;
  senders: string[] | null;
  endpoints: string[] | null;
}

export function readProject(reading: Reading, root: Node): ProjectReading {
  const map = reading.asMap(root, 'rekindle.yaml');
  if (!map) return { project: null, topics: null, senders: null, endpoints: null };
  const fields = new Fields(reading, map, { what: 'rekindle.yaml', keys: KEYS });
  const nameNode = fields.need('project', 'the name of your product');
  const zoneNode = fields.need(
    'zone',
    'where days begin for profiles without a zone of their own: zone: Europe/Berlin',
  );
  const project = nameNode && readProseLine(reading, nameNode, '`project:`');
  const zone = zoneNode && readZone(reading, zoneNode, []);
  const locale = fields.optional('locale', (node) => readLocale(reading, node));
  const profileStart = fields.optional('profile_start', (node) =>
    readPath(reading, node, '`profile_start:`'),
  );
  const senders = fields.optional('senders', (node) =>
    readNamed(reading, node, 'a sender', readSender),
  );
  const postalAddress = fields.optional('postal_address', (node) =>
    readProseLine(reading, node, '`postal_address:`'),
  );
  const mailDomain = fields.optional('mail_domain', (node) => readDomain(reading, node));
  const links = fields.optional('links', (node) => readUrl(reading, node, '`links:`'));
  const topics = fields.optional('topics', (node) =>
    readNamed(reading, node, 'a topic', readTopic),
  );
  const billing = fields.optional('billing', (node) => readBilling(reading, node));
  const endpoints = fields.optional('endpoints', (node) =>
    readNamed<Endpoint>(reading, node, 'an endpoint', readEndpoint),
  );
  const gates = readProjectGates(reading, fields);
  const surge = fields.optional('surge', (node) => readSurge(reading, node));
  const dailyAt = fields.optional('daily_at', (node) =>
    readTimeOfDay(reading, node, '`daily_at:`'),
  );
  const notifyOnly = fields.optional('notify_only', (node) => readNotifyOnly(reading, node));
  const names = {
    topics: keysOf(fields, 'topics'),
    senders: keysOf(fields, 'senders'),
    endpoints: keysOf(fields, 'endpoints'),
  };
  if (
    project === undefined ||
    zone === undefined ||
    locale === undefined ||
    profileStart === undefined
  )
    return { project: null, ...names };
  if (
    senders === undefined ||
    postalAddress === undefined ||
    mailDomain === undefined ||
    links === undefined ||
    topics === undefined ||
    billing === undefined ||
    endpoints === undefined ||
    surge === undefined ||
    dailyAt === undefined ||
    notifyOnly === undefined ||
    !gates
  ) {
    return { project: null, ...names };
  }
  const definition: ProjectDefinition = {
    kind: 'project',
    id: 'rekindle',
    project,
    zone,
    locale: locale ?? 'en',
    profileStart: profileStart ?? ['created_at'],
    senders: senders ?? {},
    postalAddress,
    mailDomain,
    links,
    topics: topics ?? {},
    ...(billing ? { billing } : {}),
    ...(endpoints ? { endpoints } : {}),
    ...gates,
    ...(surge ? { surge } : {}),
    ...(dailyAt ? { dailyAt } : {}),
    ...(notifyOnly ? { notifyOnly } : {}),
  };
  return { project: definition, ...names };
}

function keysOf(fields: Fields, key: string): string[] | null {
  if (!fields.has(key)) return [];
  const node = fields.get(key);
  return node?.kind === 'map' ? node.entries.map((entry) => entry.key.text) : null;
}

/** A map from our names to things. */
function readNamed<T>(
  reading: Reading,
  node: Node,
  what: string,
  read: (reading: Reading, entry: Entry) => T | undefined,
): Record<string, T> | undefined {
  const map = reading.asMap(node, `the map of ${what.replace(/^an? /, '')}s`);
  const pairs = map?.entries.map((entry) => {
    const name = readName(reading, entry.key, what);
    const value = entry.value.kind === 'broken' ? undefined : read(reading, entry);
    return name && value !== undefined ? ([name.text, value] as const) : undefined;
  });
  return pairs?.every((pair) => pair !== undefined) ? Object.fromEntries(pairs) : undefined;
}

function readSender(reading: Reading, { key, value }: Entry): Sender | undefined {
  const map = reading.asMap(value, `the sender ${key.text}`);
  if (!map) return undefined;
  const fields = new Fields(reading, map, {
    what: `the sender ${key.text}`,
    keys: ['name', 'email', 'reply_to'],
  });
  const nameNode = fields.need('name');
  const emailNode = fields.need('email');
  const name = nameNode && readProseLine(reading, nameNode, '`name:`');
  const email = emailNode && readEmail(reading, emailNode);
  const replyTo = fields.optional('reply_to', (node) => readEmail(reading, node));
  return name !== undefined && email !== undefined && replyTo !== undefined
    ? { name, email, replyTo }
    : undefined;
}

function readTopic(reading: Reading, { key, value }: Entry): Topic | undefined {
  const map = reading.asMap(value, `the topic ${key.text}`);
  if (!map) return undefined;
  const fields = new Fields(reading, map, {
    what: `the topic ${key.text}`,
    keys: ['name', 'default'],
  });
  const nameNode = fields.need('name', 'people see it on the unsubscribe page');
  const name = nameNode && readProseLine(reading, nameNode, '`name:`');
  const initial = fields.optional('default', (node) =>
    readChoice(reading, node, '`default:`', ['subscribed', 'unsubscribed'] as const),
  );
  return name !== undefined && initial !== undefined
    ? { name, default: initial ?? 'subscribed' }
    : undefined;
}
