/** Sequences on fixed data: what answers what, whose turn it is, and when silence is long enough. */
import { NEVER } from '../../src/core/instant.js';
import type { EventCondition, NumberTest, Sequence } from '../../src/language/definitions.js';
import type { Subject } from '../../src/segments/evaluate.js';
import { testDatabase, type TestDatabase } from '../support/database.js';
import { askBoth, login, subject } from './asking.js';
import { DAY, NOON } from './fixed-world.js';
import { store } from './store-world.js';
import type { WorldProfile } from './worlds.js';

const HOUR = DAY / 24;
const MINUTE = HOUR / 60;

/** [name, minutes after noon, key] of each event, in the order of receipt. */
type Told = [name: string, at: number, key?: unknown];

function person(id: number, ...events: Told[]): WorldProfile {
  return {
    id,
    zone: 'UTC',
    bornAt: null,
    merged: false,
    traits: {},
    events: events.map(([name, at, key], index) => ({
      id: id * 100 + index,
      name,
      occurredAt: NOON + at * MINUTE,
      judgedAt: NOON + at * MINUTE,
      receivedAt: NOON + at * MINUTE,
      properties: key === undefined ? {} : { cart: key, total: 10 },
    })),
  };
}

const ONE_CART = 1;
const TWO_CARTS = 2;
const NO_KEY = 3;
const AT_ONCE = 4;
const LATE_ANSWER = 5;
const profiles = [
  person(ONE_CART, ['cart', 0, 'a'], ['cart', 60, 'a'], ['order', 240, 'a']),
  person(TWO_CARTS, ['cart', 0, 'a'], ['cart', 30, 'b'], ['order', 90, 'b']),
  person(NO_KEY, ['cart', 0], ['order', 30], ['cart', 60, ['a']]),
  person(AT_ONCE, ['cart', 0, 1], ['order', 0, 1], ['order', 120, '1']),
  {
    ...person(LATE_ANSWER, ['cart', 0, 'a']),
    events: [
      ...person(LATE_ANSWER, ['cart', 0, 'a']).events,
      // Done in time, told three hours later.
      {
        id: 590,
        name: 'order',
        occurredAt: NOON + 60 * MINUTE,
        judgedAt: NOON + 240 * MINUTE,
        receivedAt: NOON + 240 * MINUTE,
        properties: { cart: 'a' },
      },
    ],
  },
];

let db: TestDatabase;
beforeAll(async () => {
  db = await testDatabase();
  await store(db.pool, { profiles });
});
afterAll(() => db.close());

const ask = (
  condition: EventCondition,
  ...subjects: Subject[]
): Promise<[boolean | null, number][]> => askBoth(db.pool, condition, subjects);

/** `[holds, changesAt]` at so many minutes after noon; changesAt in minutes after noon too. */
async function at(
  condition: EventCondition,
  profileId: number,
  ...minutes: number[]
): Promise<[boolean | null, number][]> {
  const subjects = minutes.map((minute) => subject(profileId, NOON + minute * MINUTE));
  const answers = await ask(condition, ...subjects);
  return answers.map(([holds, changesAt]) => [holds, (changesAt - NOON) / MINUTE]);
}

const cart = (sequence: Sequence, more: Partial<EventCondition> = {}): EventCondition => ({
  ...login,
  names: { kind: 'list', names: ['cart'] },
  ...more,
  sequence,
});
const by = (...names: string[]): Sequence['by'] => ({ names: { kind: 'list', names }, where: [] });
const abandoned = (more: Partial<Sequence> = {}): Sequence =>
  ({
    kind: 'not_followed_by',
    by: by('order'),
    same: ['cart'],
    withinMs: 2 * HOUR,
    ...more,
  }) as Sequence;
const took = (...tests: NumberTest[]): Sequence => ({
  kind: 'followed_by',
  by: by('order'),
  same: ['cart'],
  withinMs: null,
  took: tests,
});
const test = (op: 'more_than' | 'at_most', ms: number): NumberTest => ({
  op,
  value: ms,
  negated: false,
});

