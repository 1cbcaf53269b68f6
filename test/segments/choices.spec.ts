/** Samples, topics and changed traits on fixed data. */
import type { Condition, ValueTest } from '../../src/language/definitions.js';
import { isSampled } from '../../src/segments/sample.js';
import { testDatabase, type TestDatabase } from '../support/database.js';
import { askBoth, subject } from './asking.js';
import { DAY, NOON } from './fixed-world.js';
import { store } from './store-world.js';
import type { WorldProfile } from './worlds.js';

const person = (id: number, more: Partial<WorldProfile> = {}): WorldProfile => ({
  id,
  zone: 'UTC',
  bornAt: null,
  merged: false,
  traits: {},
  events: [],
  ...more,
});
const MANY = 4_000;
const SAYS = MANY + 1;
const CHANGED = MANY + 2;

let db: TestDatabase;
beforeAll(async () => {
  db = await testDatabase();
  await store(db.pool, {
    profiles: [
      ...Array.from({ length: MANY }, (_, index) => person(index + 1)),
      person(SAYS, {
        consents: {
          news: [
            { from: -Infinity, subscribed: false },
            { from: NOON, subscribed: true },
          ],
          '*': [
            { from: NOON + DAY, subscribed: false },
            { from: NOON + 2 * DAY, subscribed: true },
          ],
        },
      }),
      person(CHANGED, {
        traits: {
          card: [
            { from: -Infinity, value: { number: 1, expires: '2026-05-01' } },
            { from: NOON, value: { number: 1, expires: '2027-05-01' } },
            { from: NOON + DAY, value: { number: 2, expires: '2027-05-01' } },
            { from: NOON + 2 * DAY, value: undefined },
          ],
        },
      }),
    ],
  });
});
afterAll(() => db.close());

const truths = async (condition: Condition, id: number, ...at: number[]): Promise<unknown[]> =>
  (
    await askBoth(
      db.pool,
      condition,
      at.map((one) => subject(id, one)),
    )
  ).map(([holds]) => holds);

describe('a sample', () => {
  const sample = (salt: string, millionths: number): Condition => ({
    kind: 'sample',
    salt,
    millionths,
    negated: false,
  });
  const ids = Array.from({ length: MANY }, (_, index) => index + 1);
  async function inIt(salt: string, millionths: number): Promise<number[]> {
    const subjects = ids.map((id) => subject(id, NOON));
    const answers = await askBoth(db.pool, sample(salt, millionths), subjects);
    return ids.filter((_, index) => answers[index]![0] === true);
  }

  it('is the same in SQL and in code, whatever the salt', async () => {
    for (const salt of ['power-users', 'ünï / "x"', ''])
      expect(await inIt(salt, 123_456)).toEqual(ids.filter((id) => isSampled(salt, 123_456, id)));
  });

  it('holds its share, holds every smaller one of its salt, and is another for another salt', async () => {
    const tenth = await inIt('a', 100_000);
    expect(Math.abs(tenth.length - MANY / 10)).toBeLessThan(80);
    const third = new Set(await inIt('a', 333_333));
    expect(tenth.every((id) => third.has(id))).toBe(true);
    const other = await inIt('b', 100_000);
    expect(other.filter((id) => tenth.includes(id)).length).toBeLessThan(100);
    expect(await inIt('a', 1_000_000)).toHaveLength(MANY);
  });
});

describe('a topic', () => {
  const news = (byDefault: boolean): Condition => ({
    kind: 'topic',
    topic: 'news',
    byDefault,
    negated: false,
  });

  it('is judged by what stood then; a no to all is a no to each', async () => {
    const at = [NOON - 1, NOON, NOON + DAY, NOON + 2 * DAY];
    expect(await truths(news(true), SAYS, ...at)).toEqual([false, true, false, true]);
  });

  it('has its default for those who said nothing', async () => {
    expect(await truths(news(true), 1, NOON)).toEqual([true]);
    expect(await truths(news(false), 1, NOON)).toEqual([false]);
    const other: Condition = { kind: 'topic', topic: 'x', byDefault: true, negated: true };
    expect(await truths(other, SAYS, NOON, NOON + DAY)).toEqual([false, true]);
  });
});

describe('a changed trait', () => {
  const changed = (path: string[], from: ValueTest[], to: ValueTest[]): Condition => ({
    kind: 'trait_changed',
    path,
    from,
    to,
    window: { kind: 'ever' },
    negated: false,
  });
  const times = [NOON - 1, NOON, NOON + DAY, NOON + 2 * DAY];

  it('is about its latest change, and a change elsewhere in it is none', async () => {
    const expires: ValueTest = { op: 'is', value: '2027-05-01', negated: false };
    expect(await truths(changed(['card', 'expires'], [], [expires]), CHANGED, ...times)).toEqual([
      false,
      true,
      true,
      null,
    ]);
    expect(await truths(changed(['card'], [], []), CHANGED, ...times)).toEqual([
      false,
      true,
      true,
      true,
    ]);
  });

  it('may come from nothing or lead to nothing', async () => {
    const missing: ValueTest = { op: 'exists', negated: true };
    expect(await truths(changed(['card', 'number'], [], [missing]), CHANGED, ...times)).toEqual([
      false,
      false,
      false,
      true,
    ]);
  });

  it('is not of those whose trait never changed', async () => {
    const never: Condition = { ...changed(['card'], [], []), negated: true } as Condition;
    expect(await truths(never, CHANGED, NOON - 1, NOON)).toEqual([true, false]);
  });
});
