/** Storing items on real Postgres: what is written, once, and what the engine is told. */
import { testDatabase, type TestDatabase } from '../support/database.js';
import { item, NOON, picture, publish, rowsOf, store } from './support.js';

let db: TestDatabase;
beforeAll(async () => {
  db = await testDatabase();
});
afterAll(() => db.close());
beforeEach(() =>
  db.pool.query(
    `truncate events, event_keys, profile_event_stats, inbox, trait_changes, profile_keys, profiles, accounts, account_moves, account_trait_changes, revisions cascade`,
  ),
);

test('an event makes its profile, its stats and nothing for an engine without definitions', async () => {
  const [outcome] = await store(db.pool, [
    item({ userId: 'u', event: 'order_completed', properties: { total: 9.5 } }),
  ]);
  expect(outcome!.kind).toBe('stored');
  expect(
    await rowsOf(db.pool, 'select name, occurred_at, judged_at, properties, stated_at from events'),
  ).toEqual([
    {
      name: 'order_completed',
      occurred_at: NOON,
      judged_at: NOON,
      properties: { total: 9.5 },
      stated_at: null,
    },
  ]);
  expect(
    await rowsOf(db.pool, 'select name, count, first_at, last_at from profile_event_stats'),
  ).toEqual([{ name: 'order_completed', count: 1, first_at: NOON, last_at: NOON }]);
  expect(
    await rowsOf(
      db.pool,
      'select id % 256 = shard as placed, born_at, first_event_at from profiles',
    ),
  ).toEqual([{ placed: true, born_at: NOON, first_event_at: NOON }]);
  expect(await rowsOf(db.pool, 'select * from inbox')).toEqual([]);
});

test('the inbox holds exactly the events that are read', async () => {
  await publish(db.pool, { events: ['order_completed'] });
  await store(db.pool, [item({ userId: 'u' })]);
  await db.pool.query('delete from inbox');
  await store(db.pool, [
    item({ userId: 'u', event: 'seen' }),
    item({ userId: 'u', event: 'order_completed', properties: { total: 1 }, historical: true }),
  ]);
  expect(
    await rowsOf(
      db.pool,
      'select kind, name, historical, data, event_id is not null as linked from inbox',
    ),
  ).toEqual([
    { kind: 'event', name: 'order_completed', historical: true, data: { total: 1 }, linked: true },
  ]);
});

test('any event means those of the application, not ours', async () => {
  await publish(db.pool, { anyEvent: true });
  await store(db.pool, [
    item({ userId: 'u', event: 'x' }),
    item({ userId: 'u', event: '$message_sent' }),
  ]);
  expect(await rowsOf(db.pool, `select name from inbox where kind = 'event'`)).toEqual([
    { name: 'x' },
  ]);
});

test('traits: replaced whole, null removes, history and inbox say before and after', async () => {
  await publish(db.pool, { traits: ['plan'] });
  await store(db.pool, [
    item({
      type: 'identify',
      userId: 'u',
      traits: { plan: { name: 'pro', seats: 3 }, city: 'Ulm' },
    }),
  ]);
  await store(
    db.pool,
    [item({ type: 'identify', userId: 'u', traits: { plan: { name: 'free' }, city: null } })],
    NOON + 1000,
  );
  expect(await rowsOf(db.pool, 'select traits, traits_changed_at from profiles')).toEqual([
    { traits: { plan: { name: 'free' } }, traits_changed_at: NOON + 1000 },
  ]);
  expect(
    await rowsOf(
      db.pool,
      `select trait, before, after, changed_at from trait_changes where trait = 'plan' order by id`,
    ),
  ).toEqual([
    { trait: 'plan', before: null, after: { name: 'pro', seats: 3 }, changed_at: NOON },
    {
      trait: 'plan',
      before: { name: 'pro', seats: 3 },
      after: { name: 'free' },
      changed_at: NOON + 1000,
    },
  ]);
  // The first fact says that the profile is new.
  const facts = await rowsOf(db.pool, 'select kind, data from inbox order by judged_at, data');
  expect(facts).toEqual([
    { kind: 'traits', data: {} },
    { kind: 'traits', data: { plan: { after: { name: 'pro', seats: 3 } } } },
    {
      kind: 'traits',
      data: { plan: { before: { name: 'pro', seats: 3 }, after: { name: 'free' } } },
    },
  ]);
});

