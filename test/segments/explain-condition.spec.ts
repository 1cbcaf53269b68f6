/** A condition clause by clause: every clause with its own truth, named segments with theirs. */
import type { Condition, SegmentDefinition } from '../../src/language/definitions.js';
import { explainCondition, type Clause } from '../../src/segments/explain-condition.js';
import { testDatabase, type TestDatabase } from '../support/database.js';

const AT = Date.UTC(2026, 0, 10);
const DAY = 86_400_000;

let db: TestDatabase;
let profileId: number;
beforeAll(async () => {
  db = await testDatabase();
  const { rows } = await db.pool.query<{ id: number }>(
    `insert into profiles (shard, traits, traits_changed_at, born_at, created_at)
     values (0, '{"plan": "pro"}', '2026-01-01', '2026-01-01', '2026-01-01') returning id`,
  );
  profileId = rows[0]!.id;
  await db.pool.query(
    `insert into events (profile_id, name, occurred_at, judged_at, received_at, source, message_id)
     values ($1, 'login', '2026-01-05', '2026-01-05', '2026-01-05', 's', 'm')`,
    [profileId],
  );
  await db.pool.query(
    `insert into profile_event_stats values ($1, 'login', 1, '2026-01-05', '2026-01-05', '2026-01-05')`,
    [profileId],
  );
});
afterAll(() => db.close());

const plan = (value: string): Condition => ({
  kind: 'trait',
  path: ['plan'],
  tests: [{ op: 'is', value, negated: false }],
});
const login: Condition = {
  kind: 'event',
  names: { kind: 'list', names: ['login'] },
  occurrence: null,
  where: [],
  window: { kind: 'within_last', ms: 7 * DAY },
  quantity: { kind: 'once' },
};
const seats: Condition = {
  kind: 'trait',
  path: ['seats'],
  tests: [{ op: 'more_than', value: 3, negated: false }],
};
const paying: SegmentDefinition = {
  kind: 'segment',
  id: 'paying',
  description: null,
  implicitFor: null,
  who: { kind: 'any', of: [plan('pro'), plan('team')] },
};

const explain = (condition: Condition): Promise<Clause> =>
  explainCondition(db.pool, condition, new Map([['paying', paying]]), {
    profileId,
    at: AT,
    since: null,
    entry: null,
    zone: 'UTC',
  });

test('true, false and undecided are told apart, and when time changes one', async () => {
  const condition: Condition = {
    kind: 'all',
    of: [login, seats, { kind: 'segment', segment: 'paying', negated: true }],
  };
  expect(await explain(condition)).toMatchObject({
    says: 'all',
    holds: false,
    of: [
      {
        says: 'event: login, within_last: 7 days',
        holds: true,
        changesAt: Date.UTC(2026, 0, 5) + 7 * DAY,
      },
      { says: 'trait: seats, more_than: 3', holds: null, changesAt: Infinity },
      {
        says: 'none: [ { segment: paying } ]',
        holds: false,
        of: [
          {
            says: 'any',
            holds: true,
            of: [
              { says: 'trait: plan, is: pro', holds: true },
              { says: 'trait: plan, is: team', holds: false },
            ],
          },
        ],
      },
    ],
  });
});

test('a condition of very many clauses is still judged, and not asked for all of them', async () => {
  const of = Array.from({ length: 200 }, (_, n) => plan(`p${n}`));
  const { holds, of: clauses } = await explain({ kind: 'any', of });
  expect(holds).toBe(false);
  expect(clauses.length).toBe(200);
  const nested: Condition = {
    kind: 'all',
    of: [
      { kind: 'any', of },
      { kind: 'any', of },
    ],
  };
  const explained = await explain(nested);
  expect(explained.holds).toBe(false);
  expect(explained.of[1]!.of).toEqual([]);
});

test('what a test is compared with is shown as it was then', async () => {
  const compared: Condition = {
    kind: 'trait',
    path: ['plan'],
    tests: [
      { op: 'value_of', by: 'is', to: [{ of: 'entry', path: ['plan'] }], negated: false },
      { op: 'value_of', by: 'in', to: [{ of: 'account', path: ['plans'] }, 'pro'], negated: false },
    ],
  };
  const [shown] = [
    await explainCondition(db.pool, compared, new Map(), {
      profileId,
      at: AT,
      since: AT,
      entry: { plan: 'team' },
      zone: 'UTC',
    }),
  ];
  expect(shown).toMatchObject({
    says: 'trait: plan, is: { value_of: entry.plan }, in: [ { value_of: account.plans }, pro ]',
    holds: false,
    seen: { kind: 'value', value: 'pro' },
    lookedUp: [
      { name: 'entry.plan', value: 'team' },
      { name: 'account.plans', value: null },
    ],
  });
});
