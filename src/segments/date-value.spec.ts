import { nextAnniversary, parseDay, parseInstant, writtenDay } from './date-value.js';

const day = (text: string): number => parseDay(text)!;

describe('dates in values', () => {
  it.each([
    '2026-02-30',
    '2026-13-01',
    '2026-00-10',
    '2026-01-00',
    '0000-01-01',
    '2025-02-29',
    '26-01-01',
    '2026-1-1',
    ' 2026-01-01',
    '2026-01-01\n',
    'infinity',
    'now',
    '+300000-01-01',
    '',
  ])('%j is no day', (text) => expect(parseDay(text)).toBeNull());

  it.each([
    '2026-04-01',
    '2026-04-01T10:00',
    '2026-04-01T10:00:00',
    '2026-04-01T24:00:00Z',
    '2026-04-01T10:60Z',
    '2026-04-01T10:00:60Z',
    '2026-02-30T10:00Z',
    '2026-04-01T10:00+15:00',
    '2026-04-01T10:00+1',
    '2026-04-01T10:00 Z',
    'infinity',
  ])('%j is no instant', (text) => expect(parseInstant(text)).toBeNull());

  it.each<[string, number]>([
    ['2026-04-01T10:00Z', Date.UTC(2026, 3, 1, 10)],
    ['2026-04-01 10:00:30.5+02:00', Date.UTC(2026, 3, 1, 8, 0, 30, 500)],
    ['2026-04-01t10:00:00.123999z', Date.UTC(2026, 3, 1, 10, 0, 0, 123)],
    ['2026-04-01T10:00:00-0330', Date.UTC(2026, 3, 1, 13, 30)],
  ])('%s is an instant, cut to milliseconds', (text, at) => expect(parseInstant(text)).toBe(at));

  it('takes the date of an instant as it is written', () => {
    expect(writtenDay('1990-05-01T23:30:00-05:00')).toBe(day('1990-05-01'));
    expect(writtenDay('1990-05-01T23:30')).toBeNull();
  });

  it.each([
    ['1990-05-01', '2026-05-01', '2026-05-01'],
    ['1990-05-01', '2026-05-02', '2027-05-01'],
    ['2024-02-29', '2026-02-28', '2026-02-28'],
    ['2024-02-29', '2026-03-01', '2027-02-28'],
    ['2024-02-29', '2027-03-01', '2028-02-29'],
    ['2026-05-01', '2026-05-01', '2027-05-01'],
    ['2026-05-01', '2020-01-01', '2027-05-01'],
    ['0001-01-01', '2026-01-01', '2026-01-01'],
  ])('the anniversary of %s after %s is %s', (of, today, next) =>
    expect(nextAnniversary(day(of), day(today))).toBe(day(next)),
  );
});
