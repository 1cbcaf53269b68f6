import { NEVER } from '../core/instant.js';
import { localDay, midnightOf } from './local-day.js';

describe('the local day', () => {
  it('ends at the next local midnight, also on days of 23 and 25 hours', () => {
    expect(localDay(Date.UTC(2026, 2, 29, 12), 'Europe/Berlin')).toMatchObject({
      date: '2026-03-29',
      midnight: Date.UTC(2026, 2, 28, 23),
      nextMidnight: Date.UTC(2026, 2, 29, 22),
    });
    expect(localDay(Date.UTC(2026, 9, 25, 12), 'Europe/Berlin')).toMatchObject({
      date: '2026-10-25',
      midnight: Date.UTC(2026, 9, 24, 22),
      nextMidnight: Date.UTC(2026, 9, 25, 23),
    });
  });

  it('begins with the first instant where midnight is skipped', () => {
    // Beirut goes from 00:00 to 01:00.
    expect(midnightOf('2026-03-29', 'Asia/Beirut')).toBe(Date.UTC(2026, 2, 28, 22));
    expect(localDay(Date.UTC(2026, 2, 28, 22), 'Asia/Beirut').date).toBe('2026-03-29');
  });

  it('never goes back where the clock is set back across midnight', () => {
    // St. John's, 2010-11-07 00:01 became 2010-11-06 23:01: the 7th begins at its first midnight, 02:30Z.
    const first = Date.UTC(2010, 10, 7, 2, 30);
    const zone = 'America/St_Johns';
    for (const minutes of [-1, 0, 0.5, 1, 2, 30, 61, 62]) {
      const { date, nextMidnight } = localDay(first + minutes * 60_000, zone);
      expect({ minutes, date }).toEqual({
        minutes,
        date: minutes < 0 ? '2010-11-06' : '2010-11-07',
      });
      expect(nextMidnight).toBeGreaterThan(first + minutes * 60_000);
    }
  });

  it('shifts whole days, past the end of a year', () => {
    expect(midnightOf('2026-12-31', 'UTC', 1)).toBe(Date.UTC(2027, 0, 1));
    expect(midnightOf('9999-12-31', 'UTC', 1)).toBe(NEVER);
  });
});
