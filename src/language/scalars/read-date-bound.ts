/**
 * Dates to compare with: a day, a moment, or a day counted from today (`today`, `30 days ago`, `7 days from now`).
 * Pairs of them, `[from, to]`, with both ends in.
 */
import { DURATION_UNITS, elapsedMs } from '../../core/duration.js';
import { DAY_MS } from '../../core/instant.js';
import type { DateBound } from './time-shapes.js';
import type { Reading } from '../reading.js';
import type { Node, TextNode } from '../syntax/nodes.js';
import { countOf } from '../words.js';
import { dateMeant } from './date-meant.js';
import { durationOf, parseMoment } from './read-time.js';

const HELP = 'a day, 2026-05-01, a moment, 2026-05-01 10:00, or a day from today: 30 days ago';

/** Whether a text is meant as a date, in either form. */
export function looksLikeDate(text: string): boolean {
  return parseMoment(text) !== null || movingOf(text) !== null;
}

/** `meant`: the help for what is not a date, where its place knows better. */
export function readDateBound(
  reading: Reading,
  node: Node,
  what: string,
  meant?: string,
): DateBound | undefined {
  const text = reading.asText(node, what);
  if (!text) return undefined;
  const moving = movingOf(text.text);
  if (moving) return readMoving(reading, text, moving, what);
  const moment = parseMoment(text.text);
  if (!moment)
    return reading.error(
      'RK205',
      node,
      `\`${text.text}\` is not a date`,
      meant ?? helpFor(text.text),
    );
  switch (moment.kind) {
    case 'date':
      return moment.date;
    case 'local':
      return { local: moment.date, at: moment.at };
    case 'instant':
      return { instant: moment.at };
  }
}

/** `[from, to]`; reports one that ends before it begins. */
export function readDateRange(
  reading: Reading,
  node: Node,
  what: string,
): { from: DateBound; to: DateBound } | undefined {
  const items = reading.asList(node, what);
  if (!items) return undefined;
  if (items.length !== 2)
    return reading.error(
      'RK100',
      node,
      `${what} is a list of two, [from, to]`,
      '[2026-05-01, 2026-05-31]',
    );
  const [from, to] = items.map((item) => readDateBound(reading, item, what));
  if (from === undefined || to === undefined) return undefined;
  if (isBefore(to, from))
    return reading.error(
      'RK305',
      node,
      `${what} ends before it begins`,
      'the earlier one comes first',
    );
  return { from, to };
}

/** Only what is before the other for everybody and always. */
function isBefore(a: DateBound, b: DateBound): boolean {
  if (typeof a === 'string') return typeof b === 'string' ? a < b : 'local' in b && a < b.local;
  if ('days' in a) return typeof b === 'object' && 'days' in b && a.days < b.days;
  if ('instant' in a) return typeof b === 'object' && 'instant' in b && a.instant < b.instant;
  if (typeof b === 'string') return a.local < b;
  return 'local' in b && wallTime(a) < wallTime(b);
}

function wallTime({ local, at }: Extract<DateBound, { local: string }>): number {
  return Date.parse(`${local}T00:00:00Z`) + (at.hour * 60 + at.minute) * 60_000;
}

interface Moving {
  /** 1 for the days to come, -1 for those gone by. */
  sign: 1 | -1;
  /** The duration as it was written. */
  duration: string;
}

function movingOf(text: string): Moving | null {
  if (text === 'today') return { sign: 1, duration: '0 days' };
  const found = /^(.+?) (ago|from now)$/.exec(text);
  return found && { sign: found[2] === 'ago' ? -1 : 1, duration: found[1]! };
}

function readMoving(
  reading: Reading,
  node: TextNode,
  { sign, duration: written }: Moving,
  what: string,
): DateBound | undefined {
  const duration = durationOf(reading, node, written, what, true);
  if (!duration) return undefined;
  const { count, unit } = duration;
  const ending = sign < 0 ? 'ago' : 'from now';
  if (unit === 'month' || unit === 'year') {
    return reading.error(
      'RK202',
      node,
      `a ${unit} has no fixed length, and a day from today is counted in days`,
      `write ${count * (unit === 'month' ? 30 : 365)} days ${ending}`,
    );
  }
  if (DURATION_UNITS.indexOf(unit) < DURATION_UNITS.indexOf('day'))
    return reading.error(
      'RK205',
      node,
      `\`${node.text}\` is not a date`,
      `whole days, as in ${countOf(Math.max(1, Math.round(elapsedMs(duration) / DAY_MS)), 'day')} ${ending}; a time up to now is within_last:`,
    );
  const days = elapsedMs(duration) / DAY_MS;
  return { days: days === 0 ? 0 : sign * days };
}

/** What a word that is nearly a day from today should be. */
function helpFor(text: string): string {
  const word = text.toLowerCase();
  if (word === 'now') return 'write today, which is all of it; a time up to now is within_last:';
  if (word === 'yesterday') return 'write 1 day ago';
  if (word === 'tomorrow') return 'write 1 day from now';
  const date = dateMeant(text);
  if (date !== null) return date;
  const [, minus, count] = /^(-?)(\d+) ?d(?:ays?)?$/.exec(word) ?? [];
  if (count === undefined) return HELP;
  const ago = `${countOf(Number(count), 'day')} ago`;
  return minus ? `write ${ago}` : `write ${ago}, or ${countOf(Number(count), 'day')} from now`;
}
