/**
 * Conditions on fixed data: the instants at which windows open and close, who is nobody, and input that
 * means harm. What the law found once stays here.
 */
import { NEVER } from '../../src/core/instant.js';
import type { Condition, ValueTest } from '../../src/language/definitions.js';
import type { Subject } from '../../src/segments/evaluate.js';
import { testValue } from '../../src/segments/test-value.js';
import { testDatabase, type TestDatabase } from '../support/database.js';
import { askBoth, atLeast, is, login, subject, trait } from './asking.js';
import { DAY, HISTORY, HOSTILE, LATE, MERGED, NOON, profiles, THREE } from './fixed-world.js';
import { store } from './store-world.js';

let db: TestDatabase;
beforeAll(async () => {
  db = await testDatabase();
  await store(db.pool, { profiles });
});
afterAll(() => db.close());

const ask = (condition: Condition, ...subjects: Subject[]): Promise<[boolean | null, number][]> =>
  askBoth(db.pool, condition, subjects);

describe('windows', () => {
  it('within_last lets an event out when it is exactly that old, and knows when', async () => {
    const condition: Condition = {
      ...login,
      window: { kind: 'within_last', ms: 3 * DAY },
      quantity: atLeast(3),
    };
    expect(await ask(condition, subject(THREE, NOON - 1), subject(THREE, NOON))).toEqual([
      [true, NOON],
      [false, NEVER],
    ]);
  });

  it('within_last waits for the event whose expiry flips the count, not for the oldest', async () => {
    const condition: Condition = {
      ...login,
      window: { kind: 'within_last', ms: 10 * DAY },
      quantity: atLeast(2),
    };
    expect(await ask(condition, subject(THREE, NOON))).toEqual([[true, NOON + 8 * DAY]]);
  });

  it('quiet_for begins exactly that long after the last event and is false for those who never did it', async () => {
    const condition: Condition = {
      ...login,
      quantity: { kind: 'quiet_for', ms: 2 * DAY, negated: false },
    };
    expect(
      await ask(
        condition,
        subject(THREE, NOON),
        subject(THREE, NOON + DAY),
        subject(HISTORY, NOON),
      ),
    ).toEqual([
      [false, NOON + DAY],
      [true, NEVER],
      [false, NEVER],
    ]);
  });

  it('within_first is undecided until its end, but a lower bound is true as soon as it is reached', async () => {
    const first = { kind: 'within_first' as const, ms: 20 * DAY, of: null };
    const end = NOON + 10 * DAY;
    expect(
      await ask(
        { ...login, window: first, quantity: atLeast(3) },
        subject(THREE, NOON - DAY - 1),
        subject(THREE, NOON),
      ),
    ).toEqual([
      [null, end],
      [true, NEVER],
    ]);
    expect(
      await ask(
        { ...login, window: first, quantity: { kind: 'never' } },
        subject(THREE, NOON),
        subject(THREE, end),
      ),
    ).toEqual([
      [null, end],
      [false, NEVER],
    ]);
  });

  it('since entry counts what came after it, and is undecided outside enrolments', async () => {
    const condition: Condition = { ...login, window: { kind: 'since', of: null } };
    expect(
      await ask(
        condition,
        subject(THREE, NOON, { since: NOON - DAY - 1 }),
        subject(THREE, NOON, { since: NOON - DAY }),
        subject(THREE, NOON),
      ),
    ).toEqual([
      [true, NEVER],
      [false, NEVER],
      [null, NEVER],
    ]);
  });

  it('sees an event from the instant it is judged, at the place where it occurred', async () => {
    const condition: Condition = { ...login, window: { kind: 'within_last', ms: 2 * DAY } };
    expect(await ask(condition, subject(LATE, NOON - 1), subject(LATE, NOON))).toEqual([
      [false, NEVER],
      [true, NOON + DAY],
    ]);
  });
});

