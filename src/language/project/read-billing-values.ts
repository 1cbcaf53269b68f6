/**
 * What is taken out of a webhook's body, by the name it gets: a path, or a map whose first key says what the value is
 * (`minor:`, `time:`, `month:`, `value:`). There are no expressions.
 */
import type { Path } from '../definitions.js';
import type { BillingValue } from './billing.js';
import { Fields } from '../fields.js';
import { findSubject } from '../find-subject.js';
import type { Reading } from '../reading.js';
import { readScalar } from '../scalars/read-number.js';
import { pathOf, readPath } from '../scalars/read-text.js';
import type { Entry, Node, TextNode } from '../syntax/nodes.js';

/** A name as it was written, with what it gets. */
interface Named {
  key: TextNode;
  path: Path;
  value: BillingValue;
}

/** The map under `properties:` or `traits:`. */
export function readBillingValues(
  reading: Reading,
  node: Node,
  word: string,
): Record<string, BillingValue> | undefined {
  const map = reading.asMap(node, `\`${word}:\``);
  if (!map) return undefined;
  const named = map.entries.map((entry) => readNamed(reading, entry));
  if (map.incomplete || !named.every((one) => one !== undefined)) return undefined;
  return nest(reading, named);
}

function readNamed(reading: Reading, { key, value }: Entry): Named | undefined {
  const path = pathOf(reading, key.text, key);
  const read = value.kind === 'broken' ? undefined : readValue(reading, value);
  return path && read ? { key, path, value: read } : undefined;
}

/** `card.brand` and `card.last4` become one `card` with two fields. */
function nest(reading: Reading, named: readonly Named[]): Record<string, BillingValue> | undefined {
  const groups = new Map<string, Named[]>();
  for (const one of named) groups.set(one.path[0]!, [...(groups.get(one.path[0]!) ?? []), one]);
  const pairs = [...groups].map(([name, group]) => {
    const whole = group.find(({ path }) => path.length === 1);
    if (whole && group.length === 1) return [name, whole.value] as const;
    const inside = group.find((one) => one !== whole)!;
    if (whole)
      return reading.error(
        'RK105',
        inside.key,
        `\`${inside.key.text}\` stands inside \`${whole.key.text}\`, which has a value already`,
        'leave one of the two out',
      );
    const fields = nest(
      reading,
      group.map((one) => ({ ...one, path: one.path.slice(1) })),
    );
    return fields && ([name, { kind: 'fields', fields }] as const);
  });
  return pairs.every((pair) => pair !== undefined) ? Object.fromEntries(pairs) : undefined;
}

const FORMS = {
  minor: ['currency'],
  time: [],
  month: ['year'],
  value: [],
} as const;

function readValue(reading: Reading, node: Node): BillingValue | undefined {
  if (node.kind !== 'map') {
    const path = readPath(reading, node, 'a value of a webhook');
    return path && { kind: 'path', path };
  }
  const subject = findSubject(reading, node, {
    what: 'a value of a webhook',
    subjects: Object.keys(FORMS),
    options: ['currency', 'year'],
    code: 'RK101',
  });
  if (!subject) return undefined;
  const word = subject.word as keyof typeof FORMS;
  const fields = new Fields(reading, subject.map, {
    what: `a value by \`${word}:\``,
    keys: [word, ...FORMS[word]],
  });
  if (word === 'value') {
    const value = fields.get('value');
    const read = value && readScalar(reading, value, '`value:`');
    return read === undefined ? undefined : { kind: 'value', value: read };
  }
  return readPaths(reading, fields, word);
}

function readPaths(
  reading: Reading,
  fields: Fields,
  word: 'minor' | 'time' | 'month',
): BillingValue | undefined {
  const path = (key: string, help?: string): Path | undefined => {
    const node = fields.need(key, help);
    return node && readPath(reading, node, `\`${key}:\``);
  };
  const first = path(word);
  switch (word) {
    case 'time':
      return first && { kind: 'time', time: first };
    case 'minor': {
      const currency = path('currency', 'some currencies have no cents: currency: data.currency');
      return first && currency && { kind: 'money', minor: first, currency };
    }
    case 'month': {
      const year = path('year');
      return first && year && { kind: 'month', month: first, year };
    }
  }
}
