import fc from 'fast-check';
import { parseTime } from './parse-time.js';
import { placeInTime } from './place-in-time.js';

test.each([
  ['2026-05-01T10:00:00.000Z', Date.UTC(2026, 4, 1, 10)],
  ['2026-05-01T10:00:00+02:00', Date.UTC(2026, 4, 1, 8)],
  ['2026-05-01T10:00:00-0330', Date.UTC(2026, 4, 1, 13, 30)],
  ['2026-05-01 10:00', Date.UTC(2026, 4, 1, 10)],
  ['2026-05-01', Date.UTC(2026, 4, 1)],
  ['2026-05-01T10:00:00.1239999Z', Date.UTC(2026, 4, 1, 10, 0, 0, 123)],
  ['2024-02-29', Date.UTC(2024, 1, 29)],
  ['2026-02-29', null],
  ['2026-02-30T00:00:00Z', null],
  ['2026-13-01', null],
  ['2026-05-01T24:00:00Z', null],
  ['2026-05-01T10:00:00+99:99', null],
  ['2026-05-01T10:00:00+02:60', null],
  ['0026-05-01', Date.parse('0026-05-01T00:00:00Z')],
  ['infinity', null],
  ['+300000-01-01T00:00:00Z', null],
  ['1767225600', null],
  ['', null],
])('%s', (text, at) => {
  expect(parseTime(text)).toBe(at);
});

test('what toISOString writes is read back', () => {
  fc.assert(
    fc.property(fc.date({ min: new Date(0), max: new Date(4e12), noInvalidDate: true }), (date) => {
      expect(parseTime(date.toISOString())).toBe(date.getTime());
    }),
  );
});

const received = Date.UTC(2026, 0, 10, 12);
const hour = 3_600_000;

test('a clock that is years off is corrected by when it says it sent', () => {
  const sentAt = Date.UTC(2031, 0, 1);
  expect(placeInTime({ timestamp: sentAt - hour, sentAt }, received)).toEqual({
    occurredAt: received - hour,
    statedAt: sentAt - hour,
  });
});

test('nothing happens after its receipt, and nothing is stated that says the same', () => {
  const none = { occurredAt: received, statedAt: null };
  expect(placeInTime({ timestamp: null, sentAt: null }, received)).toEqual(none);
  expect(placeInTime({ timestamp: received, sentAt: null }, received)).toEqual(none);
  expect(placeInTime({ timestamp: received + hour, sentAt: null }, received)).toEqual({
    occurredAt: received,
    statedAt: received + hour,
  });
  expect(placeInTime({ timestamp: received + 25 * hour, sentAt: null }, received)).toBeNull();
  expect(placeInTime({ timestamp: Date.UTC(1999, 11, 31), sentAt: null }, received)).toBeNull();
});
