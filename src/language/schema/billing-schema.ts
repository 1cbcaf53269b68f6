/** `billing:` of rekindle.yaml, for its schema. Pure. */
import type { JsonSchema } from './json-schema.js';
import { keysOf, mapOf, valueOf } from './maps.js';

/** Systems by their names; how Stripe signs is built in. */
export function billingSchema(): JsonSchema {
  const { source, stripe } = systems();
  return {
    ...valueOf('project', 'billing'),
    type: 'object',
    properties: { stripe },
    additionalProperties: source,
  };
}

function systems(): { source: JsonSchema; stripe: JsonSchema } {
  const inner = (text: string, what: string): string[] =>
    keysOf('project', `billing: { x: { ${text} } }`, what);
  const person = mapOf('person', inner('profile: { y: z }', '`profile:` of a billing system'), []);
  const taken = mapOf('taken', inner('events: { y: { z: z } }', 'the type y'), []);
  const source = mapOf('billing', inner('y: z', 'the billing system x'), [
    'signature',
    'type',
    'at',
    'profile',
    'events',
  ]);
  const user = keysOf(
    'project',
    'billing: { stripe: { profile: { y: z } } }',
    '`profile:` of stripe',
  );
  const ofStripe = keysOf('project', 'billing: { stripe: { y: z } }', 'the billing system stripe');
  return {
    source: narrowed(source, {
      signature: signatureSchema(inner),
      profile: person,
      events: { type: 'object', additionalProperties: taken },
    }),
    stripe: narrowed(mapOf('billing', ofStripe, ['profile']), {
      profile: mapOf('person', user, ['user']),
    }),
  };
}

/** A scheme that leaves nothing open has no other key. */
function signatureSchema(inner: (text: string, what: string) => string[]): JsonSchema {
  const keys = inner('signature: { y: z }', 'a signature by hmac-sha256');
  const fixed = inner('signature: { scheme: basic }', 'a signature by basic');
  return {
    ...mapOf('signature', keys, []),
    allOf: [
      {
        if: {
          properties: { scheme: { enum: ['standard-webhooks', 'basic'] } },
          required: ['scheme'],
        },
        then: mapOf('signature', fixed, []),
      },
    ],
  };
}

/** Maps of `billing:` that keys point at. */
export function billingMaps(): Record<string, JsonSchema> {
  const inner = (text: string, what: string): string[] =>
    keysOf('project', `billing: { x: { ${text} } }`, what);
  const value = (word: string): string[] =>
    inner(`events: { y: { traits: { z: { ${word}: a } } } }`, `a value by \`${word}:\``);
  return {
    timestamp: mapOf(
      'timestamp',
      inner('signature: { timestamp: { y: z } }', 'the timestamp of a signature'),
      [],
    ),
    taken: {
      type: 'object',
      additionalProperties: {
        anyOf: [
          { type: 'string' },
          ...['minor', 'time', 'month', 'value'].map((word) =>
            mapOf('value', value(word), value(word)),
          ),
        ],
      },
    },
  };
}

function narrowed(schema: JsonSchema, properties: Record<string, JsonSchema>): JsonSchema {
  const own = Object.entries(properties).map(([key, value]) => [
    key,
    { ...value, ...schema.properties?.[key] },
  ]);
  return { ...schema, properties: { ...schema.properties, ...Object.fromEntries(own) } };
}
