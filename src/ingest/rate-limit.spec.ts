import { RateLimit } from './rate-limit.js';

function limitAt(perSecond: number, burst: number) {
  const clock = { now: 0 };
  return { clock, limit: new RateLimit({ perSecond, burst, monotonic: () => clock.now }) };
}

test('a burst passes, then one waits for as long as it says', () => {
  const { clock, limit } = limitAt(10, 20);
  expect(limit.take('k', 20)).toBe(0);
  expect(limit.take('k', 15)).toBe(2);
  clock.now = 2000;
  expect(limit.take('k', 15)).toBe(0);
  expect(limit.take('other', 1)).toBe(0);
});

test('what costs more than the whole bucket passes when it is full and is paid for afterwards', () => {
  const { clock, limit } = limitAt(10, 20);
  expect(limit.take('k', 50)).toBe(0);
  expect(limit.isEmpty('k')).toBe(true);
  expect(limit.take('k')).toBe(4);
  clock.now = 4000;
  expect(limit.take('k')).toBe(0);
});

test('who comes under ever new names does not get rid of a bucket that is in use', () => {
  const { limit } = limitAt(1, 1);
  limit.take('guessed');
  for (let n = 0; n < 30_000; n += 1) {
    limit.take(`other-${n}`);
    if (n % 5_000 === 0) limit.take('guessed');
  }
  expect(limit.isEmpty('guessed')).toBe(true);
});
