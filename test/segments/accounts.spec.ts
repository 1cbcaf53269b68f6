/** Conditions on companies on fixed data: who belonged to which when, and what was asked of whom. */
import { NEVER } from '../../src/core/instant.js';
import type { Condition, EventCondition } from '../../src/language/definitions.js';
import { testDatabase, type TestDatabase } from '../support/database.js';
import { askBoth, atLeast, is, login, subject, trait } from './asking.js';
import { DAY, NOON } from './fixed-world.js';
import { store } from './store-world.js';
import type { WorldProfile } from './worlds.js';

const [ANN, BOB, CEM, DAN, TOMB] = [1, 2, 3, 4, 5] as const;
const [ACME, GLOBEX] = [1, 2] as const;

const person = (id: number, more: Partial<WorldProfile>): WorldProfile => ({
  id,
  zone: 'UTC',
  bornAt: null,
  merged: false,
  traits: {},
  events: [],
  ...more,
});
const at = (...instants: number[]): WorldProfile['events'] =>
  instants.map((occurredAt, index) => ({
    id: occurredAt + index,
    name: 'login',
    occurredAt,
    judgedAt: occurredAt,
    receivedAt: occurredAt,
    properties: {},
  }));
const always = (id: number): NonNullable<WorldProfile['companies']> => [{ from: -Infinity, id }];

let db: TestDatabase;
beforeAll(async () => {
  db = await testDatabase();
  await store(db.pool, {
    accounts: [
      {
        id: ACME,
        traits: {
          plan: [
            { from: -Infinity, value: 'free' },
            { from: NOON, value: 'pro' },
          ],
        },
      },
      { id: GLOBEX, traits: {} },
    ],
    profiles: [
      person(ANN, { companies: always(ACME), bornAt: NOON - 5 * DAY }),
      // Left Acme for Globex at noon.
      person(BOB, {
        companies: [...always(ACME), { from: NOON, id: GLOBEX }],
        events: at(NOON - 2 * DAY),
        bornAt: NOON - 2 * DAY,
      }),
      person(CEM, { companies: always(GLOBEX), events: at(NOON - DAY) }),
      person(DAN, {}),
      person(TOMB, { companies: always(ACME), merged: true, events: at(NOON - DAY) }),
    ],
  });
});
afterAll(() => db.close());

const account = (of: Condition): Condition => ({ kind: 'account', of });
const members = (n: number, who: Condition | null = null): Condition =>
  account({ kind: 'members', tests: [{ op: 'is', value: n, negated: false }], who });
const recently: EventCondition = { ...login, window: { kind: 'within_last', ms: 3 * DAY } };
const ask = (condition: Condition, id: number, ...instants: number[]) =>
  askBoth(
    db.pool,
    condition,
    instants.map((instant) => subject(id, instant)),
  );

test('a company has the traits of the instant', async () => {
  expect(await ask(account(trait('plan', is('pro'))), ANN, NOON - 1, NOON)).toEqual([
    [false, NEVER],
    [true, NEVER],
  ]);
  const changed: Condition = {
    kind: 'trait_changed',
    path: ['plan'],
    from: [is('free')],
    to: [],
    window: { kind: 'ever' },
    negated: false,
  };
  expect(await ask(account(changed), ANN, NOON - 1, NOON)).toEqual([
    [false, NEVER],
    [true, NEVER],
  ]);
});

test('its events are those of whoever belongs to it then', async () => {
  expect(await ask(account(recently), ANN, NOON - 1, NOON)).toEqual([
    [true, NOON + DAY],
    [false, NEVER],
  ]);
  expect(await ask(account({ ...login, quantity: atLeast(2) }), CEM, NOON - 1, NOON)).toEqual([
    [false, NEVER],
    [true, NEVER],
  ]);
});

test('its start is that of its oldest member', async () => {
  const first: EventCondition = {
    ...login,
    window: { kind: 'within_first', ms: 3 * DAY, of: null },
  };
  expect(await ask(account(first), ANN, NOON - 3 * DAY, NOON - 1)).toEqual([
    [null, NOON - 2 * DAY],
    [true, NEVER],
  ]);
});

test('members are counted, or those of whom something is true; a merged one is nobody', async () => {
  expect(await ask(members(2), ANN, NOON - 1, NOON)).toEqual([
    [true, NEVER],
    [false, NEVER],
  ]);
  expect(await ask(members(1, recently), ANN, NOON - 1, NOON)).toEqual([
    [true, NOON + DAY],
    [false, NEVER],
  ]);
  // Which turns by the member, not by whom is asked for.
  expect(await ask(members(2, recently), CEM, NOON, NOON + DAY)).toEqual([
    [true, NOON + DAY],
    [false, NOON + 2 * DAY],
  ]);
});

test('many who ask about one company at one instant get one answer, each at its own', async () => {
  const subjects = [ANN, BOB, CEM, DAN].flatMap((id) => [subject(id, NOON - 1), subject(id, NOON)]);
  const answers = await askBoth(db.pool, members(2), subjects);
  expect(answers.map(([holds]) => holds)).toEqual([
    true,
    false,
    true,
    true,
    false,
    true,
    null,
    null,
  ]);
});

test('whoever has no company is undecided, whatever is asked', async () => {
  const none: Condition[] = [
    account({ ...login, quantity: { kind: 'never' } }),
    account(trait('plan', { op: 'exists', negated: true })),
    members(0),
  ];
  for (const condition of none) expect(await ask(condition, DAN, NOON)).toEqual([[null, NEVER]]);
});
