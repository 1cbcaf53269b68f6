/** When schedules strike: rules of days, cron, zones, changes of the clock. */
import { cronProblem, nextStrike, ruleProblem, strikesIn, type Schedule } from './schedule.js';

const at = (text: string): number => Date.parse(`${text.replace(' ', 'T')}:00Z`);
const rule = (text: string, hour = 10, from: string | null = null): Schedule => ({
  kind: 'rule',
  rule: text,
  from,
  at: { hour, minute: 0 },
  said: null,
});
const cron = (text: string): Schedule => ({ kind: 'cron', cron: text });

/** The next `n` strikes later than `from`. */
function following(
  schedule: Schedule,
  zones: readonly string[],
  from: string,
  n: number,
): string[] {
  const found: string[] = [];
  for (let after = at(from); found.length < n;) {
    const next = nextStrike(schedule, zones, after);
    if (!next) break;
    found.push(new Date(next.at).toISOString().slice(0, 16).replace('T', ' '));
    after = next.at;
  }
  return found;
}

it('the first Tuesday of the month, at ten of the zone, whatever the season', () => {
  expect(
    following(rule('FREQ=MONTHLY;BYDAY=1TU'), ['Europe/Berlin'], '2026-03-01 00:00', 3),
  ).toEqual(['2026-03-03 09:00', '2026-04-07 08:00', '2026-05-05 08:00']);
});

it('the 31st is the last day of short months, 29 February the 28th in common years', () => {
  const last = rule('FREQ=MONTHLY;BYMONTHDAY=28,29,30,31;BYSETPOS=-1');
  expect(following(last, ['UTC'], '2026-01-31 10:00', 3)).toEqual([
    '2026-02-28 10:00',
    '2026-03-31 10:00',
    '2026-04-30 10:00',
  ]);
  const leap = rule('FREQ=YEARLY;BYMONTH=2;BYMONTHDAY=28,29;BYSETPOS=-1');
  expect(following(leap, ['UTC'], '2026-01-01 00:00', 3)).toEqual([
    '2026-02-28 10:00',
    '2027-02-28 10:00',
    '2028-02-29 10:00',
  ]);
});

it('a rule that counts does so from its day, and comes to an end', () => {
  const two = rule('FREQ=WEEKLY;INTERVAL=2;BYDAY=TU', 10, '2026-01-06');
  expect(following(two, ['UTC'], '2026-01-06 10:00', 2)).toEqual([
    '2026-01-20 10:00',
    '2026-02-03 10:00',
  ]);
  const three = rule('FREQ=DAILY;COUNT=3', 10, '2026-01-06');
  expect(following(three, ['UTC'], '2026-01-06 10:00', 9)).toEqual([
    '2026-01-07 10:00',
    '2026-01-08 10:00',
  ]);
});

it('an hour that the clock leaves out is the first moment after it, one that comes twice the first', () => {
  const nightly = rule('FREQ=DAILY', 2);
  expect(following(nightly, ['Europe/Berlin'], '2026-03-28 12:00', 2)).toEqual([
    '2026-03-29 01:00',
    '2026-03-30 00:00',
  ]);
  expect(following(nightly, ['Europe/Berlin'], '2026-10-24 12:00', 2)).toEqual([
    '2026-10-25 00:00',
    '2026-10-26 01:00',
  ]);
  expect(following(cron('0 2,3 * * *'), ['Europe/Berlin'], '2026-03-28 12:00', 2)).toEqual([
    '2026-03-29 01:00',
    '2026-03-30 00:00',
  ]);
});

it('strikes zone by zone, from the first east to the last west, each hour of a wall clock told apart', () => {
  const zones = ['America/New_York', 'Europe/Berlin', 'Pacific/Kiritimati'];
  const daily = rule('FREQ=DAILY');
  expect(following(daily, zones, '2026-01-01 20:00', 3)).toEqual([
    '2026-01-02 09:00',
    '2026-01-02 15:00',
    '2026-01-02 20:00',
  ]);
  expect(nextStrike(cron('0 * * * *'), ['UTC', 'Europe/Berlin'], at('2026-01-01 20:00'))).toEqual({
    at: at('2026-01-01 21:00'),
    occurrences: ['2026-01-01T21:00', '2026-01-01T22:00'],
  });
  expect(strikesIn('2026-01-02T10:00', 'Europe/Berlin', at('2026-01-02 09:00'))).toBe(true);
  expect(strikesIn('2026-01-02T10:00', 'UTC', at('2026-01-02 09:00'))).toBe(false);
});

it('once: a wall time wherever one is, or one moment for all', () => {
  const wall: Schedule = { kind: 'once', at: { date: '2026-05-01', at: { hour: 10, minute: 0 } } };
  expect(following(wall, ['UTC', 'Europe/Berlin'], '2026-01-01 00:00', 9)).toEqual([
    '2026-05-01 08:00',
    '2026-05-01 10:00',
  ]);
  const moment: Schedule = { kind: 'once', at: { instant: at('2026-05-01 10:00') } };
  expect(following(moment, ['UTC', 'Europe/Berlin'], '2026-01-01 00:00', 9)).toEqual([
    '2026-05-01 10:00',
  ]);
  expect(strikesIn('2026-05-01T10:00:00.000Z', 'Asia/Tokyo', at('2026-05-01 10:00'))).toBe(true);
});

it.each([
  'FREQ=HOURLY',
  'BYDAY=1TU',
  'FREQ=DAILY;BYHOUR=3',
  'FREQ=DAILY;BYDAY=XX',
  'FREQ=DAILY;INTERVAL=0',
  '',
  'FREQ',
])('rrule %p is none', (text) => expect(ruleProblem(text)).not.toBeNull());

it.each(['', 'x', '@daily', '* * * * * *', '0 25 * * *'])('cron %p is none', (text) =>
  expect(cronProblem(text)).not.toBeNull(),
);

it('rules and cron lines that are some', () => {
  for (const text of [
    'FREQ=MONTHLY;BYDAY=-1FR',
    'FREQ=YEARLY;BYMONTH=12;BYMONTHDAY=24',
    'FREQ=DAILY;UNTIL=20260101',
  ])
    expect(ruleProblem(text)).toBeNull();
  expect(cronProblem('0 10 * * mon-fri')).toBeNull();
});
