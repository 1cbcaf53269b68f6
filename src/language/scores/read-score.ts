/** One score file -> `ScoreDefinition`: base, points, range and bands. */
import { readCondition } from '../conditions/read-condition.js';
import { readEventNames } from '../conditions/read-event-names.js';
import { movesWithClock } from '../conditions/moves-with-clock.js';
import { readWhere } from '../conditions/read-tests.js';
import { IN_SEGMENT, sourcesOf } from '../conditions/scope.js';
import { Fields } from '../fields.js';
import type { Reading } from '../reading.js';
import { readNumber, readWhole } from '../scalars/read-number.js';
import { isName, readProse } from '../scalars/read-text.js';
import { readElapsedDuration } from '../scalars/read-time.js';
import type { MapNode, Node } from '../syntax/nodes.js';
import { DAY_MS } from '../../core/instant.js';
import { elapsedMs } from '../../core/duration.js';
import type { PointsRule, ScoreDefinition } from './score-shapes.js';

const POINTS = 'points: [{ add: 10, if: { event: login, within_last: 30 days } }]';
/** Beyond that nobody can tell one score from another, and sums stay exact. */
const MOST = 1_000_000;

export function readScore(reading: Reading, root: Node): ScoreDefinition | undefined {
  const map = reading.asMap(root, 'a score');
  if (!map) return undefined;
  const fields = new Fields(reading, map, {
    what: 'a score',
    keys: ['description', 'base', 'points', 'range', 'bands'],
    elsewhere: {
      name: "the file's name is the score's; description: is for a text",
      add: 'it belongs to a rule of points:',
      if: 'it belongs to a rule of points:',
      who: 'everybody has the score; say whom a segment takes with { score: …, band: … }',
    },
  });
  const description = fields.optional('description', (node) =>
    readProse(reading, node, '`description:`'),
  );
  const base = fields.optional('base', (node) => readPoints(reading, node, '`base:`'));
  const list = fields.need('points', POINTS);
  const points = list && readRules(reading, list);
  const range = fields.optional('range', (node) => readRange(reading, node));
  const bands = fields.optional('bands', (node) => readBands(reading, node, range, fields));
  if (description === undefined || base === undefined || !points) return undefined;
  if (range === undefined || bands === undefined) return undefined;
  const decays = points.some((rule) => 'forEach' in rule && rule.halfLifeDays !== null);
  return reading.placed<ScoreDefinition>(
    {
      kind: 'score',
      id: reading.file.id,
      description,
      base: base ?? 0,
      points,
      range,
      bands: bands ?? [],
      ...(decays ? { sampling: reading.sampling } : {}),
    },
    fields.key('points')!,
  );
}

/** A number with three decimals at most. */
export function readPoints(reading: Reading, node: Node, what: string): number | undefined {
  const value = readNumber(reading, node, what);
  if (value === undefined) return undefined;
  if (Number.isInteger(Number((value * 1_000).toFixed(6))) && Math.abs(value) <= MOST) return value;
  return reading.error(
    'RK203',
    node,
    `${what} has three decimals at most, and is not beyond a million`,
    `write ${Math.min(MOST, Math.max(-MOST, Number(value.toFixed(3))))}`,
  );
}

function readRules(reading: Reading, node: Node): PointsRule[] | undefined {
  const items = reading.asList(node, '`points:`');
  if (!items) return undefined;
  if (items.length === 0)
    return reading.error(
      'RK004',
      node,
      '`points:` has an empty list',
      `say what gives points: ${POINTS}`,
    );
  const rules = items.map((item) => readRule(reading, item));
  return rules.every((rule) => rule !== undefined) ? rules : undefined;
}

function readRule(reading: Reading, node: Node): PointsRule | undefined {
  const map = reading.asMap(node, 'a rule of `points:`');
  if (!map) return undefined;
  const what = 'a rule of points';
  const fields = new Fields(reading, map, {
    what,
    keys: ['add', 'if', 'for_each', 'half_life'],
    elsewhere: {
      at_most: 'it stands in for_each: { event: report_created, at_most: 10 }',
      event: 'say if: { event: … } for points once, for_each: { event: … } for points each time',
      subtract: 'points that are taken are negative: add: -20',
    },
  });
  const addNode = fields.need('add', 'how many points: add: 10, or add: -20');
  const add = addNode && readPoints(reading, addNode, '`add:`');
  if (add === 0)
    return reading.error('RK203', addNode!, '`add: 0` changes nothing', 'leave the rule out');
  const [first, second] = fields.present(['if', 'for_each']);
  if (second)
    return reading.error(
      'RK105',
      second,
      `one of the two: \`${first!.text}:\` is there already`,
      'write two rules',
    );
  if (!first) {
    fields.need('if', 'when there are points: if: with a condition, or for_each: with an event');
    return undefined;
  }
  if (first.text === 'if') {
    const half = fields.key('half_life');
    if (half)
      return reading.error(
        'RK105',
        half,
        '`half_life:` is of events: a condition is true or not',
        'say for_each: with the event, or within_last: in the condition',
      );
    const condition = fields.optional('if', (value) => readCondition(reading, value, IN_SEGMENT));
    return add !== undefined && condition ? { add, if: condition } : undefined;
  }
  const each = fields.optional('for_each', (value) => readForEach(reading, value));
  const halfLifeDays = fields.optional('half_life', (value) => readHalfLife(reading, value));
  if (add === undefined || !each || halfLifeDays === undefined) return undefined;
  return reading.placed({ add, ...each, halfLifeDays }, map);
}

