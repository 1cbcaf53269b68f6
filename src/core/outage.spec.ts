/** Lines about an outage: the first at once, then ever rarer, one at its end. */
import fc from 'fast-check';
import { Outage } from './outage.js';

function watched() {
  let now = 0;
  const lines: { at: number; line: string }[] = [];
  const say = (line: string) => void lines.push({ at: now, line });
  const outage = new Outage(
    { bad: 'the database is away', good: 'the database answers' },
    { log: say, warn: say },
    () => now,
  );
  return { outage, lines, pass: (ms: number) => void (now += ms) };
}

it('a long outage is told once, then at growing intervals, and once when it is over', () => {
  const { outage, lines, pass } = watched();
  for (let second = 0; second < 240; second++) {
    outage.failed('refused');
    pass(1_000);
  }
  outage.succeeded();
  outage.succeeded();
  expect(lines).toEqual([
    { at: 0, line: 'the database is away: refused' },
    { at: 30_000, line: 'the database is away, for 30 s and 31 tries: refused' },
    { at: 90_000, line: 'the database is away, for 90 s and 91 tries: refused' },
    { at: 210_000, line: 'the database is away, for 210 s and 211 tries: refused' },
    { at: 240_000, line: 'the database answers again after 240 s' },
  ]);
});

it('says what is the case to who asks', () => {
  const { outage, pass } = watched();
  expect(outage.present).toBeNull();
  outage.failed('refused');
  pass(5_000);
  outage.failed('reset');
  expect(outage.present).toBe('the database is away, for 5 s: reset');
  outage.succeeded();
  expect(outage.present).toBeNull();
});

it('after a long calm the next outage is told like a first one', () => {
  const { outage, lines, pass } = watched();
  outage.failed('refused');
  outage.succeeded();
  pass(3_600_000);
  outage.failed('refused');
  pass(30_000);
  outage.failed('refused');
  expect(lines.map(({ at }) => at)).toEqual([0, 0, 3_600_000, 3_630_000]);
});

it('however it flaps, two lines of failure in a row lie at least half a minute apart, and every end was begun', () => {
  fc.assert(
    fc.property(
      fc.array(fc.tuple(fc.boolean(), fc.integer({ min: 0, max: 60_000 })), { maxLength: 200 }),
      (steps) => {
        const { outage, lines, pass } = watched();
        for (const [works, ms] of steps) {
          if (works) outage.succeeded();
          else outage.failed('refused');
          pass(ms);
        }
        const bad = lines.filter(({ line }) => line.includes('away'));
        const distances = bad.slice(1).map(({ at }, i) => at - (bad[i]?.at ?? 0));
        expect(Math.min(30_000, ...distances)).toBe(30_000);
        const begun = lines.flatMap(({ line }, i) =>
          line.includes('answers') ? [lines[i - 1]?.line ?? 'nothing'] : [],
        );
        expect(begun.filter((line) => !line.includes('away'))).toEqual([]);
      },
    ),
  );
});
