/** `measure:` - what the events of a profile come to, as a value: how many they are, or what a property of them sums up to. */
import { readEventNames } from '../conditions/read-event-names.js';
import { readWhere } from '../conditions/read-tests.js';
import { readWindow, WINDOWS } from '../conditions/read-window.js';
import { sourcesOf, type Scope } from '../conditions/scope.js';
import type { Measure } from '../definitions.js';
import { Fields } from '../fields.js';
import type { Reading } from '../reading.js';
import { readChoice, readPath } from '../scalars/read-text.js';
import type { Node } from '../syntax/nodes.js';

const SHOWS = ['count', 'distinct', 'sum', 'average', 'min', 'max'] as const;
const EXAMPLE = 'measure: { event: order_completed, show: sum, of: amount, within_last: 365 days }';

export function readMeasure(reading: Reading, node: Node, scope: Scope): Measure | undefined {
  const map = reading.asMap(node, '`measure:`');
  if (!map) return undefined;
  const what = '`measure:`';
  const fields = new Fields(reading, map, {
    what,
    keys: ['event', 'where', ...WINDOWS, 'show', 'of'],
    elsewhere: Object.fromEntries(
      SHOWS.map((word) => [word, `what it shows is said with show: ${word}`]),
    ),
  });
  const event = fields.need('event', EXAMPLE);
  const names = event && readEventNames(reading, event);
  const where = fields.optional('where', (value) => readWhere(reading, value, sourcesOf(scope)));
  const showNode = fields.need('show', EXAMPLE);
  const show = showNode && readChoice(reading, showNode, '`show:`', SHOWS);
  const of = fields.optional('of', (value) => readPath(reading, value, '`of:`'));
  // `of:` is that of `show:` here, not that of within_first.
  const window = readWindow(reading, without(reading, fields, 'of'), scope);
  if (!names || where === undefined || !show || of === undefined || !window) return undefined;
  if (show === 'count' && of !== null)
    return reading.error(
      'RK105',
      fields.key('of')!,
      '`show: count` counts events, and no property of theirs',
      'show: distinct counts the different values of a property',
    );
  if (show !== 'count' && of === null)
    return reading.error(
      'RK102',
      showNode,
      `\`show: ${show}\` needs \`of:\``,
      `the property it is about: ${EXAMPLE}`,
    );
  return { kind: 'measure', names, where: where ?? [], window, show, of };
}

function without(reading: Reading, { node }: Fields, key: string): Fields {
  const entries = node.entries.filter((entry) => entry.key.text !== key);
  return new Fields(reading, { ...node, entries }, { what: '`measure:`', keys: keysOf(entries) });
}

function keysOf(entries: Fields['node']['entries']): string[] {
  return entries.map(({ key }) => key.text);
}
