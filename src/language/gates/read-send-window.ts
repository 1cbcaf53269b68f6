/** When mail may go out: `send_window:` of rekindle.yaml and of a campaign, which stands in place of the other. */
import type { SendWindow } from './gate-shapes.js';
import { Fields } from '../fields.js';
import type { Reading } from '../reading.js';
import { readDays } from '../scalars/read-days.js';
import { readTimeOfDay, readZone } from '../scalars/read-time.js';
import type { Node } from '../syntax/nodes.js';

const ALL_DAYS = [1, 2, 3, 4, 5, 6, 7];
const MIDNIGHT = { hour: 0, minute: 0 };

export function readSendWindow(reading: Reading, node: Node): SendWindow | undefined {
  const map = reading.asMap(node, '`send_window:`');
  if (!map) return undefined;
  const fields = new Fields(reading, map, {
    what: '`send_window:`',
    keys: ['days', 'from', 'until', 'zone'],
    elsewhere: { to: 'write until:', at: 'write from: and until:' },
  });
  const days = fields.optional('days', (value) => readDays(reading, value, '`days:`'));
  const from = fields.optional('from', (value) => readTimeOfDay(reading, value, '`from:`'));
  const until = fields.optional('until', (value) => readUntil(reading, value));
  const zone = fields.optional('zone', (value) => readZone(reading, value, ['profile', 'project']));
  if (days === undefined || from === undefined || until === undefined || zone === undefined)
    return undefined;
  const opens = from ?? MIDNIGHT;
  if (until && until.hour === opens.hour && until.minute === opens.minute)
    return reading.error(
      'RK441',
      fields.key('until')!,
      'this window never opens: it ends when it begins',
      'for whole days leave from: and until: out',
    );
  return { days: days ?? ALL_DAYS, from: opens, until, zone: zone ?? 'profile' };
}

function readUntil(reading: Reading, node: Node): ReturnType<typeof readTimeOfDay> {
  if (node.kind === 'text' && node.text === '24:00')
    return reading.error(
      'RK204',
      node,
      '`until:` is a time of day, not `24:00`',
      'leave `until:` out: then it is midnight',
    );
  return readTimeOfDay(reading, node, '`until:`');
}
