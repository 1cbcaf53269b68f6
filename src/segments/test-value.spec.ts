import { matchesEvent, testValue } from './test-value.js';
import type { ComparedBy } from '../language/conditions/value-of-shapes.js';
import type { ValueTest } from '../language/definitions.js';

const AT = Date.UTC(2026, 2, 5, 12);
const DAY = 86_400_000;
const look = (): unknown => undefined;
const week = { ms: 7 * DAY, days: 7 };
type Plain<T> = T extends ValueTest ? Omit<T, 'negated'> : never;

function truth(
  value: unknown,
  test: Plain<ValueTest>,
  at = AT,
  zone = 'America/New_York',
): boolean | null {
  const positive = testValue(value, [{ ...test, negated: false }], { at, zone, look });
  const negative = testValue(value, [{ ...test, negated: true }], { at, zone, look });
  expect(negative).toBe(positive === null ? null : !positive);
  return positive;
}

describe('value tests in code', () => {
  it('are undecided about what is missing or of another type', () => {
    expect(truth(undefined, { op: 'is', value: 'pro' })).toBeNull();
    expect(truth(null, { op: 'is', value: 'pro' })).toBeNull();
    expect(truth('5', { op: 'is', value: 5 })).toBeNull();
    expect(truth('pro', { op: 'more_than', value: 5 })).toBeNull();
    expect(truth(5, { op: 'starts_with', value: '5' })).toBeNull();
    expect(truth('true', { op: 'in', values: [1, true] })).toBeNull();
    expect(truth('2026-05-01T10:00', { op: 'within_next', ...week })).toBeNull();
  });

  it('decide existence always; null is missing', () => {
    expect(
      [undefined, null, false, '', [], {}].map((value) => truth(value, { op: 'exists' })),
    ).toEqual([false, false, true, true, true, true]);
  });

  it('compare text exactly and lists by element', () => {
    expect(truth('Pro', { op: 'is', value: 'pro' })).toBe(false);
    expect(truth('pro', { op: 'contains', value: 'r' })).toBe(true);
    expect(truth(['pro'], { op: 'contains', value: 'r' })).toBe(false);
    expect(truth(['a', 1], { op: 'contains_any', values: ['b', 1] })).toBe(true);
    expect(truth('item 1', { op: 'contains', value: 1 })).toBeNull();
    expect(truth('x-y.', { op: 'ends_with', value: '.' })).toBe(true);
  });

  it('match patterns in linear time', () => {
    expect(truth(`${'a'.repeat(31)}!`, { op: 'matches', pattern: '^(a+)+$' })).toBe(false);
    expect(truth('one\ntwo', { op: 'matches', pattern: '^one$' })).toBe(false);
    expect(() => truth('x', { op: 'matches', pattern: '(?=x)' })).toThrow('unchecked pattern');
  });

  it('count a value without time in local days, both ends in', () => {
    // 12:00Z is 07:00 on 5 March in New York.
    const within = ['2026-03-04', '2026-03-05', '2026-03-12', '2026-03-13'].map((day) =>
      truth(day, { op: 'within_next', ...week }),
    );
    expect(within).toEqual([false, true, true, false]);
    const last = ['2026-02-25', '2026-02-26', '2026-03-05', '2026-03-06'].map((day) =>
      truth(day, { op: 'within_last', ...week }),
    );
    expect(last).toEqual([false, true, true, false]);
    expect(truth('2026-03-05', { op: 'within_next', ms: 3_600_000, days: null })).toBeNull();
    // Kiritimati is a day ahead.
    expect(
      truth(
        '2026-03-05',
        { op: 'within_next', ...week },
        Date.UTC(2026, 2, 5, 12),
        'Pacific/Kiritimati',
      ),
    ).toBe(false);
  });

  it('put instants into (older, newer]', () => {
    const at = (ms: number): string => new Date(AT + ms).toISOString();
    expect(
      [-7 * DAY, -7 * DAY + 1, 0, 1].map((ms) => truth(at(ms), { op: 'within_last', ...week })),
    ).toEqual([false, true, true, false]);
    expect(
      [0, 1, 7 * DAY, 7 * DAY + 1].map((ms) => truth(at(ms), { op: 'within_next', ...week })),
    ).toEqual([false, true, true, false]);
  });

  it('end before: at its local midnight and begin after: at the next', () => {
    const around = [
      '2026-05-01T03:59:59Z',
      '2026-05-01T04:00:00Z',
      '2026-05-02T03:59:59Z',
      '2026-05-02T04:00:00Z',
    ];
    expect(around.map((value) => truth(value, { op: 'before', date: '2026-05-01' }))).toEqual([
      true,
      false,
      false,
      false,
    ]);
    expect(around.map((value) => truth(value, { op: 'after', date: '2026-05-01' }))).toEqual([
      false,
      false,
      false,
      true,
    ]);
    const days = ['2026-04-30', '2026-05-01', '2026-05-02'];
    expect(days.map((value) => truth(value, { op: 'before', date: '2026-05-01' }))).toEqual([
      true,
      false,
      false,
    ]);
    // 02:00Z on the 2nd is still the 1st in New York.
    expect(
      days.map((value) =>
        truth(value, { op: 'after', date: { instant: Date.UTC(2026, 4, 2, 2) } }),
      ),
    ).toEqual([false, false, true]);
  });

  it('compare with what is looked up as with literals, undecided about what is missing there', () => {
    const found = {
      pro: 'pro',
      five: 5,
      list: ['pro', 5, null],
      day: '2026-03-05',
      noon: '2026-03-05T12:00:00Z',
    };
    const looked = (value: unknown, by: ComparedBy, ...names: string[]): boolean | null =>
      testValue(
        value,
        [
          {
            op: 'value_of',
            by,
            to: names.map((name) => ({ of: 'entry', path: [name] })),
            negated: false,
          },
        ],
        { at: AT, zone: 'UTC', look: ({ path }) => found[path[0] as keyof typeof found] },
      );
    expect(['pro', 'Pro', 5, undefined].map((value) => looked(value, 'is', 'pro'))).toEqual([
      true,
      false,
      null,
      null,
    ]);
    expect(looked('pro', 'is', 'nothing')).toBeNull();
    // A list stands for its elements, but only where several are meant; what is missing may have been it.
    expect([looked(5, 'in', 'list'), looked(6, 'in', 'list'), looked(6, 'in', 'five')]).toEqual([
      true,
      null,
      false,
    ]);
    expect([looked('pro', 'is', 'list'), looked('a pro', 'contains', 'pro')]).toEqual([null, true]);
    expect([looked(6, 'at_least', 'five'), looked('6', 'at_least', 'five')]).toEqual([true, null]);
    // Whose day an instant is on is not known of two values.
    expect([looked('2026-03-04', 'before', 'day'), looked('2026-03-04', 'before', 'noon')]).toEqual(
      [true, null],
    );
  });

  it('need all tests of a list, and one false decides', () => {
    const tests: ValueTest[] = [
      { op: 'more_than', value: 1, negated: false },
      { op: 'is', value: 'x', negated: false },
    ];
    expect(testValue(2, tests, { at: AT, zone: 'UTC', look })).toBeNull();
    expect(testValue(1, tests, { at: AT, zone: 'UTC', look })).toBe(false);
  });
});

