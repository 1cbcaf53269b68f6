/**
 * `value_of: with.offer` in a test: a value of the step that the condition belongs to. It is what stands there, put in its place: a text or
 * a number, or the trait that it looks up itself, so that the test and the step have the same.
 */
import { valueAt } from '../../core/value-at.js';
import type { StepValue } from '../definitions.js';
import type { Reading } from '../reading.js';
import type { TextNode } from '../syntax/nodes.js';
import { orList } from '../words.js';
import { absent } from './absent-values.js';
import type { Source } from './scope.js';
import type { ValueOfTest } from './value-of-shapes.js';

type Compared = ValueOfTest['to'][number];

/** `path`: what follows `with.`. Undefined when it cannot be compared with (reported). */
export function readGiven(
  reading: Reading,
  node: TextNode,
  [name = '', ...rest]: readonly string[],
  sources: readonly Source[],
): Compared | undefined {
  const place = sources.find((source) => typeof source === 'object');
  if (!place)
    return reading.error(
      'RK319',
      node,
      'there is no step with values here',
      'with. is for if: of a step that has with:, and for what is chosen in it',
    );
  const { given } = place;
  // What is wrong with the values is said of them.
  if (!given) return undefined;
  if (!given.has(name))
    return reading.error(
      'RK208',
      node,
      `nothing above is called \`${name}\``,
      given.size === 0
        ? 'name it above, in the same list'
        : `there is ${orList([...given.keys()])}`,
    );
  const value = given.get(name);
  return value && put(reading, node, { value, rest, given }, sources);
}

function put(
  reading: Reading,
  node: TextNode,
  {
    value,
    rest,
    given,
  }: { value: StepValue; rest: string[]; given: ReadonlyMap<string, StepValue | undefined> },
  sources: readonly Source[],
): Compared | undefined {
  switch (value.kind) {
    case 'literal': {
      const found = valueAt(value.value, rest);
      if (typeof found === 'string' || typeof found === 'number' || typeof found === 'boolean')
        return found;
      const what = found === undefined || found === null ? 'not there' : 'a list, or has keys';
      return reading.error(
        'RK319',
        node,
        `\`${node.text}\` is ${what}`,
        'a test compares with a text, a number or true: write what is meant, in: [a, b] for one of several',
      );
    }
    case 'value_of': {
      const path = [...value.path, ...rest];
      if (value.from === 'with') {
        const [name = '', ...below] = path;
        const other = given.get(name);
        return other && put(reading, node, { value: other, rest: below, given }, sources);
      }
      if (sources.includes(value.from)) return { of: value.from, path };
      return reading.error('RK319', node, ...absent(value.from, sources));
    }
    case 'measure':
      return reading.error(
        'RK319',
        node,
        `\`${node.text}\` is counted, and a test compares with what is written or looked up`,
        'test the events themselves: { event: order, count: { at_least: 3 } }',
      );
    case 'choose':
      return reading.error(
        'RK319',
        node,
        `\`${node.text}\` is chosen, and a test compares with what is written or looked up`,
        'say the condition by which it is chosen',
      );
  }
}
