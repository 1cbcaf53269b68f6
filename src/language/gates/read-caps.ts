/** How often a person may get mail: `caps:` of rekindle.yaml and of a campaign, and `if_capped:`. */
import type { Cap, IfCapped } from './gate-shapes.js';
import { Fields } from '../fields.js';
import type { Reading } from '../reading.js';
import { readWhole } from '../scalars/read-number.js';
import { readElapsed } from '../scalars/read-time.js';
import { readChoice, readTrue } from '../scalars/read-text.js';
import type { Node } from '../syntax/nodes.js';
import { readReference } from '../campaigns/read-reference.js';

const SPANS = ['within', 'each', 'ever'];

/** A list of caps; each of them must hold. */
export function readCaps(reading: Reading, node: Node): Cap[] | undefined {
  const items = reading.asList(node, '`caps:`', capsMeant(reading, node));
  if (items?.length === 0)
    return reading.error('RK004', node, '`caps:` has an empty list', 'leave the key out');
  const caps = items?.map((item) => readCap(reading, item));
  return caps?.every((cap) => cap !== undefined) ? caps : undefined;
}

/** How to write one cap, or the number of one, as a list. */
function capsMeant(reading: Reading, node: Node): string {
  const written = reading.file.text.slice(node.start, node.end);
  if (node.kind === 'map' && written.startsWith('{')) return `put it in a list: [${written}]`;
  const most = node.kind === 'text' && /^[1-9]\d*$/.test(node.text) ? node.text : '3';
  return `say in which time: caps: [{ at_most: ${most}, within: 7 days }]`;
}

function readCap(reading: Reading, node: Node): Cap | undefined {
  const map = reading.asMap(node, 'a cap');
  if (!map) return undefined;
  const fields = new Fields(reading, map, {
    what: 'a cap',
    keys: ['at_most', ...SPANS, 'topic'],
    elsewhere: {
      per: 'write each: day, or within: 7 days',
      every: 'write each: day, or within: 7 days',
      within_last: 'write within: 7 days',
    },
  });
  const mostNode = fields.need('at_most', 'how many mails: { at_most: 3, within: 7 days }');
  const atMost = mostNode && readMost(reading, mostNode);
  const topic = fields.optional('topic', (value) => readReference(reading, value, 'topic'));
  const span = readSpan(reading, fields);
  return atMost && topic !== undefined && span ? { atMost, topic, ...span } : undefined;
}

function readMost(reading: Reading, node: Node): number | undefined {
  const most = readWhole(reading, node, '`at_most:`');
  if (most !== 0) return most;
  return reading.error(
    'RK440',
    node,
    'a cap of zero lets nobody get any mail',
    'draft: true keeps a campaign from starting; a topic is closed by default: unsubscribed',
  );
}

type Span =
  | { kind: 'within'; ms: number }
  | { kind: 'each'; unit: 'day' | 'week' | 'month' }
  | { kind: 'ever' };

function readSpan(reading: Reading, fields: Fields): Span | undefined {
  const [first, second] = fields.present(SPANS);
  if (second)
    return reading.error(
      'RK105',
      second,
      `one span only: \`${first!.text}:\` is there already`,
      'write two caps; each of them holds',
    );
  if (!first) {
    if (SPANS.every((key) => !fields.has(key)) && !fields.node.incomplete)
      reading.error(
        'RK102',
        fields.key('at_most') ?? fields.node,
        'a cap needs `within:`, `each:` or `ever:`',
        'within: 7 days, each: day (week, month), or ever: true',
      );
    return undefined;
  }
  const node = fields.get(first.text);
  if (!node) return undefined;
  if (first.text === 'ever') {
    const ever = readTrue(reading, node, 'ever', 'write within: 7 days, or each: month');
    return ever && { kind: 'ever' };
  }
  if (first.text === 'each') {
    const unit = readChoice(reading, node, '`each:`', ['day', 'week', 'month'] as const);
    return unit && { kind: 'each', unit };
  }
  const ms = readElapsed(reading, node, '`within:`');
  if (ms === 0)
    return reading.error('RK201', node, '`within:` is a time of nothing', 'within: 7 days');
  return ms ? { kind: 'within', ms } : undefined;
}

/** `skip`, or `{wait_at_most: 2 days}`. */
export function readIfCapped(reading: Reading, node: Node): IfCapped | undefined {
  if (node.kind === 'text') {
    if (node.text === 'skip') return { kind: 'skip' };
    return reading.error(
      'RK207',
      node,
      `\`if_capped:\` cannot be \`${node.text}\``,
      'skip, or { wait_at_most: 2 days }',
    );
  }
  const map = reading.asMap(node, '`if_capped:`');
  if (!map) return undefined;
  const fields = new Fields(reading, map, { what: '`if_capped:`', keys: ['wait_at_most'] });
  const value = fields.need('wait_at_most', 'if_capped: { wait_at_most: 2 days }, or skip');
  const ms = value && readElapsed(reading, value, '`wait_at_most:`');
  if (ms === 0)
    return reading.error('RK201', value!, '`wait_at_most:` is a time of nothing', 'write skip');
  return ms ? { kind: 'wait', ms } : undefined;
}
