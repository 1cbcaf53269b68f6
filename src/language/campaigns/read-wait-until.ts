/**
 * `wait_until:` a time of day, a weekday and a time, a moment, or a date of the profile or the entry; local moments are
 * in the entry's zone. What has passed, or is not there, is for `if_past:` and `if_missing:`.
 */
import type { Unresolved, WaitUntil } from '../definitions.js';
import type { Fields } from '../fields.js';
import type { Reading } from '../reading.js';
import { readChoice } from '../scalars/read-text.js';
import { dateMeant } from '../scalars/date-meant.js';
import { parseMoment, parseTime, timeHelp } from '../scalars/read-time.js';
import { daysBetween } from '../scalars/read-days.js';
import type { Node, TextNode } from '../syntax/nodes.js';
import { readDateOffset } from './read-date-offset.js';
import type { StepBody } from './unnamed-step.js';

const EXAMPLES =
  '10:00, tue 10:00, mon-fri 10:00, 2026-05-01 10:00 or { date: trial_ends_at, before: 3 days, at: 09:00 }';

export function readWaitUntil(reading: Reading, fields: Fields): StepBody | undefined {
  const node = fields.get('wait_until');
  if (!node) return undefined;
  const until = readTarget(reading, node);
  const ifPast = fields.optional('if_past', (word) => readUnresolved(reading, word, '`if_past:`'));
  const ifMissing = fields.optional('if_missing', (word) =>
    readUnresolved(reading, word, '`if_missing:`'),
  );
  if (!until || ifPast === undefined || ifMissing === undefined) return undefined;
  if (until.kind === 'time') {
    const odd = fields.key('if_past') ?? fields.key('if_missing');
    if (odd) return reading.error('RK105', odd, ...NEVER_UNRESOLVED);
    return { kind: 'wait_until', until };
  }
  if (until.kind === 'date')
    return { kind: 'wait_until', until, ifPast: ifPast ?? 'skip', ifMissing: ifMissing ?? 'skip' };
  if (ifMissing !== null)
    return reading.error('RK105', fields.key('if_missing')!, ...NEVER_MISSING);
  return { kind: 'wait_until', until, ifPast: ifPast ?? 'skip' };
}

const NEVER_UNRESOLVED = ['a time of day always comes', 'leave the key out'] as const;
const NEVER_MISSING = ['this moment is never missing', 'if_missing: goes with date:'] as const;

function readUnresolved(reading: Reading, node: Node, what: string): Unresolved | undefined {
  return readChoice(reading, node, what, ['skip', 'continue', 'exit'] as const);
}

function readTarget(reading: Reading, node: Node): WaitUntil | undefined {
  if (node.kind !== 'map') {
    const text = reading.asText(node, '`wait_until:`');
    return text && readUntil(reading, text);
  }
  const beside = 'it stands beside wait_until:, not inside it';
  const date = readDateOffset(reading, node, { if_past: beside, if_missing: beside });
  return date && { kind: 'date', ...date };
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
      : (dateMeant(node.text) ?? EXAMPLES);
    return reading.error('RK204', node, `\`${node.text}\` is not a time to wait for`, help);
  }
  const days = daysBetween(reading, node, found[1]!, found[2] ?? found[1]!);
  if (!days) return undefined;
  const at = parseTime(found[3]!);
  if (!at)
    return reading.error(
      'RK204',
      node,
      `\`${found[3]}\` is not a time of day`,
      timeHelp(found[3]!),
    );
  return { kind: 'time', at, days };
}
