/** Amounts in main units, by currency. */
import { decimalsOf, toMajor } from './money.js';

test.each([
  [2000, 'usd', 20],
  [2999, 'EUR', 29.99],
  [5, 'usd', 0.05],
  [0, 'usd', 0],
  [-1250, 'eur', -12.5],
  [500, 'jpy', 500],
  [500, 'KRW', 500],
  [5120, 'kwd', 5.12],
  // No decimals any more, but Stripe sends hundredths.
  [500, 'isk', 5],
  [500, 'ugx', 5],
  [9_007_199_254_740_991, 'usd', 90_071_992_547_409.91],
  [833.3333333, 'usd', 8.33],
  [100.5, 'usd', 1.01],
  [-100.5, 'usd', -1.01],
])('%p %s at Stripe is %p', (minor, currency, major) => {
  expect(toMajor(minor, currency, 'stripe')).toBe(major);
});

test('others follow ISO 4217', () => {
  expect(toMajor(500, 'isk', 'iso')).toBe(500);
  expect(toMajor(500, 'mga', 'iso')).toBe(5);
  expect(decimalsOf('iqd', 'iso')).toBe(3);
  expect(decimalsOf('xxx', 'iso')).toBe(2);
});

test('nothing becomes minus zero', () => {
  expect(Object.is(toMajor(-0.4, 'usd', 'stripe'), 0)).toBe(true);
});