describe('matching an event', () => {
  const match = (names: string[] | null, path: string[], tests: ValueTest[]) => ({
    names: names ? { kind: 'list' as const, names } : { kind: 'any' as const },
    where: [{ path, tests }],
  });
  const isPro: ValueTest[] = [{ op: 'is', value: 'pro', negated: false }];

  it('takes the names it lists; any is never our own', () => {
    const properties = { plan: 'pro' };
    expect(
      matchesEvent(
        match(['a', 'b'], ['plan'], isPro),
        { name: 'b', properties },
        { at: AT, zone: 'UTC', look },
      ),
    ).toBe(true);
    expect(
      matchesEvent(
        match(['a'], ['plan'], isPro),
        { name: 'b', properties },
        { at: AT, zone: 'UTC', look },
      ),
    ).toBe(false);
    expect(
      matchesEvent(
        match(null, ['plan'], isPro),
        { name: '$message_sent', properties },
        { at: AT, zone: 'UTC', look },
      ),
    ).toBe(false);
  });

  it('does not match where a test is undecided, negated or not', () => {
    const not: ValueTest[] = [{ op: 'is', value: 'pro', negated: true }];
    expect(
      matchesEvent(
        match(null, ['plan'], not),
        { name: 'a', properties: {} },
        { at: AT, zone: 'UTC', look },
      ),
    ).toBe(false);
  });

  it('finds own properties only, in objects and lists', () => {
    const exists: ValueTest[] = [{ op: 'exists', negated: false }];
    const found = (path: string[]): boolean =>
      matchesEvent(
        match(null, path, exists),
        { name: 'a', properties: { items: [{ id: 1 }], s: 'text' } },
        { at: AT, zone: 'UTC', look },
      );
    expect(
      [
        ['items', '0', 'id'],
        ['items', '-1', 'id'],
        ['items', '1', 'id'],
        ['items', 'length'],
        ['s', '0'],
        ['constructor'],
        ['__proto__'],
      ].map(found),
    ).toEqual([true, true, false, false, false, false, false]);
  });
});
