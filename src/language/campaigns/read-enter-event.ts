/** Entry by `event:`, by itself or as the first of a sequence (`followed_by:`, `not_followed_by:`). */
import { DAY_MS } from '../../core/instant.js';
import { readEventNames } from '../conditions/read-event-names.js';
import { readWhere } from '../conditions/read-tests.js';
import { OF_ENTRANT } from '../conditions/scope.js';
import { readSequence, sequenceRules } from '../conditions/sequence.js';
import type { Entry } from '../definitions.js';
import type { FieldRules, Fields } from '../fields.js';
import type { Reading } from '../reading.js';
import { readElapsed } from '../scalars/read-time.js';
import type { MapNode } from '../syntax/nodes.js';

type ByEvent = Pick<
  Extract<Entry, { kind: 'event' }>,
  'kind' | 'match' | 'ignoreOlderThanMs' | 'sequence'
>;

/** `common`: the keys of all kinds of entry. */
export function eventRules(
  map: MapNode,
  common: readonly string[],
  elsewhere: Readonly<Record<string, string>>,
): FieldRules {
  const sequence = sequenceRules(map, 'a goal has it; ignore_older_than: is for late events');
  return {
    what: 'entry by event',
    keys: ['event', 'where', 'ignore_older_than', ...sequence.keys, ...common],
    elsewhere: {
      trend: 'a trend is a state and no event: enter: { who: { event: x, trend: … } }',
      ...sequence.elsewhere,
      ...elsewhere,
    },
  };
}

export function readByEvent(reading: Reading, fields: Fields): ByEvent | undefined {
  const names = fields.optional('event', (node) => readEventNames(reading, node));
  const where = fields.optional('where', (node) => readWhere(reading, node, OF_ENTRANT));
  const older = fields.optional('ignore_older_than', (node) =>
    readElapsed(reading, node, '`ignore_older_than:`'),
  );
  const sequence = readSequence(reading, fields, OF_ENTRANT, false);
  if (!names || where === undefined || older === undefined || sequence === undefined)
    return undefined;
  const by: ByEvent = {
    kind: 'event',
    match: { names, where: where ?? [] },
    ignoreOlderThanMs: older ?? DAY_MS,
  };
  return sequence ? { ...by, sequence } : by;
}
