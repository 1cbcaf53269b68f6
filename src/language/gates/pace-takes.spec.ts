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
