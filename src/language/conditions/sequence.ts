/**
 * Sequences: an event and what came after it, or did not (`followed_by`, `not_followed_by`), in what time (`within`),
 * about the same thing (`same`), and how long that took (`took`). Conditions and entries read them here.
 */
import type { EventMatch, Sequence } from '../definitions.js';
import { Fields, type FieldRules } from '../fields.js';
import type { Reading } from '../reading.js';
import { readElapsed } from '../scalars/read-time.js';
import { readPath } from '../scalars/read-text.js';
import type { MapNode, Node } from '../syntax/nodes.js';
import { readDurationTests } from './read-duration-tests.js';
import { readEventNames } from './read-event-names.js';
import { readWhere } from './read-tests.js';
import type { Source } from './scope.js';

export const SEQUENCE_KINDS: readonly string[] = ['followed_by', 'not_followed_by'];
export const SEQUENCE_OPTIONS: readonly string[] = ['within', 'same', 'took'];

/**
 * The keys of a sequence for the map they stand in. Without one its options are somebody's word for something else:
 * `within` is what `within` says of it.
 */
export function sequenceRules(
  map: MapNode,
  within: string,
): Required<Pick<FieldRules, 'keys' | 'elsewhere'>> {
  if (hasSequence(map)) return { keys: [...SEQUENCE_KINDS, ...SEQUENCE_OPTIONS], elsewhere: {} };
  return {
    keys: [...SEQUENCE_KINDS],
    elsewhere: {
      within,
      same: 'it compares an event with the entry; it belongs to an exit, a goal or followed_by:',
      took: 'it measures the time up to an answer; say which: followed_by:',
    },
  };
}

export function hasSequence(map: MapNode): boolean {
  return map.entries.some(({ key }) => SEQUENCE_KINDS.includes(key.text));
}

/** The sequence that the fields hold; null when there is none. `mayRank`: what it took may be a percentile, which the quantity reads. */
export function readSequence(
  reading: Reading,
  fields: Fields,
  sources: readonly Source[],
  mayRank: boolean,
): Sequence | null | undefined {
  const [first, second] = fields.present(SEQUENCE_KINDS);
  if (!first) return null;
  if (second)
    return reading.error(
      'RK105',
      second,
      `one sequence only: \`${first.text}:\` is there already`,
      'say all: with two event conditions',
    );
  const kind = first.text as Sequence['kind'];
  const answer = fields.get(kind);
  const by = answer && readAnswer(reading, answer, kind, sources);
  const within = fields.optional('within', (node) => readWithin(reading, node));
  const same = fields.optional('same', (node) => readPath(reading, node, '`same:`'));
  const took = fields.optional('took', (node) => readTook(reading, node, mayRank));
  if (kind === 'not_followed_by') {
    if (fields.has('took'))
      return reading.error(
        'RK105',
        fields.key('took')!,
        '`took:` measures the time up to an answer; it does not go with `not_followed_by:`',
        'say followed_by: with took: { more_than: 10 minutes }; never finished counts too',
      );
    if (!fields.has('within'))
      return reading.error(
        'RK102',
        first,
        '`not_followed_by:` needs `within:`',
        'how long to wait for it: within: 24 hours',
      );
    if (!by || !within || same === undefined) return undefined;
    return { kind, by, same, withinMs: within };
  }
  if (!by || within === undefined || same === undefined || took === undefined) return undefined;
  return { kind, by, same, withinMs: within, took };
}

/** A name, a list of names, `any`, or `{event, where}`. */
function readAnswer(
  reading: Reading,
  node: Node,
  kind: string,
  sources: readonly Source[],
): EventMatch | undefined {
  const what = `\`${kind}:\``;
  if (node.kind !== 'map') {
    const names = readEventNames(reading, node, kind);
    return names && { names, where: [] };
  }
  const fields = new Fields(reading, node, { what, keys: ['event', 'where'] });
  const event = fields.need('event');
  const names = event && readEventNames(reading, event);
  const where = fields.optional('where', (value) => readWhere(reading, value, sources));
  return names && where !== undefined ? { names, where: where ?? [] } : undefined;
}

function readWithin(reading: Reading, node: Node): number | undefined {
  const ms = readElapsed(reading, node, '`within:`');
  return ms === 0
    ? reading.error('RK201', node, '`within:` is a time of nothing', 'within: 24 hours')
    : ms;
}

function readTook(
  reading: Reading,
  node: Node,
  mayRank: boolean,
): Extract<Sequence, { took: unknown }>['took'] | undefined {
  if (node.kind === 'text')
    return reading.error(
      'RK100',
      node,
      '`took:` compares with a duration, but this is one value',
      `write took: { more_than: ${node.text} }`,
    );
  const map = reading.asMap(node, '`took:`');
  if (!map) return undefined;
  const ranked = map.entries.find(({ key }) => key.text === 'percentile');
  if (!ranked) return readDurationTests(reading, map, '`took:`');
  if (mayRank) return null;
  return reading.error(
    'RK105',
    ranked.key,
    '`percentile:` ranks people by what they have done up to now, an entry is one event that comes',
    'say if: with an event condition: { event: x, followed_by: y, took: { percentile: … } }',
  );
}
