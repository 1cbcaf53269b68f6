/** `day:` of a schedule as a rule of RFC 5545: days of the week, of the month, of the year. */
import type { Reading } from '../reading.js';
import { dayMeant, daysMeant } from '../scalars/words-of-time.js';
import type { Node, TextNode } from '../syntax/nodes.js';

const DAYS = ['mon', 'tue', 'wed', 'thu', 'fri', 'sat', 'sun'];
const ORDER = ['first', 'second', 'third', 'fourth', 'last'];

/** `said`: as it was written. */
export interface RuleOfDay {
  rule: string;
  said: string;
}

export function ruleOfDay(
  reading: Reading,
  node: Node,
  every: 'week' | 'month' | 'year',
  help: string,
): RuleOfDay | undefined {
  const items = node.kind === 'list' && every === 'week' ? node.items : [node];
  const texts = items.map((item) => reading.asText(item, '`day:`'));
  if (texts.some((text) => !text)) return undefined;
  const words = texts as TextNode[];
  const rules = words.map((text) => READERS[every](text.text.trim()));
  const odd = rules.indexOf(null);
  if (odd >= 0 || words.length === 0) {
    const { text } = words[odd] ?? { text: '' };
    const near = every === 'week' ? daysMeant(text) : dayMeant(text);
    return reading.error(
      'RK207',
      words[odd] ?? node,
      `\`${text}\` is not a day of the ${every}`,
      near ? `write ${near}` : help,
    );
  }
  const days = [...new Set(rules.flatMap((rule) => rule!.days))];
  return {
    rule: rules[0]!.of(days),
    said: words.map(({ text }) => text).join(', '),
  };
}

interface Days {
  days: string[];
  of(days: readonly string[]): string;
}

const READERS: Record<'week' | 'month' | 'year', (text: string) => Days | null> = {
  week(text) {
    const [first, last = first, more] = text.split('-').map((word) => DAYS.indexOf(word));
    if (first === undefined || more !== undefined || first < 0 || last! < 0) return null;
    const length = ((last! - first + 7) % 7) + 1;
    const days = Array.from({ length }, (_, n) => ruleDay(DAYS[(first + n) % 7]!));
    return { days, of: (all) => `FREQ=WEEKLY;BYDAY=${all.join(',')}` };
  },
  month(text) {
    if (text === 'last') return { days: ['-1'], of: () => 'FREQ=MONTHLY;BYMONTHDAY=-1' };
    const day = Number(text);
    if (Number.isInteger(day) && day >= 1 && day <= 31)
      return { days: [text], of: () => `FREQ=MONTHLY;${monthDay(day)}` };
    const [order = '', name = '', more] = text.split(/\s+/);
    const nth = ORDER.indexOf(order);
    if (nth < 0 || !DAYS.includes(name) || more !== undefined) return null;
    const on = `${order === 'last' ? -1 : nth + 1}${ruleDay(name)}`;
    return { days: [on], of: () => `FREQ=MONTHLY;BYDAY=${on}` };
  },
  year(text) {
    const found = /^(\d{2})-(\d{2})$/.exec(text);
    const [month, day] = [Number(found?.[1]), Number(found?.[2])];
    // A leap year, so that 29 February is one.
    const date = new Date(Date.UTC(2024, month - 1, day));
    if (!found || date.getUTCMonth() !== month - 1 || date.getUTCDate() !== day) return null;
    const on = month === 2 ? monthDay(day) : `BYMONTHDAY=${day}`;
    return { days: [text], of: () => `FREQ=YEARLY;BYMONTH=${month};${on}` };
  },
};

/** A day that not every month has is the last one of those that do not. */
function monthDay(day: number): string {
  if (day <= 28) return `BYMONTHDAY=${day}`;
  const days = Array.from({ length: day - 27 }, (_, n) => 28 + n);
  return `BYMONTHDAY=${days.join(',')};BYSETPOS=-1`;
}

function ruleDay(name: string): string {
  return name.slice(0, 2).toUpperCase();
}
