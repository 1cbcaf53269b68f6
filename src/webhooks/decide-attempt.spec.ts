import fc from 'fast-check';
import { decideAttempt, LONGEST_REST_MS, RETRY_DELAYS_MS } from './decide-attempt.js';

const NOW = Date.UTC(2026, 4, 1);
const failed = { status: 500, error: 'answered 500', retryAfter: null };
const decide = (exchange: Partial<typeof failed> | object, tries = 1, seed = 'x') =>
  decideAttempt({ ...failed, ...exchange }, { tries, seed, now: NOW });

test('what arrived is delivered, whatever else the answer says', () => {
  expect(decide({ status: 204, error: null, retryAfter: '60' }, 10)).toEqual({
    state: 'delivered',
    waitMs: null,
    gone: false,
    restMs: null,
  });
});

test('ten tries: at once, 5 s, 5 min, 30 min, 2 h, 5 h, 10 h, 14 h, 20 h, 24 h, each within a tenth', () => {
  const hours = (n: number) => n * 3_600_000;
  expect(RETRY_DELAYS_MS).toEqual([
    0,
    5_000,
    300_000,
    1_800_000,
    ...[2, 5, 10, 14, 20, 24].map(hours),
  ]);
  for (let tries = 1; tries < 10; tries++) {
    const { state, waitMs } = decide({}, tries);
    expect(state).toBe('pending');
    expect(Math.abs(Number(waitMs) / (RETRY_DELAYS_MS[tries] ?? 0) - 1)).toBeLessThanOrEqual(0.1);
  }
  expect(decide({}, 10)).toMatchObject({ state: 'failed', waitMs: null });
  expect(decide({ status: null }, 10)).toMatchObject({ state: 'failed' });
});

test('what failed together does not come back together, and the same attempt always waits the same', () => {
  const waits = Array.from({ length: 1_000 }, (_, n) => decide({}, 2, `${n}/2`).waitMs!);
  expect(new Set(waits).size).toBeGreaterThan(900);
  expect(Math.min(...waits)).toBeLessThan(275_000);
  expect(Math.max(...waits)).toBeGreaterThan(325_000);
  expect(decide({}, 2, '7/2')).toEqual(decide({}, 2, '7/2'));
});

test('410 ends it at once and says that the endpoint is gone', () => {
  expect(decide({ status: 410 })).toEqual({
    state: 'failed',
    waitMs: null,
    gone: true,
    restMs: null,
  });
});

test.each([
  ['120', 120_000],
  [' 7 ', 7_000],
  ['Fri, 01 May 2026 00:10:00 GMT', 600_000],
  // nobody is left alone for days because of a header
  ['999999', LONGEST_REST_MS],
  ['Fri, 01 Jan 2100 00:00:00 GMT', LONGEST_REST_MS],
])('Retry-After: %s', (retryAfter, restMs) => {
  const verdict = decide({ status: 429, retryAfter });
  expect(verdict).toMatchObject({ state: 'pending', restMs });
  expect(verdict.waitMs).toBe(Math.max(restMs, decide({}).waitMs!));
});

test.each(['0', '-5', 'soon', '', '1e9', 'Fri, 01 May 2020 00:00:00 GMT'])(
  'Retry-After: %j asks for nothing',
  (retryAfter) => expect(decide({ retryAfter })).toEqual(decide({})),
);

test('a header shortens no delay', () => {
  expect(decide({ retryAfter: '1' }, 5).waitMs).toBeGreaterThan(4 * 3_600_000);
});

test('whatever comes back, a delivery ends or is tried again within 27 hours', () => {
  fc.assert(
    fc.property(
      fc.option(fc.integer({ min: 100, max: 599 })),
      fc.option(fc.string()),
      fc.integer({ min: 1, max: 12 }),
      (status, retryAfter, tries) => {
        const { state, waitMs } = decide({ status, retryAfter }, tries);
        if (state === 'pending') expect(waitMs).toBeGreaterThan(0);
        expect(waitMs ?? 0).toBeLessThan(27 * 3_600_000);
      },
    ),
  );
});