test('a call that arrives late does not undo a newer one; the history keeps both', async () => {
  await publish(db.pool, { traits: ['plan'] });
  const says = (plan: string, timestamp: number, more = {}) =>
    item({ type: 'identify', userId: 'u', traits: { plan, ...more }, timestamp });
  await store(db.pool, [says('pro', NOON - 60_000)], NOON);
  await db.pool.query('truncate inbox');
  await store(db.pool, [says('free', NOON - 120_000, { city: 'Ulm' })], NOON + 1_000);
  expect(await rowsOf(db.pool, 'select traits from profiles')).toEqual([
    { traits: { plan: 'pro', city: 'Ulm' } },
  ]);
  expect(await rowsOf(db.pool, 'select from inbox')).toEqual([]);
  expect(
    await rowsOf(
      db.pool,
      `select trait, after as value, occurred_at, changed_at as known_at from trait_changes
       union all select trait, value, occurred_at, received_at from late_traits
       order by occurred_at, trait`,
    ),
  ).toEqual([
    { trait: 'city', value: 'Ulm', occurred_at: NOON - 120_000, known_at: NOON + 1_000 },
    { trait: 'plan', value: 'free', occurred_at: NOON - 120_000, known_at: NOON + 1_000 },
    { trait: 'plan', value: 'pro', occurred_at: NOON - 60_000, known_at: NOON },
  ]);
});

test('the same traits again change nothing', async () => {
  await publish(db.pool, { traits: ['plan'] });
  await store(db.pool, [
    item({ type: 'identify', userId: 'u', traits: { plan: { a: 1, b: [1] } } }),
  ]);
  await store(db.pool, [
    item({ type: 'identify', userId: 'u', traits: { plan: { b: [1], a: 1 } } }),
  ]);
  expect(await rowsOf(db.pool, 'select from trait_changes')).toHaveLength(1);
  expect(await rowsOf(db.pool, `select from inbox where data <> '{}'`)).toHaveLength(1);
});

test('a trait called __proto__ is a trait', async () => {
  await store(db.pool, [
    item({ type: 'identify', userId: 'u', traits: JSON.parse('{"__proto__": {"x": 1}}') }),
  ]);
  expect(await rowsOf(db.pool, `select traits -> '__proto__' -> 'x' as x from profiles`)).toEqual([
    { x: 1 },
  ]);
});

test('zone and locale of the context fill gaps and never replace', async () => {
  const hints = { timezone: 'Europe/Berlin', locale: 'de-DE' };
  await store(db.pool, [item({ userId: 'u', hints })]);
  await store(db.pool, [
    item({ type: 'identify', userId: 'u', traits: { timezone: 'Asia/Tokyo' } }),
  ]);
  await store(db.pool, [item({ userId: 'u', hints })]);
  expect(await rowsOf(db.pool, 'select traits, zone from profiles')).toEqual([
    { traits: { timezone: 'Asia/Tokyo', locale: 'de-DE' }, zone: 'Asia/Tokyo' },
  ]);
});

test('a profile starts at the earlier of its trait and its first event; a late event moves it', async () => {
  await publish(db.pool, {});
  await store(db.pool, [item({ userId: 'u' })]);
  await store(db.pool, [
    item({ type: 'identify', userId: 'u', traits: { created_at: '2026-02-27' } }),
  ]);
  expect(await rowsOf(db.pool, 'select born_at, first_event_at from profiles')).toEqual([
    { born_at: Date.UTC(2026, 1, 27), first_event_at: NOON },
  ]);
  await store(db.pool, [item({ userId: 'u', timestamp: Date.UTC(2026, 1, 1) })]);
  expect(await rowsOf(db.pool, 'select born_at, first_event_at from profiles')).toEqual([
    { born_at: Date.UTC(2026, 1, 1), first_event_at: Date.UTC(2026, 1, 1) },
  ]);
  // One fact each time the start moved, although no trait is read.
  expect(await rowsOf(db.pool, `select data from inbox where kind = 'traits'`)).toEqual([
    { data: {} },
    { data: {} },
    { data: {} },
  ]);
});

