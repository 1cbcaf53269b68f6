/** Days of the week: `tue`, `mon-fri`, or a list of such. 1 = Monday .. 7 = Sunday. */
import type { Reading } from '../reading.js';
import type { Node, TextNode } from '../syntax/nodes.js';
import { DAY_WORDS } from './print-days.js';
import { daysMeant } from './words-of-time.js';

/** The days from one to another, both in, in the order of the week; `at` is where they stand. */
export function daysBetween(
  reading: Reading,
  at: TextNode,
  first: string,
  last: string,
): number[] | undefined {
  const odd = [first, last].find((word) => !DAY_WORDS.includes(word));
  if (odd !== undefined) {
    const near = daysMeant(odd);
    return reading.error(
      'RK204',
      at,
      `\`${odd}\` is not a day of the week`,
      near ? `write ${near}` : `days are ${DAY_WORDS.join(', ')}`,
    );
  }
  const [from, to] = [DAY_WORDS.indexOf(first), DAY_WORDS.indexOf(last)];
  const length = ((to - from + 7) % 7) + 1;
  return Array.from({ length }, (_, i) => ((from + i) % 7) + 1).sort((a, b) => a - b);
}

/** `mon-fri`, `tue`, `[mon, wed-fri]`. */
export function readDays(reading: Reading, node: Node, what: string): number[] | undefined {
  const items = node.kind === 'list' ? node.items : [node];
  if (items.length === 0)
    return reading.error('RK004', node, `${what} has an empty list`, 'leave the key out');
  const read = items.map((item) => {
    const text = reading.asText(item, what);
    const [first = '', last = first, more] = text?.text.split('-') ?? [];
    if (text && more !== undefined)
      return reading.error('RK204', text, `\`${text.text}\` is not a day of the week`, 'mon-fri');
    return text && daysBetween(reading, text, first, last);
  });
  if (read.some((days) => days === undefined)) return undefined;
  return [...new Set(read.flatMap((days) => days!))].sort((a, b) => a - b);
}
