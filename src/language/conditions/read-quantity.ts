/** The quantity of an event condition: how often, how much, or how long ago (language.md, N and D). */
import type { NumberTest, Quantity, Scalar, ValueTest } from '../definitions.js';
import { Fields } from '../fields.js';
import type { Reading } from '../reading.js';
import { readWhole } from '../scalars/read-number.js';
import { readElapsed } from '../scalars/read-time.js';
import { readPath, readTrue } from '../scalars/read-text.js';
import type { MapNode, Node } from '../syntax/nodes.js';
import { readDurationTests } from './read-duration-tests.js';
import { readPercentile } from './read-percentile.js';
import { NUMBER_WORDS, readTests } from './read-tests.js';
import { readTrend } from './read-trend.js';
import type { RankedValue } from './sampled-shapes.js';
import type { Scope } from './scope.js';

/** Quantities of what a property of the events says. */
const VALUES = ['sum', 'average', 'min', 'max', 'distinct'] as const;
type Value = (typeof VALUES)[number];

export const QUANTITIES: readonly string[] = ['never', 'count', ...VALUES, 'quiet_for', 'trend'];

export function readQuantity(reading: Reading, fields: Fields, scope: Scope): Quantity | undefined {
  const took = fields.has('followed_by') ? fields.get('took') : undefined;
  const ranksTook = took?.kind === 'map' && hasPercentile(took);
  const [first, second] = fields.present([...QUANTITIES, ...(ranksTook ? ['took'] : [])]);
  if (second)
    return reading.error(
      'RK105',
      second,
      `one quantity only: \`${first!.text}:\` is there already`,
      'say all: with two event conditions',
    );
  if (!first) return { kind: 'once' };
  const node = fields.get(first.text);
  if (!node) return undefined;
  switch (first.text) {
    case 'never':
      return (
        readTrue(reading, node, 'never', 'leave it out: the default is at least once') && {
          kind: 'never',
        }
      );
    case 'count':
      return readCount(reading, node, scope);
    case 'quiet_for':
      return readQuietFor(reading, node, scope);
    case 'trend':
      return readTrend(reading, node);
    case 'took':
      return took?.kind === 'map' ? readRanked(reading, took, { kind: 'took' }, scope) : undefined;
    default:
      return readValue(reading, node, { kind: first.text as Value, beside: fields.node }, scope);
  }
}

/** Its quantity with the number tests that stand beside it: `sum: { of: amount, at_least: 100 }`; null where there are none of both. */
export function quantityMeant({ entries }: MapNode): string | null {
  const quantity = entries.find(({ key }) => [...VALUES, 'count', 'quiet_for'].includes(key.text));
  // Beside an event `between:` is a window.
  const tests = entries.filter(
    ({ key }) => NUMBER_WORDS.includes(key.text) && key.text !== 'between',
  );
  if (!quantity || tests.length === 0) return null;
  const { key, value } = quantity;
  const isOf = VALUES.some((kind) => kind === key.text);
  const own = value.kind === 'map' ? value.entries : [];
  const of = isOf && value.kind === 'text' ? [`of: ${value.text}`] : [];
  const said = [...own, ...tests].map((test) => `${test.key.text}: ${written(test.value)}`);
  return `${key.text}: { ${[...of, ...said].join(', ')} }`;
}

/** One value alone may be the property, or what it is compared with. */
function exampleOf(kind: Value, value: string): string {
  return /^\d/.test(value)
    ? `${kind}: { of: amount, at_least: ${value} }`
    : `${kind}: { of: ${value}, at_least: 100 }`;
}

function written(node: Node): string {
  if (node.kind === 'text') return node.text;
  return node.kind === 'list' ? `[${node.items.map(written).join(', ')}]` : '…';
}

/** A duration, or tests on one. */
function readQuietFor(reading: Reading, node: Node, scope: Scope): Quantity | undefined {
  if (node.kind === 'map') {
    if (hasPercentile(node)) return readRanked(reading, node, { kind: 'quiet_for' }, scope);
    const tests = readDurationTests(reading, node, '`quiet_for:`');
    return tests && { kind: 'quiet_for', tests, negated: false };
  }
  const ms = readElapsed(reading, node, '`quiet_for:`');
  return ms === undefined
    ? undefined
    : ms === 0
      ? reading.error('RK201', node, '`quiet_for:` is a time of nothing', 'quiet_for: 30 days')
      : { kind: 'quiet_for', ms, negated: false };
}

/** `{of: amount, at_least: 100}`. */
function readValue(
  reading: Reading,
  node: Node,
  { kind, beside }: { kind: Value; beside: MapNode },
  scope: Scope,
): Quantity | undefined {
  const what = `\`${kind}:\``;
  if (node.kind === 'text')
    return reading.error(
      'RK100',
      node,
      `${what} says of which property and how much, but this is one value`,
      `write ${quantityMeant(beside) ?? exampleOf(kind, node.text)}`,
    );
  const map = reading.asMap(node, what);
  if (!map) return undefined;
  const fields = new Fields(reading, map, {
    what,
    keys: ['of', ...NUMBER_WORDS, 'percentile'],
  });
  const property = fields.need('of', `the property it is about: ${kind}: { of: amount, … }`);
  const of = property && readPath(reading, property, `\`of:\` in ${what}`);
  if (fields.has('percentile')) {
    const ranked = readPercentile(reading, fields, NUMBER_WORDS, scope.about);
    return of && ranked && { kind: 'percentile', value: { kind, of }, ...ranked };
  }
  const tests = readTests(reading, fields, NUMBER_WORDS, what);
  if (!of || !tests) return undefined;
  if (kind === 'distinct')
    return areWhole(reading, map, tests, what) ? { kind, of, tests } : undefined;
  return areNumbers(reading, map, tests, what) ? { kind, of, tests } : undefined;
}

