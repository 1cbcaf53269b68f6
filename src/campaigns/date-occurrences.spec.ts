/** When a date lets in: days, anniversaries, ends of months, 29 February, changes of the clock. */
import fc from 'fast-check';
import type { ByDate } from './date-occurrences.js';
import { hasOccurrence, keyOf, lastOccurrence, nextOccurrence } from './date-occurrences.js';

const enter = (rest: Partial<ByDate> = {}): ByDate =>
  ({
    kind: 'date',
    path: ['d'],
    shift: null,
    at: { hour: 9, minute: 0 },
    every: null,
    catchUpMs: 0,
    ...rest,
  }) as ByDate;
const at = (text: string): number => Date.parse(`${text.replace(' ', 'T')}:00Z`);
const before = (count: number, unit: 'day' | 'month' = 'day') => ({
  count,
  unit,
  direction: 'before' as const,
});

/** The next `n` occurrences later than `from`, as instants. */
function following(one: ByDate, value: string, zone: string, from: string, n: number): string[] {
  const found: string[] = [];
  for (let now = at(from); found.length < n;) {
    const next = nextOccurrence(one, value, zone, now);
    if (!next) break;
    found.push(`${keyOf(one, next.trigger)} ${new Date(next.due).toISOString().slice(0, 16)}`);
    now = next.due;
  }
  return found;
}

it('one date: some days before, at a time of the zone; gone when it has passed', () => {
  const week = enter({ shift: before(7) });
  expect(following(week, '2026-03-12', 'America/New_York', '2026-01-01 00:00', 2)).toEqual([
    '2026-03-12 2026-03-05T14:00',
  ]);
  expect(lastOccurrence(week, '2026-03-12', 'UTC', at('2026-04-01 00:00'))).toMatchObject({
    due: at('2026-03-05 09:00'),
    trigger: 'date:2026-03-12',
  });
});

it('a moment is the day it falls on in the zone, and is told apart by itself', () => {
  const moment = '2026-03-12T23:30:00Z';
  expect(following(enter(), moment, 'Europe/Berlin', '2026-01-01 00:00', 1)).toEqual([
    `2026-03-12T23:30:00.000Z 2026-03-13T08:00`,
  ]);
  expect(nextOccurrence(enter(), moment, 'UTC', 0)!.trigger).toBe('date:2026-03-12T23:30:00.000Z');
  expect(
    hasOccurrence(enter(), '2026-03-13T00:30:00+01:00', 'UTC', 'date:2026-03-12T23:30:00.000Z'),
  ).toBe(true);
});

it('every year: from the first anniversary on, 29 February is 28 February in common years', () => {
  const yearly = enter({ every: 'year' });
  expect(following(yearly, '2024-02-29', 'UTC', '2024-01-01 00:00', 4)).toEqual([
    '2025 2025-02-28T09:00',
    '2026 2026-02-28T09:00',
    '2027 2027-02-28T09:00',
    '2028 2028-02-29T09:00',
  ]);
  expect(following(yearly, '1980-12-31', 'UTC', '2026-12-31 09:00', 1)).toEqual([
    '2027 2027-12-31T09:00',
  ]);
});

it('every year, before: the time for an anniversary may lie in the year before', () => {
  const early = enter({ every: 'year', shift: before(2, 'month') });
  expect(following(early, '1990-01-31', 'UTC', '2026-06-01 00:00', 2)).toEqual([
    '2027 2026-11-30T09:00',
    '2028 2027-11-30T09:00',
  ]);
});

it('every month: counts from the date, so that short months do not shorten the next', () => {
  expect(following(enter({ every: 'month' }), '2026-01-31', 'UTC', '2026-01-31 10:00', 4)).toEqual([
    '2026-02 2026-02-28T09:00',
    '2026-03 2026-03-31T09:00',
    '2026-04 2026-04-30T09:00',
    '2026-05 2026-05-31T09:00',
  ]);
});

it('a time that the clock leaves out is the first after it, one that comes twice the first', () => {
  const night = enter({ at: { hour: 2, minute: 30 } });
  expect(following(night, '2026-03-29', 'Europe/Berlin', '2026-01-01 00:00', 1)).toEqual([
    '2026-03-29 2026-03-29T01:00',
  ]);
  expect(following(night, '2026-10-25', 'Europe/Berlin', '2026-01-01 00:00', 1)).toEqual([
    '2026-10-25 2026-10-25T00:30',
  ]);
});

it.each([null, 5, '', 'soon', '2026-02-30', '2026-05-01T10:00'])('%p is no date', (value) => {
  expect(nextOccurrence(enter(), value, 'UTC', 0)).toBeNull();
  expect(hasOccurrence(enter(), value, 'UTC', 'date:2026-05-01')).toBe(false);
});

it('a date beyond what can be waited for lets nobody in', () => {
  const far = enter({ every: 'year', shift: { count: 1, unit: 'year', direction: 'after' } });
  expect(nextOccurrence(far, '9997-01-01', 'UTC', at('9998-06-01 00:00'))?.day).toBe('9998-01-01');
  expect(nextOccurrence(far, '9999-01-01', 'UTC', 0)).toBeNull();
});

it('law: last and next are neighbours, and both are had', () => {
  fc.assert(
    fc.property(
      fc.integer({ min: -20_000, max: 40_000 }),
      fc.integer({ min: -400, max: 400 }),
      fc.constantFrom('day' as const, 'month' as const),
      fc.constantFrom('year' as const, 'month' as const),
      fc.integer({ min: 0, max: 40_000 }),
      fc.constantFrom('UTC', 'Pacific/Kiritimati', 'America/New_York'),
      (born, shift, unit, every, today, zone) => {
        const direction = shift < 0 ? ('before' as const) : ('after' as const);
        const one = enter({ every, shift: { count: Math.abs(shift), unit, direction } });
        const value = new Date(born * 86_400_000).toISOString().slice(0, 10);
        const now = today * 86_400_000 + 5_000;
        const last = lastOccurrence(one, value, zone, now);
        const next = nextOccurrence(one, value, zone, now)!;
        expect(next.due).toBeGreaterThan(now);
        expect(last === null || last.due <= now).toBe(true);
        const from = last?.due ?? Number.NEGATIVE_INFINITY;
        if (last) expect(nextOccurrence(one, value, zone, from)).toEqual(next);
        for (const each of last ? [last, next] : [next])
          expect(hasOccurrence(one, value, zone, each.trigger)).toBe(true);
        expect(hasOccurrence(one, value, zone, `date:${value}`)).toBe(false);
      },
    ),
    { numRuns: 500 },
  );
});
