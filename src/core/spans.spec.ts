import { lastDays, lastHours, nextHours } from './spans.js';

const iso = (bounds: number[]): string[] => bounds.map((at) => new Date(at).toISOString());

test('days are local days, also where one has 23 hours', () => {
  const now = Date.parse('2026-03-30T10:00:00Z');
  expect(iso(lastDays(now, 'Europe/Berlin', 3))).toEqual([
    '2026-03-27T23:00:00.000Z',
    '2026-03-28T23:00:00.000Z',
    '2026-03-29T22:00:00.000Z',
    '2026-03-30T22:00:00.000Z',
  ]);
});

test('hours begin where the clock of the zone says so', () => {
  const now = Date.parse('2026-05-01T10:17:03.250Z');
  expect(iso(lastHours(now, 'Asia/Kolkata', 2))).toEqual([
    '2026-05-01T08:30:00.000Z',
    '2026-05-01T09:30:00.000Z',
    '2026-05-01T10:30:00.000Z',
  ]);
  expect(iso(nextHours(now, 'UTC', 2))).toEqual([
    '2026-05-01T10:00:00.000Z',
    '2026-05-01T11:00:00.000Z',
    '2026-05-01T12:00:00.000Z',
  ]);
});