describe('combining', () => {
  const within = (ms: number): Condition => ({ ...login, window: { kind: 'within_last', ms } });
  const quiet = (ms: number): Condition => ({
    ...login,
    quantity: { kind: 'quiet_for', ms, negated: false },
  });

  it('a false AND and a true OR last while one deciding child does', async () => {
    expect(
      await ask({ kind: 'all', of: [quiet(2 * DAY), quiet(5 * DAY)] }, subject(THREE, NOON)),
    ).toEqual([[false, NOON + 4 * DAY]]);
    expect(
      await ask({ kind: 'any', of: [within(2 * DAY), within(5 * DAY)] }, subject(THREE, NOON)),
    ).toEqual([[true, NOON + 4 * DAY]]);
    expect(
      await ask(
        { kind: 'all', of: [quiet(2 * DAY), trait('plan', { op: 'exists', negated: false })] },
        subject(THREE, NOON),
      ),
    ).toEqual([[false, NEVER]]);
  });

  it('a true AND and a false OR last until the first child changes', async () => {
    expect(
      await ask({ kind: 'all', of: [within(2 * DAY), within(5 * DAY)] }, subject(THREE, NOON)),
    ).toEqual([[true, NOON + DAY]]);
    expect(
      await ask({ kind: 'any', of: [quiet(2 * DAY), quiet(5 * DAY)] }, subject(THREE, NOON)),
    ).toEqual([[false, NOON + DAY]]);
  });

  it('undecided passes through unless another child decides', async () => {
    const unknown = trait('plan', is('pro'));
    const truths = await ask(
      {
        kind: 'any',
        of: [
          { kind: 'all', of: [unknown, within(2 * DAY)] },
          { kind: 'all', of: [unknown, quiet(2 * DAY)] },
        ],
      },
      subject(THREE, NOON),
    );
    expect(truths).toEqual([[null, NOON + DAY]]);
    expect(
      await ask({ kind: 'any', of: [unknown, within(2 * DAY)] }, subject(THREE, NOON)),
    ).toEqual([[true, NOON + DAY]]);
  });
});

describe('subjects', () => {
  it('have the traits of their instant', async () => {
    const at = [NOON - 2 * DAY - 1, NOON - 2 * DAY, NOON - 1, NOON, NOON + DAY].map((at) =>
      subject(HISTORY, at),
    );
    expect((await ask(trait('plan', is('pro')), ...at)).map(([holds]) => holds)).toEqual([
      null,
      false,
      false,
      true,
      null,
    ]);
  });

  it('are nobody when merged or unknown', async () => {
    const absent: Condition = { ...login, quantity: { kind: 'never' } };
    expect(await ask(absent, subject(MERGED, NOON), subject(999, NOON))).toEqual([
      [false, NEVER],
      [false, NEVER],
    ]);
  });

  it('may share a number, and are answered in order', async () => {
    const verdicts = await ask(
      login,
      subject(HISTORY, NOON),
      subject(THREE, NOON),
      subject(THREE, NOON - 4 * DAY),
      subject(THREE, NOON),
    );
    expect(verdicts.map(([holds]) => holds)).toEqual([false, true, false, true]);
  });

  it('are members of a segment or not: undecided is not', async () => {
    const not: Condition = { kind: 'segment', segment: 'payers', negated: true };
    expect(
      (await ask(not, subject(THREE, NOON), subject(HISTORY, NOON))).map(([holds]) => holds),
    ).toEqual([true, false]);
  });
});

