/** Times of day and days of the week as they are written. Pure. */
import type { Instant } from '../../core/instant.js';
import type { TimeOfDay } from './time-shapes.js';

export const DAY_WORDS = ['mon', 'tue', 'wed', 'thu', 'fri', 'sat', 'sun'];

/** `09:00`. */
export function printTime({ hour, minute }: TimeOfDay): string {
  return `${String(hour).padStart(2, '0')}:${String(minute).padStart(2, '0')}`;
}

/** `2026-05-01 08:00Z`; seconds and finer where there are any. */
export function printInstant(at: Instant): string {
  const [date, time] = new Date(at).toISOString().split('T') as [string, string];
  return `${date} ${time.replace(/(:00)?\.000Z$/, 'Z')}`;
}

/** Days that follow each other as a range, `mon-fri`, over a Sunday too; others one by one. 1 = Monday .. 7 = Sunday. */
export function printDays(days: readonly number[]): string {
  const first = days.find((day) => !days.includes(day === 1 ? 7 : day - 1)) ?? days[0]!;
  const inOrder = days.map((_, index) => ((first + index - 1) % 7) + 1);
  const words = inOrder.map((day) => DAY_WORDS[day - 1]!);
  if (days.length > 1 && inOrder.every((day) => days.includes(day)))
    return `${words[0]}-${words.at(-1)}`;
  return days.map((day) => DAY_WORDS[day - 1]!).join(', ');
}
