/** Entry by `date:`: a trait that names a day, its time, some days before or after, once or on each anniversary. */
import { isElapsed } from '../../core/duration.js';
import { DAY_MS } from '../../core/instant.js';
import type { Entry } from '../definitions.js';
import type { FieldRules, Fields } from '../fields.js';
import type { Reading } from '../reading.js';
import { readElapsed, readTimeOfDay } from '../scalars/read-time.js';
import { readChoice } from '../scalars/read-text.js';
import { readDatePath } from '../scalars/read-trait-path.js';
import type { Node } from '../syntax/nodes.js';
import { readBy, readShift } from './read-date-offset.js';

type ByDate = Pick<
  Extract<Entry, { kind: 'date' }>,
  'kind' | 'path' | 'shift' | 'at' | 'every' | 'catchUpMs'
>;

/** `common`: the keys of all kinds of entry. */
export function dateRules(
  common: readonly string[],
  elsewhere: Readonly<Record<string, string>>,
): FieldRules {
  return {
    what: 'entry by date',
    keys: ['date', 'before', 'after', 'at', 'every', 'catch_up', ...common],
    elsewhere: {
      ...elsewhere,
      where: 'it belongs to entry by event:; say if: with a condition',
      ignore_older_than: 'how late a date may be stated is said with catch_up:',
    },
  };
}

export function readByDate(reading: Reading, fields: Fields): ByDate | undefined {
  const dateNode = fields.get('date');
  const path = dateNode && readTrait(reading, dateNode);
  const shift = readShift(reading, fields, {
    read: readDays,
    twice: 'a date lets in before it, on its day or after it, once',
  });
  const atNode = fields.need('at', 'the time of that day: at: 09:00');
  const at = atNode && readTimeOfDay(reading, atNode, '`at:`');
  const every = fields.optional('every', (node) =>
    readChoice(reading, node, '`every:`', ['month', 'year'] as const),
  );
  const catchUp = fields.optional('catch_up', (node) => readElapsed(reading, node, '`catch_up:`'));
  if (!path || !at || shift === undefined || every === undefined || catchUp === undefined)
    return undefined;
  return {
    kind: 'date',
    path,
    shift,
    at,
    every,
    catchUpMs: catchUp ?? DAY_MS,
  };
}

function readTrait(reading: Reading, node: Node): string[] | undefined {
  const path = readDatePath(
    reading,
    node,
    (moment) => `enter: { schedule: { once: ${moment} }, who: … }`,
  );
  if (path?.[0] === 'account' && path.length === 1)
    return reading.error(
      'RK208',
      node,
      '`account` is not a path',
      "name the company's trait: date: account.renewal_at",
    );
  if (path?.[0] === 'entry')
    return reading.error(
      'RK208',
      node,
      'there is no entry yet that could have a date',
      'name a trait: date: trial_ends_at',
    );
  return path;
}

function readDays(reading: Reading, node: Node, key: string): ReturnType<typeof readBy> {
  const by = readBy(reading, node, key);
  if (by && isElapsed(by))
    return reading.error(
      'RK201',
      node,
      `\`${key}:\` moves the day of entry, so it counts days or longer`,
      'say the time of the day with at:',
    );
  return by;
}
