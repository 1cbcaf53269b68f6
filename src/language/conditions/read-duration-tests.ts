/**
 * Tests on a duration (language.md, D): the number tests with durations in them. Out: the same tests in
 * milliseconds. `is` and `in` hold for a millisecond, which is hardly meant.
 */
import { formatElapsed } from '../../core/duration.js';
import type { NumberTest } from '../definitions.js';
import { Fields } from '../fields.js';
import type { Reading } from '../reading.js';
import { readElapsed } from '../scalars/read-time.js';
import type { MapNode, Node } from '../syntax/nodes.js';
import { reportImpossible } from './impossible-tests.js';
import { NUMBER_WORDS, needsTest } from './read-tests.js';

/** The tests in a map; undefined when one is wrong or there is none (reported). */
export function readDurationTests(
  reading: Reading,
  map: MapNode,
  what: string,
): NumberTest[] | undefined {
  const fields = new Fields(reading, map, { what, keys: NUMBER_WORDS });
  const keys = fields.present(NUMBER_WORDS);
  if (keys.length === 0) return needsTest(reading, fields, what, 'for example more_than: 3 days');
  const tests = keys.map(({ text }) => {
    const node = fields.get(text);
    return node && readTest(reading, node, text);
  });
  if (!tests.every((test) => test !== undefined)) return undefined;
  const exact = keys.find(({ text }) => text === 'is' || text === 'in');
  if (exact)
    reading.warn(
      'RK305',
      exact,
      `\`${exact.text}:\` in ${what} is true for one millisecond`,
      'say between: [7 days, 8 days], or at_least:',
    );
  return reportImpossible(reading, map, tests, what, formatElapsed) ? undefined : tests;
}

function readTest(reading: Reading, node: Node, word: string): NumberTest | undefined {
  const what = `\`${word}:\``;
  const one = (each: Node): number | undefined => readElapsed(reading, each, what);
  const negated = word.endsWith('_not') || word.startsWith('not_');
  switch (word) {
    case 'is':
    case 'is_not': {
      const value = one(node);
      return value === undefined ? undefined : { negated, op: 'is', value };
    }
    case 'in':
    case 'not_in': {
      const values = reading.asList(node, what)?.map(one);
      return values?.every((value) => value !== undefined)
        ? { negated, op: 'in', values }
        : undefined;
    }
    case 'between': {
      const items = reading.asList(node, what);
      if (items && items.length !== 2)
        return reading.error(
          'RK100',
          node,
          `${what} is a list of two, [low, high]`,
          'between: [7 days, 9 days]',
        );
      const [low, high] = items?.map(one) ?? [];
      return low === undefined || high === undefined
        ? undefined
        : { negated, op: 'between', low, high };
    }
    default: {
      const value = one(node);
      const op = word as 'more_than' | 'less_than' | 'at_least' | 'at_most';
      return value === undefined ? undefined : { negated, op, value };
    }
  }
}
