/**
 * Quantities of events and windows of days on fixed data: what is summed up, exactly when an expiry matters, and what
 * is undecided.
 */
import { NEVER } from '../../src/core/instant.js';
import type {
  Condition,
  EventCondition,
  Measure,
  NumberTest,
} from '../../src/language/definitions.js';
import type { Subject } from '../../src/segments/evaluate.js';
import { compileMeasure, measure } from '../../src/segments/measure.js';
import { testDatabase, type TestDatabase } from '../support/database.js';
import { askBoth, login, subject } from './asking.js';
import { DAY, NOON } from './fixed-world.js';
import { store } from './store-world.js';
import type { WorldProfile } from './worlds.js';

const HOUR = DAY / 24;

/** A profile whose only events are orders: [when, amount, product]. */
function buyer(id: number, ...orders: [number, unknown, unknown?][]): WorldProfile {
  return {
    id,
    zone: 'UTC',
    bornAt: NOON - 30 * DAY,
    merged: false,
    traits: {},
    events: orders.map(([at, amount, product], index) => ({
      id: id * 100 + index,
      name: 'order',
      occurredAt: at,
      judgedAt: at,
      receivedAt: at,
      properties: { ...(amount === undefined ? {} : { amount }), product },
    })),
  };
}

const NOBODY = 1;
const REFUNDED = 2;
const TIED = 3;
const CENTS = 4;
const MIXED = 5;
const NEWCOMER = 6;
const profiles = [
  buyer(NOBODY),
  buyer(REFUNDED, [NOON - 6 * DAY, 50], [NOON - 5 * DAY, -40], [NOON - 3 * DAY, 60]),
  buyer(TIED, [NOON - 6 * DAY, -20], [NOON - 6 * DAY, 20], [NOON - 2 * DAY, 100]),
  buyer(CENTS, ...Array.from({ length: 10 }, (): [number, number] => [NOON - DAY, 0.1])),
  buyer(
    MIXED,
    [NOON - 4 * DAY, '30', 'lamp'],
    [NOON - 3 * DAY, 10, 1],
    [NOON - 2 * DAY, undefined, true],
    [NOON - DAY, 20, 'lamp'],
    [NOON - HOUR, null, ['lamp']],
    [NOON - HOUR, { of: 5 }, { lamp: 1 }],
  ),
  { ...buyer(NEWCOMER, [NOON - DAY, 80], [NOON - HOUR, -50]), bornAt: NOON - DAY },
];

let db: TestDatabase;
beforeAll(async () => {
  db = await testDatabase();
  const amounts: [number, unknown, string][] = [
    [NOON - 3 * DAY, 10, 'a'],
    [NOON - 2 * DAY, 25, 'b'],
    [NOON - DAY, 'many', 'a'],
    [NOON + DAY, 99, 'c'],
  ];
  await store(db.pool, { profiles: [...profiles, buyer(61, ...amounts), buyer(62)] });
});
afterAll(() => db.close());

const ask = (condition: Condition, ...subjects: Subject[]): Promise<[boolean | null, number][]> =>
  askBoth(db.pool, condition, subjects);

const order: EventCondition = { ...login, names: { kind: 'list', names: ['order'] } };
const week: EventCondition['window'] = { kind: 'within_last', ms: 7 * DAY };
const test = (
  op: 'at_least' | 'less_than' | 'more_than' | 'at_most',
  value: number,
): NumberTest => ({
  op,
  value,
  negated: false,
});
const orders = (
  kind: 'sum' | 'average' | 'min' | 'max' | 'distinct',
  tests: NumberTest[],
  more: Partial<EventCondition> = {},
): EventCondition => ({
  ...order,
  ...more,
  quantity: { kind, of: [kind === 'distinct' ? 'product' : 'amount'], tests },
});

async function truths(condition: Condition, ...profileIds: number[]): Promise<(boolean | null)[]> {
  const asked = profileIds.map((id) => subject(id, NOON));
  return (await ask(condition, ...asked)).map(([holds]) => holds);
}

