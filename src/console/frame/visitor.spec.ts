/** How pages say numbers and times in the language of whoever looks. */
import { DAY_MS } from '../../core/instant.js';
import type { Language } from '../texts/texts.js';
import { Visitor } from './visitor.js';

const visitor = (language: Language): Visitor =>
  new Visitor({ session: null, language, now: 0, zone: 'UTC', project: null });

it('lengths of time are said in the language of the page', () => {
  expect(visitor('en').elapsed(14 * DAY_MS)).toBe('14 days');
  expect(visitor('ru').elapsed(14 * DAY_MS)).toBe('14 дней');
  expect(visitor('ru').elapsed(36 * 3_600_000)).toBe('36 часов');
  expect(visitor('en').lasted(26 * 3_600_000 + 1_500)).toBe('1 day 2 hours 1.5 seconds');
  expect(visitor('ru').lasted(0)).toBe('0 секунд');
});
