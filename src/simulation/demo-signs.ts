/** What people of the demo who pay do when they are not content: most of those who leave, before; some who stay. Pure. */
import { DAY_MS, type Instant } from '../core/instant.js';
import type { Random } from './random.js';

/** In the two weeks before `until` of those who `leave` then; of others some time between `from` and `until`. */
export function signsOfLeaving(
  random: Random,
  { from, until, leave }: { from: Instant; until: Instant; leave: boolean },
): { name: string; at: Instant }[] {
  if (!random.chance(leave ? 0.7 : 0.12)) return [];
  const begin = leave ? until - random.between(5, 14) * DAY_MS : random.between(from, until);
  const signs: [name: string, chance: number, afterDays: number][] = [
    ['support_ticket_opened', 0.8, 0],
    ['support_ticket_opened', 0.6, 1],
    ['support_ticket_opened', 0.5, 1],
    ['member_removed', 0.4, 1],
    ['cancel_page_viewed', leave ? 0.8 : 0.3, 1],
    ['data_exported', leave ? 0.6 : 0.15, 0],
  ];
  let at = Math.max(from, begin);
  return signs.flatMap(([name, chance, afterDays]) => {
    at += random.around(afterDays * DAY_MS) + 60_000;
    return random.chance(chance) && at < until ? [{ name, at }] : [];
  });
}