function readForEach(
  reading: Reading,
  node: Node,
): Pick<Extract<PointsRule, { forEach: unknown }>, 'forEach' | 'atMost'> | undefined {
  const what = '`for_each:`';
  if (node.kind === 'text')
    return reading.error(
      'RK100',
      node,
      `${what} says which events, but this is one value`,
      `write for_each: { event: ${node.text} }`,
    );
  const map = reading.asMap(node, what);
  if (!map) return undefined;
  const fields = new Fields(reading, map, {
    what,
    keys: ['event', 'where', 'at_most'],
    elsewhere: {
      within_last:
        'points of a time only: if: { event: …, count: …, within_last: 30 days }, or half_life:',
      half_life: 'it stands beside for_each:, not inside it',
      add: 'it stands beside for_each:, not inside it',
    },
  });
  const event = fields.need('event', 'for_each: { event: report_created, at_most: 10 }');
  const names = event && readEventNames(reading, event);
  const where = fields.optional('where', (value) =>
    readWhere(reading, value, sourcesOf(IN_SEGMENT)),
  );
  const atMost = fields.optional('at_most', (value) => readWhole(reading, value, '`at_most:`', 1));
  if (!names || where === undefined || atMost === undefined) return undefined;
  if (movesWithClock(where ?? []))
    return reading.error(
      'RK105',
      node,
      'points of an event stay or are halved; a test that moves with the clock does not go with them',
      'say if: with the event and a count, or half_life:',
    );
  return { forEach: { names, where: where ?? [] }, atMost };
}

/** In whole days: age is counted in those. */
function readHalfLife(reading: Reading, node: Node): number | undefined {
  const duration = readElapsedDuration(reading, node, '`half_life:`');
  if (!duration) return undefined;
  const days = elapsedMs(duration) / DAY_MS;
  if (Number.isInteger(days) && days >= 1) return days;
  return reading.error(
    'RK201',
    node,
    '`half_life:` is in whole days: age is counted in those',
    'half_life: 14 days',
  );
}

function readRange(reading: Reading, node: Node): [number, number] | undefined {
  const items = reading.asList(node, '`range:`');
  if (!items) return undefined;
  if (items.length !== 2)
    return reading.error(
      'RK100',
      node,
      '`range:` is a list of two, [low, high]',
      'range: [0, 100]',
    );
  const [low, high] = items.map((item) => readPoints(reading, item, '`range:`'));
  if (low === undefined || high === undefined) return undefined;
  if (low < high) return [low, high];
  return reading.error(
    'RK305',
    node,
    `\`range:\` has nothing between ${low} and ${high}`,
    `range: [${high}, ${low === high ? low + 1 : low}]`,
  );
}

function readBands(
  reading: Reading,
  node: Node,
  range: [number, number] | null | undefined,
  fields: Fields,
): ScoreDefinition['bands'] | undefined {
  const map = reading.asMap(node, '`bands:`');
  if (!map) return undefined;
  if (map.entries.length === 0 && !map.incomplete)
    return reading.error('RK004', map, '`bands:` is empty', 'bands: { red: 0, yellow: 30 }');
  const bands = map.entries.map((entry) => readBand(reading, entry));
  if (!bands.every((band) => band !== undefined)) return undefined;
  if (range === null)
    return reading.error(
      'RK321',
      fields.key('bands')!,
      'bands need `range:`, which says where the first one begins',
      'range: [0, 100]',
    );
  if (range === undefined) return undefined;
  const inOrder = bands.toSorted((a, b) => a.from - b.from);
  const { line } = reading.lines.position(fields.key('range')!.start);
  return checkBands(reading, map, inOrder, range, line) ? inOrder : undefined;
}

function readBand(
  reading: Reading,
  { key, value }: MapNode['entries'][number],
): ScoreDefinition['bands'][number] | undefined {
  if (!isName(key.text))
    return reading.error(
      'RK106',
      key,
      `\`${key.text}\` is no name of a band`,
      'lower-case letters, digits, - and _',
    );
  const from =
    value.kind === 'broken' ? undefined : readPoints(reading, value, `the band ${key.text}`);
  return from === undefined ? undefined : { band: key.text, from };
}

/** Lower bounds leave no gap if the lowest is that of the range, and none is beyond it. What is wrong is said of every band. */
function checkBands(
  reading: Reading,
  map: MapNode,
  bands: ScoreDefinition['bands'],
  [low, high]: [number, number],
  rangeLine: number,
): boolean {
  const refuse = (band: string, message: string, help: string): void =>
    reading.error(
      'RK321',
      map.entries.find(({ key }) => key.text === band)?.value ?? map,
      message,
      help,
    );
  let right = true;
  for (const [place, { band, from }] of bands.entries()) {
    const before = bands[place - 1];
    if (!before && from !== low)
      refuse(
        band,
        `the lowest band begins at ${from}, the range on line ${rangeLine} at ${low}${from > low ? ': what is between has no band' : ''}`,
        `write ${band}: ${low}`,
      );
    else if (before?.from === from)
      refuse(
        band,
        `the bands ${before.band} and ${band} both begin at ${from}`,
        'each from its number up to the next: give them different ones',
      );
    else if (from > high)
      refuse(
        band,
        `the band ${band} begins at ${from}, beyond the range on line ${rangeLine}, which ends at ${high}: nobody is in it`,
        `a number up to ${high}, or a wider range`,
      );
    else continue;
    right = false;
  }
  return right;
}
