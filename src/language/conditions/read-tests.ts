/**
 * Value tests (language.md): the same words for traits, event properties, entry data and counts. `is_not`,
 * `not_in` and `missing` become the positive word with `negated: true`.
 */
import type { PropertyTest, ValueTest } from '../definitions.js';
import { Fields } from '../fields.js';
import type { Reading } from '../reading.js';
import { parseRegex } from '../regex/parse-regex.js';
import { readNumber, readScalar } from '../scalars/read-number.js';
import { looksLikeDate, readDateBound, readDateRange } from '../scalars/read-date-bound.js';
import { readElapsedDuration } from '../scalars/read-time.js';
import { pathOf, readText, readTrue } from '../scalars/read-text.js';
import { warnComparisonMeant, warnComparisonsListed } from '../scalars/comparison-meant.js';
import { valueOfMeant, warnValueOfMeant } from '../scalars/value-of-meant.js';
import type { Node } from '../syntax/nodes.js';
import { elapsedMs } from '../../core/duration.js';
import { reportImpossible } from './impossible-tests.js';
import { isLookedUp, isValueOfMap, readValueOfTest } from './read-value-of.js';
import type { Source } from './scope.js';

type Body = ValueTest extends infer T
  ? T extends { negated: boolean }
    ? Omit<T, 'negated'>
    : never
  : never;
type TestReader = (reading: Reading, node: Node, word: string) => Body | undefined;
/** For a word that is several tests. */
type RangeReader = (reading: Reading, node: Node, word: string) => ValueTest[] | undefined;

const number: (op: 'more_than' | 'less_than' | 'at_least' | 'at_most') => TestReader =
  (op) => (reading, node, word) => {
    const meant = valueOfMeant(node);
    const value = readNumber(
      reading,
      node,
      `\`${word}:\``,
      meant ? `write ${word}: ${meant}` : undefined,
    );
    return value === undefined ? undefined : { op, value };
  };

/** What a text says that was meant otherwise; once. */
function warnMeant(reading: Reading, node: Node, word: string): void {
  warnValueOfMeant(reading, node);
  // A property that is compared has no word of a test before it.
  warnComparisonMeant(reading, node, TEST_WORDS.includes(word) ? word : null);
}

const text: (op: 'starts_with' | 'ends_with') => TestReader = (op) => (reading, node, word) => {
  const value = readText(reading, node, `\`${word}:\``);
  if (value !== undefined) warnMeant(reading, node, word);
  return value === undefined ? undefined : { op, value };
};

const one: (op: 'is' | 'contains') => TestReader = (op) => (reading, node, word) => {
  const value = readScalar(reading, node, `\`${word}:\``);
  if (value !== undefined) warnMeant(reading, node, word);
  return value === undefined ? undefined : { op, value };
};

const several: (op: 'in' | 'contains_any') => TestReader = (op) => (reading, node, word) => {
  const help = node.kind === 'text' ? `write ${word}: [${node.text}]` : undefined;
  const items = reading.asList(node, `\`${word}:\``, help);
  if (!items) return undefined;
  if (items.length === 0)
    return reading.error(
      'RK305',
      node,
      `\`${word}:\` has an empty list: nothing is in it`,
      'name the values, or leave the test out',
    );
  const values = items.map((item) => readScalar(reading, item, `a value of \`${word}:\``));
  warnValueOfMeant(reading, node);
  warnComparisonsListed(reading, items, word);
  return values.every((value) => value !== undefined) ? { op, values } : undefined;
};

const present: (op: 'exists', opposite: string) => TestReader =
  (op, opposite) => (reading, node, word) =>
    readTrue(reading, node, word, `write ${opposite}: true`) && { op };

const day: (op: 'before' | 'after') => TestReader = (op) => (reading, node, word) => {
  const meant = valueOfMeant(node);
  const date = readDateBound(
    reading,
    node,
    `\`${word}:\``,
    meant ? `write ${word}: ${meant}` : undefined,
  );
  return date === undefined ? undefined : { op, date };
};

const near: (op: 'within_last' | 'within_next' | 'anniversary_within_next') => TestReader =
  (op) => (reading, node, word) => {
    const duration = readElapsedDuration(reading, node, `\`${word}:\``);
    if (!duration) return undefined;
    const days =
      duration.unit === 'day'
        ? duration.count
        : duration.unit === 'week'
          ? duration.count * 7
          : null;
    return { op, ms: elapsedMs(duration), days };
  };

/** Two numbers, or two dates: then not before the one and not after the other, which is both days in. */
const between: RangeReader = (reading, node, word) => {
  const what = `\`${word}:\``;
  const items = reading.asList(node, what);
  if (!items) return undefined;
  if (items.some((item) => item.kind === 'text' && looksLikeDate(item.text))) {
    const range = readDateRange(reading, node, what);
    return (
      range && [
        { negated: true, op: 'before', date: range.from },
        { negated: true, op: 'after', date: range.to },
      ]
    );
  }
  if (items.length !== 2)
    return reading.error(
      'RK100',
      node,
      `${what} is a list of two, [low, high]`,
      'between: [5, 10]',
    );
  const [low, high] = items.map((item) => {
    const meant = valueOfMeant(item);
    return readNumber(reading, item, what, meant ? `write ${meant} in its place` : undefined);
  });
  return low === undefined || high === undefined
    ? undefined
    : [{ negated: false, op: 'between', low, high }];
};

