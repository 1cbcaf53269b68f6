import { paceTakes } from './pace-takes.js';

const pace = { count: 5_000, per: 'hour' as const };
const hours = (from: number, until: number | null) => ({
  days: [1, 2, 3, 4, 5],
  from: { hour: from, minute: 0 },
  until: until === null ? null : { hour: until, minute: 0 },
  zone: 'profile',
});

it.each([
  [42_000, hours(9, 17), 8, 2],
  [40_000, hours(9, 17), 8, 1],
  [42_000, null, 24, 1],
  [42_000, hours(22, 2), 4, 3],
  [120_001, hours(0, null), 24, 2],
])('%i mails, 5000 per hour', (mails, window, hoursADay, days) => {
  expect(paceTakes(mails, pace, window)).toEqual({ pace: '5000 per hour', hoursADay, days });
});

it.each([
  ['1 per hour, an hour a day: the first of a day goes when the window opens', 8, 'hour', 10, 0, 8],
  ['as in half an hour', 8, 'hour', 9, 30, 8],
  ['1 per day, an hour a day', 4, 'day', 10, 0, 4],
  ['1 per minute, half an hour a day', 61, 'minute', 9, 30, 3],
] as const)('%s', (_case, mails, per, hour, minute, days) => {
  const until = { hour, minute };
  expect(paceTakes(mails, { count: 1, per }, { ...hours(9, null), until }).days).toBe(days);
});

it('so many per day are so many a day, however long the window is open', () => {
  const perDay = { count: 5_000, per: 'day' as const };
  for (const window of [hours(9, 17), hours(9, 10), null])
    expect(paceTakes(12_000, perDay, window).days).toBe(3);
});