test('duplicates are harmless: within a group, across calls, of every type', async () => {
  const calls = [
    item({ userId: 'u', messageId: 'a' }),
    item({ type: 'identify', userId: 'u', messageId: 'b', traits: { n: 1 } }),
    item({ type: 'group', userId: 'u', messageId: 'c', groupId: 'g', accountTraits: { seats: 4 } }),
    item({ type: 'alias', userId: 'u', messageId: 'd', previousId: 'old' }),
  ];
  const first = await store(db.pool, [...calls, ...calls]);
  expect(first.map(({ kind }) => kind)).toEqual([
    ...Array(4).fill('stored'),
    ...Array(4).fill('duplicate'),
  ]);
  const later = { ...calls[1]!, traits: { n: 2 } };
  const again = await store(db.pool, [...calls, later], NOON + 60_000);
  expect(again.every(({ kind }) => kind === 'duplicate')).toBe(true);
  expect(await picture(db.pool)).toEqual([
    {
      keys: ['anonymous:old', 'user:old', 'user:u'],
      traits: { n: 1 },
      events: ['a'],
      stats: { seen: 1 },
    },
  ]);
});

test('the same message id from two sources is two messages', async () => {
  await store(db.pool, [
    item({ userId: 'u', messageId: '1', source: 'api:web' }),
    item({ userId: 'u', messageId: '1', source: 'api:app' }),
  ]);
  expect(await rowsOf(db.pool, 'select from events')).toHaveLength(2);
});

test('a hundred stores of overlapping items at once: every event once, every profile once', async () => {
  const calls = Array.from({ length: 40 }, (_, i) =>
    item({ userId: `u${i % 7}`, anonymousId: `d${i % 5}`, messageId: `x${i}` }),
  );
  const rounds = Array.from({ length: 100 }, (_, i) =>
    store(db.pool, [...calls.slice(i % 40), ...calls.slice(0, i % 40)]),
  );
  await Promise.all(rounds);
  expect(await rowsOf(db.pool, 'select sum(count)::integer as n from profile_event_stats')).toEqual(
    [{ n: 40 }],
  );
  expect(
    await rowsOf(
      db.pool,
      'select count(distinct message_id)::integer as n, count(*)::integer as all from events',
    ),
  ).toEqual([{ n: 40, all: 40 }]);
  expect(await rowsOf(db.pool, `select from profile_keys where kind = 'user'`)).toHaveLength(7);
  expect(await rowsOf(db.pool, 'select from profiles where merged_into is null')).toHaveLength(7);
});

test('accounts: made once, traits merged, profiles join the last one named', async () => {
  await store(db.pool, [
    item({ type: 'group', userId: 'u', groupId: 'g', accountTraits: { plan: 'pro', seats: 3 } }),
  ]);
  await store(db.pool, [
    item({ type: 'group', userId: 'u', groupId: 'g', accountTraits: { seats: null, city: 'Ulm' } }),
  ]);
  await store(db.pool, [item({ userId: 'v', groupId: 'g' })]);
  expect(await rowsOf(db.pool, 'select external_id, traits from accounts')).toEqual([
    { external_id: 'g', traits: { plan: 'pro', city: 'Ulm' } },
  ]);
  expect(
    await rowsOf(db.pool, 'select from profiles join accounts a on a.id = account_id'),
  ).toHaveLength(2);
});

