/** `wait: 3 days`, with `at: 10:00`: a duration of the calendar (semantics.md, Clock). */
import { elapsedMs, isElapsed, type Duration } from '../../core/duration.js';
import { DAY_MS } from '../../core/instant.js';
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
  if (duration && at && isElapsed(duration)) warnHours(reading, node, duration);
  return duration && at !== undefined ? { kind: 'wait', duration, at } : undefined;
}

/** Hours go by first, and only then does the time of day come: `24 hours` with `at:` are nearly two days for many. */
function warnHours(reading: Reading, node: Node, duration: Duration): void {
  const said = countOf(duration.count, duration.unit);
  const days = elapsedMs(duration) / DAY_MS;
  const whole = Number.isInteger(days);
  const most = whole ? `${days + 1} days` : `${said} and a day`;
  const goes = duration.count === 1 ? 'goes' : 'go';
  reading.warn(
    'RK431',
    node,
    `${said} ${goes} by before \`at:\` is looked for, so that this may take nearly ${most}`,
    whole
      ? `write ${countOf(days, 'day')}`
      : 'leave at: out, or write 1 day for that time of the next day',
  );
}
