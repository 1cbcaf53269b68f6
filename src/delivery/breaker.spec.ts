import { Breaker } from './breaker.js';

it('rests for 1, 2, 4 ... 60 seconds, lets one probe through, and closes at the first success', () => {
  let now = 0;
  const breaker = new Breaker({ stopwatch: () => now });
  expect(breaker.allows(10)).toBe(10);
  const rests: number[] = [];
  for (let i = 0; i < 8; i++) {
    breaker.failed();
    rests.push(breaker.restMs());
    expect(breaker.allows(10)).toBe(0);
    now += breaker.restMs();
    expect(breaker.allows(10)).toBe(1);
  }
  expect(rests).toEqual([1, 2, 4, 8, 16, 32, 60, 60].map((seconds) => seconds * 1_000));
  breaker.succeeded();
  expect(breaker.allows(10)).toBe(10);
});

it('counts connections that fail together once', () => {
  const breaker = new Breaker({ stopwatch: () => 0 });
  breaker.failed();
  breaker.failed();
  breaker.failed();
  expect(breaker.restMs()).toBe(1_000);
});