function readCount(reading: Reading, node: Node, scope: Scope): Quantity | undefined {
  if (node.kind === 'map' && hasPercentile(node))
    return readRanked(reading, node, { kind: 'count' }, scope);
  const tests = readCountTests(reading, node, 'count');
  return tests && { kind: 'count', tests };
}

export function hasPercentile({ entries }: MapNode): boolean {
  return entries.some(({ key }) => key.text === 'percentile');
}

/** `{percentile: {at_least: 80}}`, with nothing beside it. */
function readRanked(
  reading: Reading,
  map: MapNode,
  value: Extract<RankedValue, { kind: 'count' | 'quiet_for' | 'took' }>,
  scope: Scope,
): Quantity | undefined {
  const fields = new Fields(reading, map, {
    what: `\`${value.kind}:\``,
    keys: [...NUMBER_WORDS, 'percentile'],
  });
  const ranked = readPercentile(reading, fields, NUMBER_WORDS, scope.about);
  return ranked && { kind: 'percentile', value, ...ranked };
}

/** A whole number, or number tests: how many there are. */
export function readCountTests(
  reading: Reading,
  node: Node,
  word: string,
): NumberTest[] | undefined {
  const what = `\`${word}:\``;
  if (node.kind !== 'map') {
    const compared = node.kind === 'text' ? comparisonOf(node.text) : null;
    if (compared)
      return reading.error(
        'RK203',
        node,
        `${what} compares with a word`,
        `write ${word}: ${compared}`,
      );
    const value = readWhole(reading, node, what);
    return value === undefined ? undefined : [{ negated: false, op: 'is', value }];
  }
  const fields = new Fields(reading, node, { what, keys: [...NUMBER_WORDS, 'percentile'] });
  const tests = readTests(reading, fields, NUMBER_WORDS, what);
  return tests && areWhole(reading, node, tests, what) ? tests : undefined;
}

/** The values a test compares with. */
function valuesOf(test: ValueTest): Scalar[] {
  if ('values' in test) return test.values;
  if ('value' in test) return [test.value];
  return 'low' in test ? [test.low, test.high] : [];
}

function areWhole(
  reading: Reading,
  at: MapNode,
  tests: ValueTest[],
  what: string,
): tests is NumberTest[] {
  const odd = tests
    .flatMap(valuesOf)
    .find((value) => typeof value !== 'number' || !Number.isInteger(value) || value < 0);
  if (odd === undefined) return !reportBelowNone(reading, at, tests, what);
  reading.error(
    'RK203',
    at,
    `${what} counts in whole numbers from 0 on, not ${String(odd)}`,
    'count: 3',
  );
  return false;
}

/** `less_than: 0`: there is no fewer than none, and always `at_least: 0`. */
function reportBelowNone(reading: Reading, at: MapNode, tests: ValueTest[], what: string): boolean {
  const allPass = tests.every(
    (test) => test.op === 'at_least' && !test.negated && test.value === 0,
  );
  if (allPass)
    reading.warn(
      'RK331',
      at,
      `${what} is never less than 0: at_least: 0 is true of everybody`,
      'write at_least: 1 for at least one, { is: 0 } for none; or leave the condition out',
    );
  const below = tests.some((test) => test.op === 'less_than' && !test.negated && test.value === 0);
  if (below)
    reading.error('RK305', at, `${what} is never less than 0`, 'write { is: 0 } for none at all');
  return below;
}

export function areNumbers(
  reading: Reading,
  at: MapNode,
  tests: ValueTest[],
  what: string,
): tests is NumberTest[] {
  const odd = tests.flatMap(valuesOf).find((value) => typeof value !== 'number');
  if (odd === undefined) return true;
  reading.error(
    'RK203',
    at,
    `${what} compares numbers, not \`${String(odd)}\``,
    'write digits, with a point for decimals: 20 or 19.9',
  );
  return false;
}

const SIGNS: Record<string, string> = {
  '>': 'more_than',
  '>=': 'at_least',
  '\u2265': 'at_least',
  '=>': 'at_least',
  '<': 'less_than',
  '<=': 'at_most',
  '\u2264': 'at_most',
  '=<': 'at_most',
  'more than': 'more_than',
  'at least': 'at_least',
  'less than': 'less_than',
  'at most': 'at_most',
};

/** `>= 3`, `3+` and `at least 3` in our words; null for anything else. */
function comparisonOf(text: string): string | null {
  const [, sign, number] = /^([<>=\u2264\u2265]+|[a-z]+ [a-z]+)\s*(\d+)$/.exec(text) ?? [];
  if (sign !== undefined && Object.hasOwn(SIGNS, sign)) return `{ ${SIGNS[sign]!}: ${number!} }`;
  const plus = /^(\d+)\s*\+$/.exec(text)?.[1];
  return plus === undefined ? null : `{ at_least: ${plus} }`;
}