describe('sums', () => {
  it('know when an expiry moves them across the bound, in either direction', async () => {
    // 50 - 40 + 60 = 70; without the 50 it is 20, without the -40 it is 60, without the 60 nothing.
    expect(
      await ask(orders('sum', [test('at_least', 60)], { window: week }), subject(REFUNDED, NOON)),
    ).toEqual([[true, NOON + DAY]]);
    expect(
      await ask(
        orders('sum', [test('at_least', 60)], { window: week }),
        subject(REFUNDED, NOON + DAY),
      ),
    ).toEqual([[false, NOON + 2 * DAY]]);
    expect(
      await ask(
        orders('sum', [test('at_least', 60)], { window: week }),
        subject(REFUNDED, NOON + 2 * DAY),
      ),
    ).toEqual([[true, NOON + 4 * DAY]]);
  });

  it('take events of one instant away at once', async () => {
    expect(
      await ask(orders('sum', [test('at_least', 100)], { window: week }), subject(TIED, NOON)),
    ).toEqual([[true, NOON + 5 * DAY]]);
  });

  it('are exact: ten times 0.1 is 1', async () => {
    expect(await truths(orders('sum', [{ op: 'is', value: 1, negated: false }]), CENTS)).toEqual([
      true,
    ]);
  });

  it('leave out what is no number, and of nothing are 0', async () => {
    expect(await truths(orders('sum', [{ op: 'is', value: 30, negated: false }]), MIXED)).toEqual([
      true,
    ]);
    expect(await truths(orders('sum', [test('less_than', 1)]), NOBODY, MIXED)).toEqual([
      true,
      false,
    ]);
  });

  it('reach a lower bound within the first days before these are over, and may lose it again', async () => {
    const first: EventCondition['window'] = { kind: 'within_first', ms: 5 * DAY, of: null };
    const condition = orders('sum', [test('at_least', 60)], { window: first });
    const end = NOON + 4 * DAY;
    expect(
      await ask(
        condition,
        subject(NEWCOMER, NOON - 2 * HOUR),
        subject(NEWCOMER, NOON),
        subject(NEWCOMER, end),
      ),
    ).toEqual([
      [true, NEVER],
      [null, end],
      [false, NEVER],
    ]);
  });
});

describe('average, min and max', () => {
  it('are undecided without a number, and their contrary too', async () => {
    for (const kind of ['average', 'min', 'max'] as const) {
      expect(await truths(orders(kind, [test('at_least', 0)]), NOBODY)).toEqual([null]);
      expect(
        await truths(orders(kind, [{ ...test('at_least', 0), negated: true }]), NOBODY),
      ).toEqual([null]);
    }
  });

  it('speak of the numbers alone', async () => {
    expect(
      await truths(orders('average', [{ op: 'is', value: 15, negated: false }]), MIXED),
    ).toEqual([true]);
    expect(await truths(orders('min', [{ op: 'is', value: 10, negated: false }]), MIXED)).toEqual([
      true,
    ]);
    expect(await truths(orders('max', [{ op: 'is', value: 20, negated: false }]), MIXED)).toEqual([
      true,
    ]);
  });

  it('become undecided when the last number expires', async () => {
    expect(
      await ask(orders('max', [test('at_least', 15)], { window: week }), subject(MIXED, NOON)),
    ).toEqual([[true, NOON + 6 * DAY]]);
    expect(
      await ask(
        orders('max', [test('at_least', 15)], { window: week }),
        subject(MIXED, NOON + 6 * DAY),
      ),
    ).toEqual([[null, NEVER]]);
  });

  it('wait for the end of the first days', async () => {
    const first: EventCondition['window'] = { kind: 'within_first', ms: 5 * DAY, of: null };
    expect(
      await ask(orders('max', [test('at_least', 15)], { window: first }), subject(NEWCOMER, NOON)),
    ).toEqual([[null, NOON + 4 * DAY]]);
  });
});

describe('distinct', () => {
  it('counts different texts, numbers and truth values, each as long as its newest event is there', async () => {
    expect(
      await truths(orders('distinct', [{ op: 'is', value: 3, negated: false }]), MIXED, NOBODY),
    ).toEqual([true, false]);
    expect(
      await ask(orders('distinct', [test('at_least', 3)], { window: week }), subject(MIXED, NOON)),
    ).toEqual([[true, NOON + 4 * DAY]]);
  });
});

describe('quiet_for with tests', () => {
  const quiet = (tests: NumberTest[], negated = false): EventCondition => ({
    ...order,
    quantity: { kind: 'quiet_for', tests, negated },
  });

  it('looks from the last event on, and knows both ends', async () => {
    const condition = quiet([{ op: 'between', low: 2 * DAY, high: 3 * DAY, negated: false }]);
    expect(
      await ask(
        condition,
        subject(TIED, NOON - 1),
        subject(TIED, NOON),
        subject(TIED, NOON + DAY),
        subject(TIED, NOON + DAY + 1),
      ),
    ).toEqual([
      [false, NOON],
      [true, NOON + DAY + 1],
      [true, NOON + DAY + 1],
      [false, NEVER],
    ]);
  });

  it('is false of those who never did it, whatever the tests, and true under none', async () => {
    expect(await truths(quiet([test('less_than', DAY)]), NOBODY)).toEqual([false]);
    expect(await truths(quiet([test('at_least', DAY)]), NOBODY)).toEqual([false]);
    expect(await truths(quiet([test('less_than', DAY)], true), NOBODY)).toEqual([true]);
  });
});

