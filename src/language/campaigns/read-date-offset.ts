/**
 * `{ date: trial_ends_at, before: 3 days, at: 09:00 }`: an instant that follows a date of the profile or of the entry.
 * In days and longer it is a day of the calendar at a time of day; in hours it counts from the very instant.
 */
import { isElapsed, type Duration } from '../../core/duration.js';
import type { DateOffset } from '../definitions.js';
import { Fields } from '../fields.js';
import type { Reading } from '../reading.js';
import { readDuration, readTimeOfDay } from '../scalars/read-time.js';
import { readDatePath } from '../scalars/read-trait-path.js';
import type { MapNode, Node } from '../syntax/nodes.js';

const HOURS = 'only before: or after: in hours goes without, and counts from the instant itself';

export function readDateOffset(
  reading: Reading,
  map: MapNode,
  elsewhere: Readonly<Record<string, string>>,
): DateOffset | undefined {
  const what = 'a date';
  const keys = ['date', 'before', 'after', 'at'];
  const fields = new Fields(reading, map, { what, keys, elsewhere });
  const dateNode = fields.need('date', 'a trait, or a field of the entry: date: entry.ends_at');
  const source = dateNode && readSource(reading, dateNode);
  const shift = readShift(reading, fields, {
    read: readBy,
    twice: 'a date is waited for before or after it, not both',
  });
  if (shift === undefined) return undefined;
  const inHours = shift ? isElapsed(shift) : false;
  if (inHours && fields.has('at'))
    return reading.error(
      'RK105',
      fields.key('at')!,
      '`at:` does not go with hours',
      'say the distance in days, or leave at: out',
    );
  const atNode = inHours
    ? undefined
    : fields.need('at', `the time of that day: at: 09:00; ${HOURS}`);
  const at = atNode && readTimeOfDay(reading, atNode, '`at:`');
  if (!source || (!inHours && !at)) return undefined;
  return { ...source, shift, at: at ?? null };
}

function readSource(reading: Reading, node: Node): Pick<DateOffset, 'from' | 'path'> | undefined {
  const path = readDatePath(reading, node, (moment) => `wait_until: ${moment}`);
  const [first, ...field] = path ?? [];
  if (path === undefined || (first !== 'entry' && first !== 'account'))
    return path && { from: 'trait', path };
  if (field.length === 0)
    return reading.error(
      'RK208',
      node,
      `\`${first}\` is not a path`,
      first === 'entry' ? 'name the field: entry.ends_at' : 'name the trait: account.renewal_at',
    );
  return first === 'entry' ? { from: 'entry', path: field } : { from: 'trait', path };
}

/** `before:` or `after:`; null where the date itself is meant. `twice`: what to say of both. */
export function readShift(
  reading: Reading,
  fields: Fields,
  { read, twice }: { read: typeof readBy; twice: string },
): DateOffset['shift'] | undefined {
  const [first, second] = fields.present(['before', 'after']);
  if (!first) return null;
  if (second) return reading.error('RK105', second, `\`${first.text}:\` is there already`, twice);
  const by = fields.optional(first.text, (node) => read(reading, node, first.text));
  return by ? { ...by, direction: first.text as 'before' | 'after' } : undefined;
}

export function readBy(reading: Reading, node: Node, key: string): Duration | undefined {
  const by = readDuration(reading, node, `\`${key}:\``);
  if (by?.count === 0)
    return reading.error('RK201', node, `\`${key}:\` is a time of nothing`, 'leave it out');
  return by;
}