const matches: TestReader = (reading, node, word) => {
  const pattern = readText(reading, node, `\`${word}:\``);
  if (pattern === undefined) return undefined;
  const parsed = parseRegex(pattern);
  if ('tree' in parsed) return { op: 'matches', pattern };
  const { at, message } = parsed.error;
  return reading.error(
    'RK209',
    node,
    `the pattern is not understood at character ${at + 1}: ${message}`,
    'known are letters, classes [a-z], \\d \\w \\s, ., ^ $, ( ), | and * + ? {2,5}; a special character is written after \\',
  );
};

const READERS: Record<string, { negated: boolean; read: TestReader } | { range: RangeReader }> = {
  is: { negated: false, read: one('is') },
  is_not: { negated: true, read: one('is') },
  in: { negated: false, read: several('in') },
  not_in: { negated: true, read: several('in') },
  more_than: { negated: false, read: number('more_than') },
  less_than: { negated: false, read: number('less_than') },
  at_least: { negated: false, read: number('at_least') },
  at_most: { negated: false, read: number('at_most') },
  between: { range: between },
  contains: { negated: false, read: one('contains') },
  contains_any: { negated: false, read: several('contains_any') },
  starts_with: { negated: false, read: text('starts_with') },
  ends_with: { negated: false, read: text('ends_with') },
  matches: { negated: false, read: matches },
  exists: { negated: false, read: present('exists', 'missing') },
  missing: { negated: true, read: present('exists', 'exists') },
  before: { negated: false, read: day('before') },
  after: { negated: false, read: day('after') },
  within_last: { negated: false, read: near('within_last') },
  within_next: { negated: false, read: near('within_next') },
  anniversary_within_next: { negated: false, read: near('anniversary_within_next') },
};

export const TEST_WORDS: readonly string[] = Object.keys(READERS);
export const NUMBER_WORDS: readonly string[] = [
  'is',
  'is_not',
  'in',
  'not_in',
  'more_than',
  'less_than',
  'at_least',
  'at_most',
  'between',
];

/** Where no people are compared. */
export const RANKS_PEOPLE = {
  percentile:
    'it ranks people: by a trait, a score, or by count:, sum:, average:, min:, max:, distinct:, quiet_for: or took: of an event',
};

/**
 * The tests that `fields` holds, all of `words`; undefined when one is wrong or there is none (reported). `sources`: of whom
 * they may look values up, none by default.
 */
export function readTests(
  reading: Reading,
  fields: Fields,
  words: readonly string[],
  what: string,
  sources: readonly Source[] = [],
): ValueTest[] | undefined {
  const keys = fields.present(words);
  if (keys.length === 0)
    return needsTest(reading, fields, what, 'for example is:, in:, at_least:, exists: true');
  const tests = keys.map((key) => {
    const node = fields.get(key.text);
    return node && readTest(reading, node, key.text, sources);
  });
  if (!tests.every((test) => test !== undefined)) return undefined;
  const all = tests.flat();
  return reportImpossible(reading, fields.node, all, what) ? undefined : all;
}

function readTest(
  reading: Reading,
  node: Node,
  word: string,
  sources: readonly Source[],
): ValueTest[] | undefined {
  if (isLookedUp(node)) return readValueOfTest(reading, node, word, sources);
  const reader = READERS[word]!;
  if ('range' in reader) return reader.range(reading, node, word);
  const body = reader.read(reading, node, word);
  return body && [{ negated: reader.negated, ...body }];
}

/** Reports that a map has no test, unless another problem of the same map is the likelier cause. */
export function needsTest(
  reading: Reading,
  fields: Fields,
  what: string,
  example: string,
): undefined {
  const known =
    !fields.node.incomplete && fields.node.entries.every(({ key }) => fields.has(key.text));
  return known ? reading.error('RK304', fields.node, `${what} needs a test`, example) : undefined;
}

/** `where:`: properties of the event; a scalar means is, a list means in. */
export function readWhere(
  reading: Reading,
  node: Node,
  sources: readonly Source[],
): PropertyTest[] | undefined {
  const map = reading.asMap(node, '`where:`');
  if (!map) return undefined;
  if (map.entries.length === 0)
    return reading.error(
      'RK004',
      node,
      '`where:` has an empty value',
      'name a property, or remove the key: an empty filter would mean everything',
    );
  const properties = map.entries.map(({ key, value }): PropertyTest | undefined => {
    const path = pathOf(reading, key.text, key);
    const tests =
      value.kind === 'broken' ? undefined : readPropertyTests(reading, value, key.text, sources);
    return path && tests && { path, tests };
  });
  return properties.every((property) => property !== undefined) ? properties : undefined;
}

/** What is asked of one value: tests; a scalar means is, a list means in. */
export function readPropertyTests(
  reading: Reading,
  value: Node,
  word: string,
  sources: readonly Source[],
  what = `the property ${word}`,
): ValueTest[] | undefined {
  if (value.kind === 'map' && !isValueOfMap(value)) {
    return readTests(
      reading,
      new Fields(reading, value, { what, keys: TEST_WORDS, elsewhere: RANKS_PEOPLE }),
      TEST_WORDS,
      what,
      sources,
    );
  }
  if (isLookedUp(value))
    return readValueOfTest(reading, value, value.kind === 'list' ? 'in' : 'is', sources);
  const body =
    value.kind === 'list' ? several('in')(reading, value, word) : one('is')(reading, value, word);
  return body && [{ negated: false, ...body }];
}
