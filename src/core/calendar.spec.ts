/** Zones and DST as semantics.md (Clock) decides them. */
import fc from 'fast-check';
import {
  dailyAround,
  nextOpening,
  addCalendar,
  isZone,
  localDate,
  nextTimeOfDay,
  startOfLocalDay,
  toInstant,
  toLocal,
} from './calendar.js';

const at = (iso: string): number => Date.parse(iso);
const local = (text: string) => {
  const [date, time] = text.split(' ') as [string, string];
  const [year, month, day] = date.split('-').map(Number) as [number, number, number];
  const [hour, minute] = time.split(':').map(Number) as [number, number];
  return { year, month, day, hour, minute, second: 0, millisecond: 0 };
};

describe('local time becomes an instant', () => {
  it('takes the first valid instant after a gap', () => {
    expect(toInstant(local('2026-03-29 02:30'), 'Europe/Berlin')).toBe(at('2026-03-29T01:00:00Z'));
    expect(toInstant(local('2026-03-08 02:01'), 'America/New_York')).toBe(
      at('2026-03-08T07:00:00Z'),
    );
  });

  it('takes the first of two instants in an overlap', () => {
    expect(toInstant(local('2026-10-25 02:30'), 'Europe/Berlin')).toBe(at('2026-10-25T00:30:00Z'));
    expect(toInstant(local('2026-11-01 01:30'), 'America/New_York')).toBe(
      at('2026-11-01T05:30:00Z'),
    );
  });

  it('copes with a gap at midnight and a day that does not exist', () => {
    expect(toInstant(local('2026-04-24 00:00'), 'Africa/Cairo')).toBe(at('2026-04-23T22:00:00Z'));
    expect(toInstant(local('2011-12-30 10:00'), 'Pacific/Apia')).toBe(at('2011-12-30T10:00:00Z'));
  });

  it('is the inverse of the wall clock wherever a wall time exists once', () => {
    const zones = [
      'UTC',
      'Europe/Berlin',
      'America/New_York',
      'Asia/Kathmandu',
      'Australia/Lord_Howe',
      'Pacific/Apia',
    ];
    fc.assert(
      fc.property(
        fc.constantFrom(...zones),
        fc.integer({ min: at('2000-01-01'), max: at('2035-01-01') }),
        (zone, instant) => {
          const back = toInstant(toLocal(instant, zone), zone);
          expect(toLocal(back, zone)).toEqual(toLocal(instant, zone));
          expect(back).toBeLessThanOrEqual(instant);
        },
      ),
      { numRuns: 2_000 },
    );
  });
});

describe('calendar durations', () => {
  it('keep the wall time across a change to summer time; hours elapse', () => {
    const before = at('2026-03-28T09:00:00Z'); // 10:00 in Berlin
    expect(addCalendar(before, { count: 1, unit: 'day' }, 'Europe/Berlin')).toBe(
      at('2026-03-29T08:00:00Z'),
    );
    expect(addCalendar(before, { count: 24, unit: 'hour' }, 'Europe/Berlin')).toBe(
      at('2026-03-29T09:00:00Z'),
    );
  });

  it('take the time of day on the local date, not the next one after 72 hours', () => {
    const evening = at('2026-01-05T14:30:00Z'); // 17:30 in Moscow
    expect(
      addCalendar(evening, { count: 7, unit: 'day' }, 'Europe/Moscow', { hour: 10, minute: 0 }),
    ).toBe(at('2026-01-12T07:00:00Z'));
  });

  it('clamp months to the last day, 29 February included', () => {
    expect(addCalendar(at('2026-01-31T12:00:00Z'), { count: 1, unit: 'month' }, 'UTC')).toBe(
      at('2026-02-28T12:00:00Z'),
    );
    expect(addCalendar(at('2026-01-31T12:00:00Z'), { count: 2, unit: 'month' }, 'UTC')).toBe(
      at('2026-03-31T12:00:00Z'),
    );
    expect(addCalendar(at('2024-02-29T12:00:00Z'), { count: 1, unit: 'year' }, 'UTC')).toBe(
      at('2025-02-28T12:00:00Z'),
    );
  });
});

describe('the next time of day', () => {
  it('is now when it is that time', () => {
    expect(
      nextTimeOfDay(at('2026-01-05T09:00:00Z'), { hour: 10, minute: 0 }, 'Europe/Berlin'),
    ).toBe(at('2026-01-05T09:00:00Z'));
    expect(
      nextTimeOfDay(at('2026-01-05T09:00:00.001Z'), { hour: 10, minute: 0 }, 'Europe/Berlin'),
    ).toBe(at('2026-01-06T09:00:00Z'));
  });

  it('waits for the weekday', () => {
    expect(nextTimeOfDay(at('2026-01-07T09:00:00Z'), { hour: 10, minute: 0 }, 'UTC', [2])).toBe(
      at('2026-01-13T10:00:00Z'),
    );
  });
});

