/**
 * Values of steps, by name: `with:` of what is sent, tracked and entered with, and what `set:` sets. A literal, the value
 * of something (`{ value_of: entry.plan }`), what events come to (`measure:`), or a choice among these (`choose:`).
 */
import { IN_CAMPAIGN } from '../conditions/scope.js';
import type { StepValue } from '../definitions.js';
import type { ValueSource } from './act-shapes.js';
import { readChoose } from './read-choose.js';
import { readMeasure } from './read-measure.js';
import { Fields } from '../fields.js';
import type { Reading } from '../reading.js';
import { dataOf } from '../scalars/read-data.js';
import { readScalar } from '../scalars/read-number.js';
import { pathOf, readPath } from '../scalars/read-text.js';
import { warnValueOfMeant } from '../scalars/value-of-meant.js';
import type { MapNode, Node, TextNode } from '../syntax/nodes.js';

const SOURCES = ['entry', 'profile', 'account', 'with'] as const;

/** `what`: `` `with:` ``. Undefined when one of them is wrong (all are reported). */
export function readValues(
  reading: Reading,
  node: Node,
  what: string,
): Record<string, StepValue> | undefined {
  const map = reading.asMap(node, what);
  if (!map) return undefined;
  if (map.entries.length === 0 && !map.incomplete)
    return reading.error('RK004', map, `${what} is empty`, 'name a value or leave the key out');
  const before = new Map<string, StepValue | undefined>();
  const pairs = map.entries.map(({ key, value }) => {
    const name = readName(reading, key);
    const read =
      value.kind === 'broken' ? undefined : readValue(reading, value, key.text, new Map(before));
    before.set(key.text, read);
    return name !== undefined && read ? ([name, read] as const) : undefined;
  });
  return pairs.every((pair) => pair !== undefined) ? Object.fromEntries(pairs) : undefined;
}

/** One name, not a path: what is below it is part of its value. */
function readName(reading: Reading, key: TextNode): string | undefined {
  const path = pathOf(reading, key.text, key);
  if (!path || path.length === 1) return path?.[0];
  return reading.error(
    'RK208',
    key,
    `\`${key.text}\` is a path, and a name is meant`,
    `say the whole value: ${path[0]}: { ${path.slice(1).join('_')}: … }`,
  );
}

/** What is given above, by name. */
type Before = ReadonlyMap<string, StepValue | undefined>;

/** `before`: what is given above, which `with.x` may speak of. */
function readValue(
  reading: Reading,
  node: Node,
  name: string,
  before: Before,
): StepValue | undefined {
  if (node.kind === 'text') {
    const value = readScalar(reading, node, `the value of ${name}`);
    if (value !== undefined) warnValueOfMeant(reading, node);
    return value === undefined ? undefined : { kind: 'literal', value };
  }
  const kind = node.kind === 'map' ? KINDS.find((word) => holds(node, word)) : undefined;
  if (node.kind !== 'map' || !kind) {
    warnValueOfMeant(reading, node, true);
    return { kind: 'literal', value: dataOf(node) };
  }
  if (kind === 'value_of') return readValueOf(reading, node, before);
  const fields = new Fields(reading, node, { what: `\`${kind}:\``, keys: [kind] });
  const inner = fields.get(kind);
  if (!inner) return undefined;
  return kind === 'measure'
    ? readMeasure(reading, inner, IN_CAMPAIGN)
    : readChoose(reading, inner, { ...IN_CAMPAIGN, given: before }, (one) =>
        readValue(reading, one, name, before),
      );
}

const KINDS = ['value_of', 'measure', 'choose'] as const;

function holds({ entries }: MapNode, word: string): boolean {
  return entries.some(({ key }) => key.text === word);
}

function readValueOf(reading: Reading, map: MapNode, before: Before): StepValue | undefined {
  const fields = new Fields(reading, map, { what: '`value_of:`', keys: ['value_of'] });
  const node = fields.get('value_of');
  const path = node && readPath(reading, node, '`value_of:`');
  if (!node || !path) return undefined;
  const [from, ...rest] = path;
  if (!isSource(from!) || rest.length === 0)
    return reading.error(
      'RK208',
      node,
      `\`${path.join('.')}\` does not say whose value it is`,
      isSource(from!)
        ? `name it: ${from}.plan`
        : `entry.${path.join('.')} or profile.${path.join('.')}`,
    );
  if (from === 'with' && !before.has(rest[0]!))
    return reading.error(
      'RK208',
      node,
      `nothing above is called \`${rest[0]}\``,
      'with. is for the values that stand above in the same list',
    );
  return { kind: 'value_of', from, path: rest };
}

function isSource(word: string): word is ValueSource {
  return (SOURCES as readonly string[]).includes(word);
}
