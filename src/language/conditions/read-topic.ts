/** `topic:`: whether somebody is subscribed to it, by what they said or by the topic's default. */
import type { TopicCondition } from './choice-shapes.js';
import { Fields } from '../fields.js';
import type { Reading } from '../reading.js';
import { readChoice, readName } from '../scalars/read-text.js';
import type { MapNode } from '../syntax/nodes.js';

export function readTopic(reading: Reading, map: MapNode): TopicCondition | undefined {
  const fields = new Fields(reading, map, { what: 'a topic condition', keys: ['topic', 'is'] });
  const name = fields.optional('topic', (node) => readName(reading, node, 'a topic'));
  const is = fields.optional('is', (node) =>
    readChoice(reading, node, '`is:`', ['subscribed', 'unsubscribed'] as const),
  );
  if (!name || is === undefined) return undefined;
  reading.refer('topic', name);
  const topic = name.text;
  const known = Object.hasOwn(reading.topics, topic) ? reading.topics[topic] : undefined;
  const byDefault = known?.default !== 'unsubscribed';
  return { kind: 'topic', topic, byDefault, negated: is === 'unsubscribed' };
}