describe('local days', () => {
  it.each([
    ['America/New_York', Date.UTC(2026, 3, 13, 4)],
    ['Pacific/Kiritimati', Date.UTC(2026, 3, 12, 10)],
  ])(
    'change at the midnight of %s: exact on the day before, never late from afar',
    async (zone, begins) => {
      const condition = trait('day', { op: 'within_next', ms: 7 * DAY, days: 7, negated: false });
      await db.pool.query(
        `update profiles set traits = traits || '{"day": "2026-04-20"}' where id = $1`,
        [THREE],
      );
      const [far, near, on] = await ask(
        condition,
        subject(THREE, NOON, { zone }),
        subject(THREE, begins - 1, { zone }),
        subject(THREE, begins, { zone }),
      );
      expect(far![0]).toBe(false);
      expect(far![1]).toBeGreaterThan(begins - 2 * DAY);
      expect(far![1]).toBeLessThanOrEqual(begins);
      expect(near).toEqual([false, begins]);
      expect(on![0]).toBe(true);
    },
  );
});

describe('anniversaries', () => {
  it('lie in today .. today + N, and 29 February is the 28th in common years', async () => {
    const soon = trait('born', {
      op: 'anniversary_within_next',
      ms: 7 * DAY,
      days: 7,
      negated: false,
    });
    const truth = async (born: string, at: number): Promise<boolean | null> => {
      await db.pool.query(
        `update profiles set traits = traits || jsonb_build_object('born', $2::text) where id = $1`,
        [THREE, born],
      );
      return (await ask(soon, subject(THREE, at)))[0]![0];
    };
    expect(await truth('1990-03-31', NOON)).toBe(false);
    expect(await truth('1990-04-01', NOON)).toBe(true);
    expect(await truth('1990-04-08T23:00:00-05:00', NOON)).toBe(true);
    expect(await truth('1990-04-09', NOON)).toBe(false);
    expect(await truth('2024-02-29', Date.UTC(2026, 1, 21))).toBe(true);
    expect(await truth('2024-02-29', Date.UTC(2026, 2, 1))).toBe(false);
    expect(await truth('2026-04-03', NOON)).toBe(false);
  });
});

describe('hostile input', () => {
  it('stays data as a path', async () => {
    const condition: Condition = trait("plan') IS NOT NULL OR (1=1) --", is('here'));
    expect(
      (await ask(condition, subject(HOSTILE, NOON), subject(THREE, NOON))).map(([holds]) => holds),
    ).toEqual([true, null]);
  });

  it('leaves a row undecided instead of killing the query', async () => {
    const number = trait('plan', { op: 'more_than', value: 5, negated: false });
    const date = trait('due', { op: 'within_next', ms: DAY, days: 1, negated: false });
    expect(
      (await ask({ kind: 'any', of: [number, date] }, subject(HOSTILE, NOON))).map(
        ([holds]) => holds,
      ),
    ).toEqual([null]);
  });

  it('survives the ends of the calendar and of numbers', async () => {
    const eternity = Number.MAX_SAFE_INTEGER;
    const tests: ValueTest[] = [
      { op: 'within_next', ms: eternity, days: Math.floor(eternity / DAY), negated: false },
      { op: 'within_last', ms: eternity, days: Math.floor(eternity / DAY), negated: false },
      { op: 'anniversary_within_next', ms: 366 * DAY, days: 366, negated: false },
    ];
    for (const path of ['far', 'old']) {
      for (const test of tests) {
        const [verdict] = await ask(trait(path, test), subject(HOSTILE, NOON));
        expect(verdict![0]).toBe(
          testValue(profiles[HOSTILE - 1]!.traits[path]![0]!.value, [test], {
            at: NOON,
            zone: 'UTC',
            look: () => undefined,
          }),
        );
        expect(verdict![1]).toBeGreaterThan(NOON);
      }
    }
    const count: Condition = {
      ...login,
      window: { kind: 'within_last', ms: eternity },
      quantity: atLeast(1e300),
    };
    expect(await ask(count, subject(THREE, NOON))).toEqual([[false, NEVER]]);
  });

  it('runs a pattern that backtracks elsewhere in no time', async () => {
    expect(
      await ask(
        trait('long', { op: 'matches', pattern: '^(a+)+$', negated: false }),
        subject(HOSTILE, NOON),
      ),
    ).toEqual([[false, NEVER]]);
  });
});
