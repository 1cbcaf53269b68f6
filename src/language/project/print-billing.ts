/** What is taken of billing systems, in the words of rekindle.yaml. Pure. */
import type {
  Billing,
  BillingEvent,
  BillingSignature,
  BillingSource,
  BillingValue,
} from './billing.js';

type Words = Record<string, unknown>;

/** By the name of the system, as it stands under `billing:`. */
export function billingWords({ stripeUser, sources }: Billing): Record<string, Words> {
  return {
    ...(stripeUser ? { stripe: { profile: { user: stripeUser.join('.') } } } : {}),
    ...Object.fromEntries(Object.entries(sources).map(([name, one]) => [name, sourceWords(one)])),
  };
}

function sourceWords({ signature, id, type, at, profile, events }: BillingSource): Words {
  return {
    signature: signatureWords(signature),
    ...(id ? { id: id.join('.') } : {}),
    type: type.join('.'),
    at: at.join('.'),
    profile: Object.fromEntries(
      Object.entries(profile).flatMap(([key, path]) => (path ? [[key, path.join('.')]] : [])),
    ),
    events: Object.fromEntries(
      Object.entries(events).map(([name, one]) => [name, eventWords(one)]),
    ),
  };
}

function signatureWords(signature: BillingSignature): Words {
  if (signature.scheme !== 'hmac-sha256') return { scheme: signature.scheme };
  const { header, encoding, separator, prefix, timestamp } = signature;
  return {
    header,
    encoding,
    ...(separator === null ? {} : { separator }),
    ...(prefix === '' ? {} : { prefix }),
    ...(timestamp ? { timestamp: { ...timestamp.from, joined_by: timestamp.joinedBy } } : {}),
  };
}

function eventWords({ event, properties, traits }: BillingEvent): Words {
  return {
    ...(event === null ? {} : { event }),
    ...some('properties', properties),
    ...some('traits', traits),
  };
}

function some(key: string, values: Record<string, BillingValue>): Words {
  const words = valuesWords(values, '');
  return Object.keys(words).length === 0 ? {} : { [key]: words };
}

/** `inside`: the field that these stand in, with its dot. */
function valuesWords(values: Record<string, BillingValue>, inside: string): Words {
  return Object.assign(
    {},
    ...Object.entries(values).map(([name, value]) =>
      value.kind === 'fields'
        ? valuesWords(value.fields, `${inside}${name}.`)
        : { [`${inside}${name}`]: valueWords(value) },
    ),
  ) as Words;
}

function valueWords(value: Exclude<BillingValue, { kind: 'fields' }>): unknown {
  switch (value.kind) {
    case 'path':
      return value.path.join('.');
    case 'money':
      return { minor: value.minor.join('.'), currency: value.currency.join('.') };
    case 'time':
      return { time: value.time.join('.') };
    case 'month':
      return { month: value.month.join('.'), year: value.year.join('.') };
    case 'value':
      return { value: value.value };
  }
}
