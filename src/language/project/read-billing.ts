/** `billing:` of rekindle.yaml -> `Billing`: which billing systems send webhooks, and what is taken of them. */
import type { Path } from '../definitions.js';
import type { Billing, BillingEvent, BillingSource, BillingValue } from './billing.js';
import { Fields } from '../fields.js';
import type { Reading } from '../reading.js';
import { readEventName, readName, readPath } from '../scalars/read-text.js';
import type { Entry, Node } from '../syntax/nodes.js';
import { readBillingSignature } from './read-billing-signature.js';
import { readBillingValues } from './read-billing-values.js';

/** Stripe signs and speaks as it does; only where its objects name the application's user is left open. */
const STRIPE = 'stripe';
const MAX_TYPE = 100;

export function readBilling(reading: Reading, node: Node): Billing | undefined {
  const map = reading.asMap(node, 'the map of billing systems');
  if (!map) return undefined;
  const billing: Billing = { stripeUser: null, sources: {} };
  const sources: [string, BillingSource][] = [];
  let broken = false;
  for (const entry of map.entries) {
    const name = readName(reading, entry.key, 'a billing system');
    if (name?.text === STRIPE) {
      const user = readStripe(reading, entry.value);
      if (user) billing.stripeUser = user;
      else broken = true;
      continue;
    }
    const source = readSource(reading, entry);
    if (name && source) sources.push([name.text, source]);
    else broken = true;
  }
  return broken ? undefined : { ...billing, sources: Object.fromEntries(sources) };
}

function readStripe(reading: Reading, node: Node): Path | undefined {
  const map = reading.asMap(node, '`stripe:`');
  if (!map) return undefined;
  const builtIn =
    'how Stripe signs and what its events mean is built in; only profile: may be said';
  const fields = new Fields(reading, map, {
    what: 'the billing system stripe',
    keys: ['profile'],
    elsewhere: Object.fromEntries(SOURCE_KEYS.map((key) => [key, builtIn])),
  });
  const profile = fields.need('profile');
  const inner = profile && reading.asMap(profile, '`profile:`');
  if (!inner) return undefined;
  const user = new Fields(reading, inner, {
    what: '`profile:` of stripe',
    keys: ['user'],
    elsewhere: { anonymous: builtIn, email: builtIn },
  }).need('user', 'where its objects hold your id of the person: user: metadata.account_id');
  return user && readPath(reading, user, '`user:`');
}

const SOURCE_KEYS = ['signature', 'id', 'type', 'at', 'events'];

function readSource(reading: Reading, { key, value }: Entry): BillingSource | undefined {
  const what = `the billing system ${key.text}`;
  const map = reading.asMap(value, what);
  if (!map) return undefined;
  const fields = new Fields(reading, map, { what, keys: [...SOURCE_KEYS, 'profile'] });
  const signature = fields.need('signature', 'how its webhooks are proved to be its own');
  const path = (name: string, help: string): Path | undefined => {
    const node = fields.need(name, help);
    return node && readPath(reading, node, `\`${name}:\``);
  };
  const signed = signature && readBillingSignature(reading, signature);
  const id = fields.optional('id', (node) => readPath(reading, node, '`id:`'));
  const type = path('type', 'where the body says what happened: type: event_type');
  const at = path('at', 'where the body says when it happened: at: occurred_at');
  const profileNode = fields.need('profile', 'where the body says who it is about');
  const profile = profileNode && readProfile(reading, profileNode);
  const eventsNode = fields.need('events', 'which types are taken, and as what');
  const events = eventsNode && readEvents(reading, eventsNode);
  return signed && id !== undefined && type && at && profile && events
    ? { signature: signed, id, type, at, profile, events }
    : undefined;
}

function readProfile(reading: Reading, node: Node): BillingSource['profile'] | undefined {
  const map = reading.asMap(node, '`profile:`');
  if (!map) return undefined;
  const fields = new Fields(reading, map, {
    what: '`profile:` of a billing system',
    keys: ['user', 'anonymous', 'email'],
  });
  if (!fields.has('user') && !fields.has('anonymous')) {
    fields.need('user', 'the path of your own id of a person, or anonymous: the billing system’s');
    return undefined;
  }
  const path = (key: string): Path | null | undefined =>
    fields.optional(key, (value) => readPath(reading, value, `\`${key}:\``));
  const [user, anonymous, email] = [path('user'), path('anonymous'), path('email')];
  return user !== undefined && anonymous !== undefined && email !== undefined
    ? { user, anonymous, email }
    : undefined;
}

function readEvents(reading: Reading, node: Node): Record<string, BillingEvent> | undefined {
  const map = reading.asMap(node, '`events:`');
  if (!map) return undefined;
  if (map.entries.length === 0 && !map.incomplete)
    return reading.error('RK004', node, '`events:` is empty', 'name at least one type');
  const pairs = map.entries.map(({ key, value }) => {
    const isName = key.text.length <= MAX_TYPE;
    if (!isName)
      reading.error(
        'RK106',
        key,
        `a type of webhooks cannot be called \`${key.text}\``,
        `as the billing system sends it, at most ${MAX_TYPE} characters`,
      );
    const event = value.kind === 'broken' ? undefined : readEvent(reading, key.text, value);
    return isName && event ? ([key.text, event] as const) : undefined;
  });
  return pairs.every((pair) => pair !== undefined) && !map.incomplete
    ? Object.fromEntries(pairs)
    : undefined;
}

function readEvent(reading: Reading, type: string, node: Node): BillingEvent | undefined {
  const map = reading.asMap(node, `\`${type}:\``);
  if (!map) return undefined;
  const fields = new Fields(reading, map, {
    what: `the type ${type}`,
    keys: ['event', 'properties', 'traits'],
  });
  if (!fields.has('event') && !fields.has('traits')) {
    fields.need('event', 'the name it shall have here, or traits: what it says of the person');
    return undefined;
  }
  if (!fields.has('event') && fields.has('properties'))
    reading.error(
      'RK105',
      fields.key('properties')!,
      '`properties:` belongs to `event:`',
      'say how the event is called, or remove the properties',
    );
  const event = fields.optional('event', (value) => readEventName(reading, value));
  const values = (key: string): Record<string, BillingValue> | null | undefined =>
    fields.optional(key, (value) => readBillingValues(reading, value, key));
  const [properties, traits] = [values('properties'), values('traits')];
  return event !== undefined && properties !== undefined && traits !== undefined
    ? { event, properties: properties ?? {}, traits: traits ?? {} }
    : undefined;
}
