/** `wait: 3 days`, with `at: 10:00`: a duration of the calendar (semantics.md, Clock). */
import type { Fields } from '../fields.js';
import type { Reading } from '../reading.js';
import { parseTime, readDuration, readTimeOfDay } from '../scalars/read-time.js';
import type { Node } from '../syntax/nodes.js';
import { countOf } from '../words.js';
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
  const [, length, time] = (node.kind === 'text' && /^(.+?),? at:? (\S+)$/.exec(node.text)) || [];
  if (length !== undefined)
    return reading.error(
      'RK201',
      node,
      `\`wait:\` is a duration, not \`${length} at ${time}\``,
      `write wait: ${length}, and at: ${parseTime(time!) ? time : '10:00'} on the next line, below wait`,
    );
  const duration = readDuration(reading, node, '`wait:`');
  const at = fields.optional('at', (time) => readTimeOfDay(reading, time, '`at:`'));
  if (duration?.count === 0)
    return reading.error('RK405', node, 'a wait of zero waits for nothing', 'remove the step');
  if (duration?.unit === 'hour' && duration.count % 24 === 0 && at)
    warnHours(reading, node, duration.count / 24);
  return duration && at !== undefined ? { kind: 'wait', duration, at } : undefined;
}

/** Hours go by first, and only then does the time of day come: `24 hours` with `at:` are nearly two days for many. */
function warnHours(reading: Reading, node: Node, days: number): void {
  reading.warn(
    'RK431',
    node,
    `${days * 24} hours go by before \`at:\` is looked for, so that this may take nearly ${days + 1} days`,
    `write ${countOf(days, 'day')}`,
  );
}
