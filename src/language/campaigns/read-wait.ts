/** `wait: 3 days`, with `at: 10:00`: a duration of the calendar (semantics.md, Clock). */
import type { Fields } from '../fields.js';
import type { Reading } from '../reading.js';
import { parseTime, readDuration, readTimeOfDay } from '../scalars/read-time.js';
import type { StepBody } from './unnamed-step.js';

export function readWait(reading: Reading, fields: Fields): StepBody | undefined {
  const node = fields.get('wait');
  if (!node) return undefined;
  if (node.kind === 'text' && parseTime(node.text)) {
    return reading.error(
      'RK201',
      node,
      '`wait:` is a duration, not a time of day',
      `write wait_until: ${node.text}`,
    );
  }
  const duration = readDuration(reading, node, '`wait:`');
  const at = fields.optional('at', (time) => readTimeOfDay(reading, time, '`at:`'));
  if (duration?.count === 0)
    return reading.error('RK405', node, 'a wait of zero waits for nothing', 'remove the step');
  return duration && at !== undefined ? { kind: 'wait', duration, at } : undefined;
}
