/** `wait_until:` a time of day, a weekday and a time, or a moment; local moments are in the entry's zone. */
import type { WaitUntil } from '../definitions.js';
import type { Fields } from '../fields.js';
import type { Reading } from '../reading.js';
import { parseMoment, parseTime, timeHelp } from '../scalars/read-time.js';
import { dayMeant } from '../scalars/words-of-time.js';
import type { TextNode } from '../syntax/nodes.js';
import type { StepBody } from './unnamed-step.js';

const DAYS = ['mon', 'tue', 'wed', 'thu', 'fri', 'sat', 'sun'];
const EXAMPLES = '10:00, tue 10:00, mon-fri 10:00 or 2026-05-01 10:00';

export function readWaitUntil(reading: Reading, fields: Fields): StepBody | undefined {
  const node = fields.get('wait_until');
  if (!node) return undefined;
  if (node.kind === 'map')
    return reading.notBuilt(
      node,
      'waiting for a date of the profile',
      'wait_until takes a time of day, a weekday and a time, or a moment',
    );
  const text = reading.asText(node, '`wait_until:`');
  const until = text && readUntil(reading, text);
  return until && { kind: 'wait_until', until };
}

function readUntil(reading: Reading, node: TextNode): WaitUntil | undefined {
  const { text } = node;
  const time = parseTime(text);
  if (time) return { kind: 'time', at: time, days: null };
  const moment = parseMoment(text);
  if (moment?.kind === 'instant') return { kind: 'instant', at: moment.at };
  if (moment?.kind === 'local') return { kind: 'local', date: moment.date, at: moment.at };
  if (moment)
    return reading.error('RK204', node, `\`${text}\` has no time of day`, `write ${text} 10:00`);
  return readWeekly(reading, node);
}

/** `tue 10:00`, `mon-fri 10:00`. */
function readWeekly(reading: Reading, node: TextNode): WaitUntil | undefined {
  const found = /^(\p{L}+)(?:-(\p{L}+))? (\S+)$/u.exec(node.text);
  if (!found) {
    const help = /^\d{1,2}(?::\d{2}){0,2}\s*(?:[ap]m)?$/i.test(node.text)
      ? timeHelp(node.text)
      : EXAMPLES;
    return reading.error('RK204', node, `\`${node.text}\` is not a time to wait for`, help);
  }
  const [first, last] = [found[1]!, found[2] ?? found[1]!].map((word) => DAYS.indexOf(word));
  const odd = [found[1]!, found[2] ?? found[1]!].find((word) => !DAYS.includes(word));
  if (first === undefined || last === undefined || odd !== undefined) {
    const near = dayMeant(odd!);
    return reading.error(
      'RK204',
      node,
      `\`${odd}\` is not a day of the week`,
      near ? `write ${near}` : `days are ${DAYS.join(', ')}`,
    );
  }
  const at = parseTime(found[3]!);
  if (!at)
    return reading.error(
      'RK204',
      node,
      `\`${found[3]}\` is not a time of day`,
      timeHelp(found[3]!),
    );
  const length = ((last - first + 7) % 7) + 1;
  const days = Array.from({ length }, (_, i) => ((first + i) % 7) + 1).sort((a, b) => a - b);
  return { kind: 'time', at, days };
}