test('accounts: who moved where and what changed is kept, and told where it is read', async () => {
  const group = (userId: string, groupId: string, accountTraits: Record<string, unknown>) =>
    item({ type: 'group', userId, groupId, accountTraits });
  await publish(db.pool, {
    accounts: { traits: ['plan'], of: { events: [], anyEvent: false, traits: [], topics: [] } },
  });
  await store(db.pool, [group('u', 'g', { plan: 'pro', seats: 3 })]);
  await store(db.pool, [item({ userId: 'u' })], NOON + 1);
  await store(db.pool, [group('u', 'g', { plan: 'pro', seats: 4 })], NOON + 2);
  await store(db.pool, [group('u', 'g', { plan: 'free' })], NOON + 3);
  await store(db.pool, [group('u', 'h', {})], NOON + 4);
  expect(
    await rowsOf(
      db.pool,
      `select b.external_id as before, a.external_id as after, changed_at as at
       from account_moves m left join accounts b on b.id = m.before left join accounts a on a.id = m.after order by m.id`,
    ),
  ).toEqual([
    { before: null, after: 'g', at: NOON },
    { before: 'g', after: 'h', at: NOON + 4 },
  ]);
  expect(
    await rowsOf(
      db.pool,
      `select trait, before, after, changed_at as at from account_trait_changes order by id`,
    ),
  ).toEqual([
    { trait: 'plan', before: null, after: 'pro', at: NOON },
    { trait: 'seats', before: null, after: 3, at: NOON },
    { trait: 'seats', before: 3, after: 4, at: NOON + 2 },
    { trait: 'plan', before: 'pro', after: 'free', at: NOON + 3 },
  ]);
  expect(await rowsOf(db.pool, 'select traits_changed_at as at from accounts order by id')).toEqual(
    [{ at: NOON + 3 }, { at: null }],
  );
  const plan = { account: expect.any(Number) as number, trait: 'plan' };
  expect(
    await rowsOf(
      db.pool,
      `select data - 'accounts' as data, jsonb_array_length(data -> 'accounts') as n, judged_at as at
       from inbox where kind = 'account' order by judged_at`,
    ),
  ).toEqual([
    {
      data: { moved: true, traits: ['plan'], changed: [{ ...plan, after: 'pro' }] },
      n: 1,
      at: NOON,
    },
    {
      data: {
        moved: false,
        traits: ['plan'],
        changed: [{ ...plan, before: 'pro', after: 'free' }],
      },
      n: 2,
      at: NOON + 3,
    },
    { data: { moved: true, traits: [], changed: [] }, n: 2, at: NOON + 4 },
  ]);
});

test('an internal fact names its profile and follows it to the survivor', async () => {
  const [known] = await store(db.pool, [item({ anonymousId: 'd' })]);
  const profileId = known!.kind === 'stored' ? known!.profileId : null;
  await store(db.pool, [item({ userId: 'u' })]);
  await store(db.pool, [item({ type: 'identify', userId: 'u', anonymousId: 'd' })]);
  await store(db.pool, [item({ profileId, event: '$message_sent', messageId: 'sent' })]);
  expect(await picture(db.pool)).toMatchObject([
    { keys: ['anonymous:d', 'user:u'], stats: { seen: 2, $message_sent: 1 } },
  ]);
});

test('months get partitions, also where the default one already holds rows', async () => {
  await db.pool.query(
    `insert into events (profile_id, name, occurred_at, judged_at, received_at, source, message_id)
     values (1, 'early', '2025-06-03', '2025-06-03', '2025-06-03', 'x', 'y')`,
  );
  await store(db.pool, [
    item({ userId: 'u' }),
    item({ userId: 'u', timestamp: Date.UTC(2025, 5, 5) }),
    item({ userId: 'u', timestamp: Date.UTC(2001, 1, 5) }),
  ]);
  expect(
    await rowsOf(
      db.pool,
      'select tableoid::regclass::text as part, name from events order by occurred_at',
    ),
  ).toEqual([
    { part: 'events_default', name: 'seen' },
    { part: 'events_2025_06', name: 'early' },
    { part: 'events_2025_06', name: 'seen' },
    { part: 'events_2026_03', name: 'seen' },
  ]);
});

test('a failing store leaves nothing behind and the items can come again', async () => {
  const bad = item({ userId: 'u', properties: { text: '\0' } });
  const good = item({ userId: 'u', messageId: 'g' });
  await expect(store(db.pool, [good, bad])).rejects.toThrow();
  expect(await rowsOf(db.pool, 'select from event_keys')).toEqual([]);
  expect((await store(db.pool, [good]))[0]!.kind).toBe('stored');
});