describe('between', () => {
  const between = (from: string | number, to: string | number): EventCondition['window'] => {
    const bound = (one: string | number) => (typeof one === 'number' ? { days: one } : one);
    return { kind: 'between', from: bound(from), to: bound(to) };
  };

  it('takes in both days, each as long as it is in the zone', async () => {
    const day = (zone: string, date: string): Promise<[boolean | null, number][]> =>
      ask({ ...order, window: between(date, date) }, subject(TIED, NOON, { zone }));
    // 30 March 2026, noon in UTC.
    expect(await day('UTC', '2026-03-30')).toEqual([[true, NEVER]]);
    expect(await day('Pacific/Kiritimati', '2026-03-30')).toEqual([[false, NEVER]]);
    expect(await day('Pacific/Kiritimati', '2026-03-31')).toEqual([[true, NEVER]]);
  });

  it('takes in both moments', async () => {
    const at = (from: number, to: number): Promise<(boolean | null)[]> =>
      truths(
        { ...order, window: { kind: 'between', from: { instant: from }, to: { instant: to } } },
        TIED,
      );
    const last = NOON - 2 * DAY;
    expect(await at(last, last)).toEqual([true]);
    expect(await at(last + 1, NOON)).toEqual([false]);
    expect(await at(last - 1, last - 1)).toEqual([false]);
  });

  it('a day from today moves on at the local midnight', async () => {
    // The last order was on 30 March; 1 April is the last day on which that is within two days.
    const condition: Condition = { ...order, window: between(-2, 0) };
    const midnight = Date.UTC(2026, 3, 2);
    expect(await ask(condition, subject(TIED, midnight - HOUR), subject(TIED, midnight))).toEqual([
      [true, midnight],
      [false, NEVER],
    ]);
    const [far] = await ask({ ...order, window: between(-20, 0) }, subject(TIED, NOON));
    expect(far![0]).toBe(true);
    // The first to leave is one of 26 March, on 16 April: never later, and at most a day too soon.
    expect(far![1]).toBeGreaterThan(Date.UTC(2026, 3, 15));
    expect(far![1]).toBeLessThanOrEqual(Date.UTC(2026, 3, 16));
  });

  it('days gone by come in as they pass', async () => {
    const condition: Condition = { ...order, window: between(-4, -3) };
    const enters = Date.UTC(2026, 3, 2);
    const leaves = Date.UTC(2026, 3, 4);
    expect(
      await ask(
        { ...condition, quantity: { kind: 'sum', of: ['amount'], tests: [test('at_least', 100)] } },
        subject(TIED, enters - 1),
        subject(TIED, enters),
        subject(TIED, leaves - 1),
        subject(TIED, leaves),
      ),
    ).toEqual([
      [false, enters],
      [true, expect.any(Number)],
      [true, leaves],
      [false, NEVER],
    ]);
  });
});

it('measures what quantities compare, as numbers', async () => {
  const orders: Measure = {
    kind: 'measure',
    names: { kind: 'list', names: ['order'] },
    where: [],
    window: { kind: 'ever' },
    show: 'count',
    of: null,
  };
  const ask = (more: Partial<Measure>) =>
    measure(db.pool, compileMeasure({ ...orders, ...more }), [
      subject(61, NOON),
      subject(62, NOON),
      subject(61, NOON + DAY, { since: NOON - 2 * DAY }),
    ]);
  const of = ['amount'];
  expect(await ask({})).toEqual([3, 0, 4]);
  expect(await ask({ show: 'sum', of })).toEqual([35, 0, 134]);
  expect(await ask({ show: 'average', of })).toEqual([17.5, null, 134 / 3]);
  expect(await ask({ show: 'min', of })).toEqual([10, null, 10]);
  expect(await ask({ show: 'max', of })).toEqual([25, null, 99]);
  expect(await ask({ show: 'distinct', of: ['product'] })).toEqual([2, 0, 3]);
  expect(await ask({ window: { kind: 'within_last', ms: 2 * DAY } })).toEqual([1, 0, 1]);
  expect(await ask({ window: { kind: 'within_last', ms: 3 * DAY }, show: 'sum', of })).toEqual([
    25, 0, 99,
  ]);
  expect(await ask({ window: { kind: 'since', of: null } })).toEqual([null, null, 2]);
  const large = [{ path: of, tests: [{ op: 'at_least' as const, value: 20, negated: false }] }];
  expect(await ask({ where: large, names: { kind: 'any' } })).toEqual([1, 0, 2]);
});