describe('not_followed_by', () => {
  it('is true when the latest one has waited long enough, until an answer comes', async () => {
    expect(await at(cart(abandoned()), ONE_CART, 59, 60, 179, 180, 239, 240)).toEqual([
      // Until 12:59 the first one is the latest; from 13:00 on the clock starts again.
      [false, 120],
      [false, 180],
      [false, 180],
      [true, NEVER],
      [true, NEVER],
      [false, NEVER],
    ]);
  });

  it('starts the clock again with the same event where that is named as an answer too', async () => {
    const debounced = cart(abandoned({ by: by('cart', 'order') }));
    expect(await at(debounced, ONE_CART, 120, 180, 240)).toEqual([
      [false, 180],
      [true, NEVER],
      [false, NEVER],
    ]);
  });

  it('keeps things apart that are not the same', async () => {
    expect(await at(cart(abandoned()), TWO_CARTS, 119, 120, 150)).toEqual([
      [false, 120],
      [true, NEVER],
      [true, NEVER],
    ]);
    // Without same: the order answers both.
    expect(await at(cart(abandoned({ same: null })), TWO_CARTS, 150)).toEqual([[false, NEVER]]);
    const twice = cart(abandoned({ withinMs: HOUR }), {
      quantity: { kind: 'count', tests: [{ op: 'at_least', value: 2, negated: false }] },
    });
    expect(await at(twice, TWO_CARTS, 89, 90)).toEqual([
      [false, 90],
      [false, NEVER],
    ]);
  });

  it('knows nothing of events without a value to be the same by', async () => {
    expect(await at(cart(abandoned()), NO_KEY, 500)).toEqual([[false, NEVER]]);
    expect(await at(cart({ ...took(), took: null } as Sequence), NO_KEY, 500)).toEqual([
      [false, NEVER],
    ]);
  });

  it('is not answered at the same instant, nor by the text of a number', async () => {
    expect(await at(cart(abandoned()), AT_ONCE, 119, 120, 500)).toEqual([
      [false, 120],
      [true, NEVER],
      [true, NEVER],
    ]);
  });

  it('hears of a late answer when it is told', async () => {
    expect(await at(cart(abandoned()), LATE_ANSWER, 120, 239, 240)).toEqual([
      [true, NEVER],
      [true, NEVER],
      [false, NEVER],
    ]);
  });
});

describe('followed_by', () => {
  it('is true from an answer in time on', async () => {
    const within = (minutes: number): EventCondition =>
      cart({ ...took(), took: null, withinMs: minutes * MINUTE } as Sequence);
    expect(await at(within(180), ONE_CART, 239, 240, 9_999)).toEqual([
      [false, NEVER],
      [true, NEVER],
      [true, NEVER],
    ]);
    expect(await at(within(179), ONE_CART, 9_999)).toEqual([[false, NEVER]]);
  });

  it('asks of the answer what its where says', async () => {
    const worth = (total: number): EventCondition =>
      cart({
        ...took(),
        took: null,
        by: {
          ...by('order'),
          where: [{ path: ['total'], tests: [{ op: 'at_least', value: total, negated: false }] }],
        },
      } as Sequence);
    expect(await at(worth(10), ONE_CART, 240)).toEqual([[true, NEVER]]);
    expect(await at(worth(11), ONE_CART, 240)).toEqual([[false, NEVER]]);
  });

  it('can be counted, and leaves the window with its event', async () => {
    const condition = cart({ ...took(), took: null } as Sequence, {
      window: { kind: 'within_last', ms: 10 * HOUR },
      quantity: { kind: 'count', tests: [{ op: 'is', value: 2, negated: false }] },
    });
    expect(await at(condition, ONE_CART, 240, 600)).toEqual([
      [true, 600],
      [false, NEVER],
    ]);
  });
});

describe('took', () => {
  it('is long from the moment it is too long, never finished included', async () => {
    const slow = cart(took(test('more_than', 150 * MINUTE)));
    const due = 150 + 1 / MINUTE;
    expect(await at(slow, TWO_CARTS, 149, 151)).toEqual([
      [false, due],
      [true, NEVER],
    ]);
    // The second one was answered after an hour.
    expect(
      await at(
        cart(took(test('more_than', 40 * MINUTE)), { occurrence: 'last' }),
        TWO_CARTS,
        69,
        71,
        90,
      ),
    ).toEqual([
      [false, 70 + 1 / MINUTE],
      [true, NEVER],
      [true, NEVER],
    ]);
  });

  it('is short only once it is answered', async () => {
    const quick = cart(took(test('at_most', HOUR)));
    expect(await at(quick, TWO_CARTS, 89, 90)).toEqual([
      [false, NEVER],
      [true, NEVER],
    ]);
  });
});
