/**
 * `value_of` in a test: `{ trait: wanted, is: { value_of: entry.feature } }`. Which values there are depends on the place: an
 * entry's only where there is one. Counts, durations and patterns are not looked up: they are known beforehand.
 */
import { Fields } from '../fields.js';
import type { Reading } from '../reading.js';
import { readScalar } from '../scalars/read-number.js';
import { readPath } from '../scalars/read-text.js';
import type { MapNode, Node, TextNode } from '../syntax/nodes.js';
import { orList } from '../words.js';
import { namespaceMeant } from '../foreign-words-in-paths.js';
import { absent } from './absent-values.js';
import { readGiven } from './read-given.js';
import type { Source } from './scope.js';
import type { ComparedBy, TestSource, ValueOfTest } from './value-of-shapes.js';

type Compared = ValueOfTest['to'][number];

const SOURCES: readonly TestSource[] = ['entry', 'profile', 'account'];

/** Whether a value, or one of a list, is looked up. */
export function isLookedUp(node: Node): boolean {
  if (node.kind === 'list') return node.items.some(isValueOfMap);
  return isValueOfMap(node);
}

export function isValueOfMap(node: Node): node is MapNode {
  return node.kind === 'map' && node.entries.some(({ key }) => key.text === 'value_of');
}

const ALONE: readonly string[] = [
  ...(['is', 'is_not', 'more_than', 'less_than', 'at_least', 'at_most'] as const),
  ...(['contains', 'starts_with', 'ends_with', 'before', 'after'] as const),
];
const OPPOSITES: Readonly<Record<string, ComparedBy>> = { is_not: 'is', not_in: 'in' };

/** The test that a word makes with values that are looked up; `sources`: of whom its place has values. */
export function readValueOfTest(
  reading: Reading,
  node: Node,
  word: string,
  sources: readonly Source[],
): ({ negated: boolean } & ValueOfTest)[] | undefined {
  if (word === 'between') return readBetween(reading, node, sources);
  const several = ['in', 'not_in', 'contains_any'].includes(word);
  if (!several && !ALONE.includes(word))
    return reading.error(
      'RK319',
      node,
      `\`${word}:\` does not look a value up`,
      'value_of stands where a value is compared: is:, in:, at_least:, contains:, before: and the like',
    );
  if (node.kind === 'list' && !several)
    return reading.error(
      'RK100',
      node,
      `\`${word}:\` is one value, but this is a list`,
      'say in: for one of several',
    );
  const items = node.kind === 'list' ? node.items : [node];
  const to = items.map((item) => readOne(reading, item, word, sources));
  if (!to.every((one) => one !== undefined)) return undefined;
  const by = OPPOSITES[word];
  return [{ negated: by !== undefined, op: 'value_of', by: by ?? (word as ComparedBy), to }];
}

/** Two numbers: then at least the one and at most the other. */
function readBetween(
  reading: Reading,
  node: Node,
  sources: readonly Source[],
): ({ negated: boolean } & ValueOfTest)[] | undefined {
  const items = node.kind === 'list' ? node.items : [];
  if (items.length !== 2)
    return reading.error(
      'RK100',
      node,
      '`between:` is a list of two, [low, high]',
      'between: [{ value_of: entry.low }, { value_of: entry.high }]',
    );
  const [low, high] = items.map((item) => readOne(reading, item, 'between', sources));
  return low === undefined || high === undefined
    ? undefined
    : [
        { negated: false, op: 'value_of', by: 'at_least', to: [low] },
        { negated: false, op: 'value_of', by: 'at_most', to: [high] },
      ];
}

function readOne(
  reading: Reading,
  node: Node,
  word: string,
  sources: readonly Source[],
): Compared | undefined {
  return isValueOfMap(node)
    ? readValueOf(reading, node, sources)
    : readScalar(reading, node, `a value of \`${word}:\``);
}

function readValueOf(
  reading: Reading,
  map: MapNode,
  sources: readonly Source[],
): Compared | undefined {
  const fields = new Fields(reading, map, { what: '`value_of:`', keys: ['value_of'] });
  const node = fields.get('value_of');
  const written = node && readPath(reading, node, '`value_of:`');
  if (node?.kind !== 'text' || !written || map.entries.length > 1) return undefined;
  const [of = '', ...path] = written;
  if (of === 'with') return readGiven(reading, node, path, sources);
  const source = SOURCES.find((one) => one === of);
  if (source === undefined || path.length === 0) return reportSource(reading, node, of, path);
  if (sources.includes(source)) return { of: source, path };
  return reading.error('RK319', node, ...absent(source, sources));
}

function reportSource(reading: Reading, node: TextNode, of: string, path: string[]): undefined {
  const known = (SOURCES as readonly string[]).includes(of);
  return reading.error(
    'RK208',
    node,
    `\`${node.text}\` does not say whose value it is`,
    known
      ? `name it: ${of}.plan`
      : path.length > 0
        ? helpForSource(of, path)
        : `entry.${of}, profile.${of} or account.${of}`,
  );
}

function helpForSource(of: string, path: string[]): string {
  const meant = namespaceMeant(of, SOURCES);
  return meant === null
    ? `they begin with ${orList(SOURCES)}`
    : `did you mean ${[meant, ...path].join('.')}?`;
}
