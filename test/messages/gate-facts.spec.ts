/** What delivery and engine learn about a profile before a message, in one query. */
import { decideMessage } from '../../src/messages/decide-message.js';
import { setProfilePause } from '../../src/messages/profile-pauses.sql.js';
import { consentFor, loadGateFacts } from '../../src/messages/gate-facts.sql.js';
import { testDatabase, type TestDatabase } from '../support/database.js';

let db: TestDatabase;
beforeAll(async () => {
  db = await testDatabase();
});
afterAll(() => db?.close());

async function profile(
  traits: object,
  more: { zone?: string; account?: number; mergedInto?: number } = {},
): Promise<number> {
  const { rows } = await db.pool.query<{ id: number }>(
    `insert into profiles (shard, traits, zone, account_id, merged_into, created_at) values (1, $1, $2, $3, $4, '2026-01-01') returning id`,
    [traits, more.zone ?? null, more.account ?? null, more.mergedInto ?? null],
  );
  return rows[0]!.id;
}

it('brings everything a decision wants to know', async () => {
  const { rows } = await db.pool.query<{ id: number }>(
    `insert into accounts (external_id, traits, created_at) values ('acme', '{"plan":"team"}', '2026-01-01') returning id`,
  );
  const ann = await profile(
    { email: 'Ann@Example.com', locale: 'ru' },
    { zone: 'Europe/Moscow', account: rows[0]!.id },
  );
  const bob = await profile({ email: { hostile: true } }, { mergedInto: ann });
  await db.pool.query(
    `insert into suppressions values ('ann@example.com', 'complaint', '', 'test', '2026-01-01')`,
  );
  await db.pool.query(
    `insert into subscriptions values ($1, 'offers', true, '2026-01-01', 'form'), ($1, '*', false, '2026-01-02', 'page')`,
    [ann],
  );
  const facts = await loadGateFacts(db.pool, [ann, bob, ann, 999_999]);
  expect([...facts.keys()].sort((a, b) => a - b)).toEqual([ann, bob]);
  expect(facts.get(ann)).toEqual({
    profileId: ann,
    email: 'Ann@Example.com',
    locale: 'ru',
    zone: 'Europe/Moscow',
    traits: { email: 'Ann@Example.com', locale: 'ru' },
    accountTraits: { plan: 'team' },
    mergedInto: null,
    pause: null,
    subscriptions: { offers: true, '*': false },
    suppressed: 'complaint',
  });
  expect(facts.get(bob)).toMatchObject({
    email: { hostile: true },
    mergedInto: ann,
    subscriptions: {},
    suppressed: null,
    accountTraits: {},
  });
});

it.each([
  'victim@example.com',
  ' Victim@Example.COM\r\n',
  '\u00a0victim@example.com',
  'victim@\uff45\uff58ample.com',
  'VICTIM@example\u3002com',
])('knows the suppressed mailbox in %j', async (email) => {
  await db.pool.query(
    `insert into suppressions values ('victim@example.com', 'hard_bounce', '', 'test', '2026-01-01') on conflict do nothing`,
  );
  const id = await profile({ email });
  const facts = (await loadGateFacts(db.pool, [id])).get(id)!;
  expect(facts.suppressed).toBe('hard_bounce');
  expect(
    decideMessage({
      purpose: 'transactional',
      topic: null,
      project: { topics: {} },
      profile: facts,
      suppressed: facts.suppressed,
      ...consentFor(facts, null, 0),
    }),
  ).toMatchObject({ skipped: 'suppressed', detail: { because: 'hard_bounce' } });
});

it('reads consent by topic, own properties only', () => {
  const facts = { subscriptions: { offers: true, '*': false }, pause: null } as never;
  const said = { unsubscribedFromAll: true, pausedUntil: null };
  expect(consentFor(facts, 'offers', 0)).toEqual({ ...said, subscription: true });
  expect(consentFor(facts, 'constructor', 0)).toEqual({ ...said, subscription: null });
  expect(consentFor({ subscriptions: {}, pause: null } as never, null, 0)).toEqual({
    subscription: null,
    unsubscribedFromAll: false,
    pausedUntil: null,
  });
});

it('a profile is left alone from the beginning of its pause to just before its end', async () => {
  const id = await profile({ email: 'ann@example.com' });
  const [since, until] = [Date.UTC(2026, 0, 2), Date.UTC(2026, 1, 1)];
  await setProfilePause(db.pool, id, { until, setBy: 'console:ops', why: 'asked', now: since });
  const facts = (await loadGateFacts(db.pool, [id])).get(id)!;
  const pausedAt = (at: number) => consentFor(facts, 'news', at).pausedUntil;
  expect([since - 1, since, until - 1, until].map(pausedAt)).toEqual([null, until, until, null]);
});