it('names local days and their beginning', () => {
  expect(localDate(at('2026-01-01T03:00:00Z'), 'America/New_York')).toBe('2025-12-31');
  expect(startOfLocalDay(at('2026-01-01T03:00:00Z'), 'America/New_York', 1)).toBe(
    at('2026-01-01T05:00:00Z'),
  );
});

it('knows IANA zones only', () => {
  for (const good of ['UTC', 'Europe/Berlin', 'America/Argentina/Buenos_Aires', 'Etc/GMT+5'])
    expect(isZone(good)).toBe(true);
  for (const bad of ['Not/AZone', 'EST', '+02:00', 'UTC+3', '', 'europe', '../etc/passwd'])
    expect(isZone(bad)).toBe(false);
});

describe('nextOpening', () => {
  const all = [1, 2, 3, 4, 5, 6, 7];
  const time = (text: string) => {
    const [hour, minute] = text.split(':').map(Number) as [number, number];
    return { hour, minute };
  };
  it.each<[what: string, days: number[], span: string, zone: string, at: string, opens: string]>([
    ['is in it', [1], '09:00-17:00', 'UTC', '2026-01-05T09:00Z', '2026-01-05T09:00Z'],
    ['ends before until', all, '09:00-17:00', 'UTC', '2026-01-05T17:00Z', '2026-01-06T09:00Z'],
    ['opens later today', all, '09:00-17:00', 'UTC', '2026-01-05T08:59Z', '2026-01-05T09:00Z'],
    ['skips days', [1, 3], '09:00-17:00', 'UTC', '2026-01-05T18:00Z', '2026-01-07T09:00Z'],
    ['next week', [1], '09:00-17:00', 'UTC', '2026-01-05T17:00Z', '2026-01-12T09:00Z'],
    ['whole days', [6], '00:00-', 'UTC', '2026-01-10T23:59Z', '2026-01-10T23:59Z'],
    ['after whole days', [6], '00:00-', 'UTC', '2026-01-11T00:00Z', '2026-01-17T00:00Z'],
    ['past midnight', [5], '22:00-02:00', 'UTC', '2026-01-10T01:59Z', '2026-01-10T01:59Z'],
    ['at its end', [5], '22:00-02:00', 'UTC', '2026-01-10T02:00Z', '2026-01-16T22:00Z'],
    ['of yesterday', [6], '22:00-02:00', 'UTC', '2026-01-10T01:00Z', '2026-01-10T22:00Z'],
    ['east', all, '08:00-21:00', 'Asia/Tokyo', '2026-01-05T12:00Z', '2026-01-05T23:00Z'],
    // Clocks go from 02:00 to 03:00 on 29 March 2026 in Berlin, and back on 25 October.
    ['after a gap', all, '02:30-05:00', 'Europe/Berlin', '2026-03-29T00:00Z', '2026-03-29T01:00Z'],
    ['in a gap', all, '02:00-03:00', 'Europe/Berlin', '2026-03-29T00:00Z', '2026-03-30T00:00Z'],
    ['overlap', all, '02:30-05:00', 'Europe/Berlin', '2026-10-25T00:00Z', '2026-10-25T00:30Z'],
  ])('%s', (_, days, span, zone, at, opens) => {
    const [from, until] = span.split('-') as [string, string];
    const window = { days, from: time(from), until: until === '' ? null : time(until) };
    expect(nextOpening(Date.parse(at), window, zone)).toBe(Date.parse(opens));
  });
});

describe('dailyAround', () => {
  it.each<[what: string, time: string, zone: string, at: string, last: string, next: string]>([
    ['at it', '03:00', 'UTC', '2026-01-05T03:00Z', '2026-01-05T03:00Z', '2026-01-06T03:00Z'],
    ['before it', '03:00', 'UTC', '2026-01-05T02:59Z', '2026-01-04T03:00Z', '2026-01-05T03:00Z'],
    // Clocks go from 02:00 to 03:00 on 29 March 2026 in Berlin, and back on 25 October.
    [
      'gap',
      '02:30',
      'Europe/Berlin',
      '2026-03-29T12:00Z',
      '2026-03-29T01:00Z',
      '2026-03-30T00:30Z',
    ],
    [
      'overlap',
      '02:30',
      'Europe/Berlin',
      '2026-10-25T01:30Z',
      '2026-10-25T00:30Z',
      '2026-10-26T01:30Z',
    ],
    // Samoa had no 30 December 2011: the first instant after it.
    [
      'no day',
      '03:00',
      'Pacific/Apia',
      '2011-12-30T12:00Z',
      '2011-12-30T10:00Z',
      '2011-12-30T13:00Z',
    ],
  ])('%s', (_, time, zone, instant, last, next) => {
    const [hour, minute] = time.split(':').map(Number) as [number, number];
    const found = dailyAround(at(instant), { hour, minute }, zone);
    expect([found.last, found.next].map((one) => new Date(one).toISOString())).toEqual(
      [last, next].map((one) => new Date(one).toISOString()),
    );
  });
});
