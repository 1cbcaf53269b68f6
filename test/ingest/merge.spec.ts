/** Merging on real Postgres: everything moves, nothing doubles, whatever happens at the same time. */
import fc from 'fast-check';
import type { Item } from '../../src/ingest/item.js';
import { mergeProfiles } from '../../src/ingest/merge-profiles.js';
import { loadProfile } from '../../src/ingest/profiles.sql.js';
import { campaignCounts } from '../support/campaign-counts.js';
import { testDatabase, type TestDatabase } from '../support/database.js';
import { item, NOON, picture, publish, rowsOf, store } from './support.js';

let db: TestDatabase;
beforeAll(async () => {
  db = await testDatabase({ max: 20 });
});
afterAll(() => db.close());
beforeEach(() => empty());

function empty(): Promise<unknown> {
  return db.pool.query(
    `truncate events, event_keys, profile_event_stats, inbox, trait_changes, profile_keys, profiles, accounts, revisions,
              subscriptions, segment_states, transitions, enrolments, enrolment_steps, messages, attempts, live_definitions,
              definition_versions, campaign_counts, profile_pauses cascade`,
  );
}

afterEach(async () => {
  const { kept, found } = await campaignCounts(db.pool);
  expect(kept).toEqual(found);
});

const idOf = async (value: string): Promise<number> =>
  (
    await rowsOf<{ profile_id: number }>(
      db.pool,
      'select profile_id from profile_keys where value = $1',
      [value],
    )
  )[0]!.profile_id;

async function twoProfiles(): Promise<{ loser: number; survivor: number }> {
  await store(db.pool, [
    item({ anonymousId: 'd', messageId: 'e1' }),
    item({ userId: 'u', messageId: 'e2' }),
  ]);
  return { loser: await idOf('d'), survivor: await idOf('u') };
}

const meet = (): Promise<unknown> =>
  store(db.pool, [item({ type: 'identify', userId: 'u', anonymousId: 'd' })], NOON + 60_000);

test('events, stats, keys and births move; the loser is a tombstone; the engine hears of it once', async () => {
  await publish(db.pool, {});
  await store(db.pool, [item({ anonymousId: 'd', messageId: 'e0', timestamp: NOON - 1000 })]);
  const { loser, survivor } = await twoProfiles();
  await meet();
  expect(await picture(db.pool)).toEqual([
    { keys: ['anonymous:d', 'user:u'], traits: {}, events: ['e0', 'e1', 'e2'], stats: { seen: 3 } },
  ]);
  expect(await rowsOf(db.pool, 'select merged_into from profiles where id = $1', [loser])).toEqual([
    { merged_into: survivor },
  ]);
  expect(
    await rowsOf(db.pool, 'select born_at, first_event_at from profiles where id = $1', [survivor]),
  ).toEqual([{ born_at: NOON - 1000, first_event_at: NOON - 1000 }]);
  expect(await rowsOf(db.pool, `select profile_id, shard from inbox where kind = 'merge'`)).toEqual(
    [{ profile_id: survivor, shard: survivor % 256 }],
  );
  expect(await rowsOf(db.pool, 'select from inbox where profile_id = $1', [loser])).toEqual([]);
});

test('of two statements the later one stands, gaps are filled, and history stays a chain', async () => {
  await store(db.pool, [
    item({ type: 'identify', anonymousId: 'd', traits: { plan: 'free', city: 'Ulm' } }),
  ]);
  await store(
    db.pool,
    [item({ type: 'identify', userId: 'u', traits: { plan: 'pro', age: 3 } })],
    NOON + 1,
  );
  await store(db.pool, [item({ type: 'identify', userId: 'u', traits: { age: null } })], NOON + 2);
  await store(
    db.pool,
    [item({ type: 'identify', anonymousId: 'd', traits: { age: 4 } })],
    NOON + 3,
  );
  await meet();
  const survivor = await idOf('u');
  expect(await picture(db.pool)).toMatchObject([{ traits: { plan: 'pro', city: 'Ulm', age: 4 } }]);
  expect(
    await rowsOf(
      db.pool,
      'select trait, before, after, changed_at - $2::timestamptz as since from trait_changes where profile_id = $1 order by trait, id',
      [survivor, new Date(NOON).toISOString()],
    ),
  ).toMatchObject([
    { trait: 'age', before: null, after: 3 },
    { trait: 'age', before: 3, after: null },
    { trait: 'age', before: null, after: 4 },
    { trait: 'city', before: null, after: 'Ulm' },
    { trait: 'plan', before: null, after: 'pro' },
  ]);
});

test('an unsubscribe from either side stands; memberships of the loser end', async () => {
  const { loser, survivor } = await twoProfiles();
  await db.pool.query(
    `insert into subscriptions values ($1, 'news', false, '2026-01-01', 'x'), ($2, 'news', true, '2026-02-01', 'x'),
       ($1, 'tips', true, '2026-02-01', 'x'), ($2, 'tips', false, '2026-01-01', 'x'), ($1, 'only', true, '2026-01-01', 'x')`,
    [loser, survivor],
  );
  await db.pool.query(
    `with v as (insert into definition_versions (kind, name, version, hash, source, definition, created_at)
                values ('segment', 's', 1, '', '', '{}', '2026-01-01') returning id)
     insert into live_definitions select 'segment', 's', id from v`,
  );
  await db.pool.query(
    `insert into segment_states values ($1, 's', 0, true, '2026-01-01', 'infinity')`,
    [loser],
  );
  await meet();
  expect(
    await rowsOf(
      db.pool,
      'select topic, subscribed from subscriptions where profile_id = $1 order by topic',
      [survivor],
    ),
  ).toEqual([
    { topic: 'news', subscribed: false },
    { topic: 'only', subscribed: true },
    { topic: 'tips', subscribed: false },
  ]);
  expect(await rowsOf(db.pool, 'select from segment_states')).toEqual([]);
  expect(await rowsOf(db.pool, 'select profile_id, entered, cause from transitions')).toEqual([
    { profile_id: loser, entered: false, cause: 'merge' },
  ]);
});

test('of two pauses the one that ends later stays', async () => {
  const { loser, survivor } = await twoProfiles();
  await db.pool.query(
    `insert into profile_pauses values ($1, '2026-01-01', '2026-03-01', 'loser', 'x'), ($2, '2026-01-02', '2026-02-01', 'survivor', 'x')`,
    [loser, survivor],
  );
  await meet();
  expect(await rowsOf(db.pool, 'select profile_id, set_by from profile_pauses')).toEqual([
    { profile_id: survivor, set_by: 'loser' },
  ]);
});

test('of two active enrolments the one that has come further stays; messages and attempts go along', async () => {
  const { loser, survivor } = await twoProfiles();
  const { rows } = await db.pool.query(
    `insert into definition_versions (kind, name, version, hash, source, definition, created_at)
     values ('campaign', 'c', 1, '', '', '{}', '2026-01-01') returning id`,
  );
  const enrol = async (profile: number, campaign: string, trigger: string): Promise<number> =>
    (
      await db.pool.query(
        `insert into enrolments (profile_id, shard, campaign, version_id, trigger, entered_at, cause_at, step, due_at)
         values ($1::bigint, $1::bigint % 256, $2, $3, $4, '2026-01-01', '2026-01-01', 'w', '2026-04-01') returning id`,
        [profile, campaign, rows[0].id, trigger],
      )
    ).rows[0].id;
  const far = await enrol(loser, 'c', 'segment:1');
  const near = await enrol(survivor, 'c', 'segment:1');
  const alone = await enrol(loser, 'other', 'event:1');
  await db.pool.query(
    `insert into enrolment_steps values ($1, $2, 'mail', 0, '2026-01-01', '2026-01-01', 'sent')`,
    [loser, far],
  );
  await db.pool.query(
    `insert into messages (profile_id, enrolment_id, campaign, version_id, step, template, template_version_id, purpose, sender, mail_id, decided_at, due_at)
     values ($1, $2, 'c', 1, 'mail', 't', 1, 'marketing', 's', 'm', '2026-01-01', '2026-01-01')`,
    [loser, far],
  );
  await db.pool.query(
    `insert into attempts select id, profile_id, 1, '2026-01-01', '2026-01-01', gen_random_uuid(), 'p', 'h', 'sent', 250, null, null, 'sent' from messages`,
  );
  await meet();
  expect(
    await rowsOf(
      db.pool,
      'select id, profile_id, shard, state, end_because, due_at from enrolments order by id',
    ),
  ).toEqual([
    {
      id: far,
      profile_id: survivor,
      shard: survivor % 256,
      state: 'active',
      end_because: null,
      due_at: Date.UTC(2026, 3, 1),
    },
    {
      id: near,
      profile_id: survivor,
      shard: survivor % 256,
      state: 'ended',
      end_because: 'merged',
      due_at: Infinity,
    },
    {
      id: alone,
      profile_id: survivor,
      shard: survivor % 256,
      state: 'active',
      end_because: null,
      due_at: Date.UTC(2026, 3, 1),
    },
  ]);
  for (const table of ['enrolment_steps', 'messages', 'attempts']) {
    expect(await rowsOf(db.pool, `select profile_id from ${table}`)).toEqual([
      { profile_id: survivor },
    ]);
  }
});

test('a merge waits for the engine to leave the shards, and ingest waits for the merge', async () => {
  const { loser } = await twoProfiles();
  const engine = await db.pool.connect();
  await engine.query('select pg_advisory_lock(hashtext(current_schema()), $1::integer)', [
    loser % 256,
  ]);
  let done = false;
  const meeting = meet().then(() => (done = true));
  // Another device's events pass while the merge waits.
  await store(db.pool, [item({ anonymousId: 'other' })]);
  expect(done).toBe(false);
  await engine.query('select pg_advisory_unlock_all()');
  engine.release();
  await meeting;
  expect(await picture(db.pool)).toHaveLength(2);
});

test('two profiles with user ids are merged by alias only', async () => {
  await store(db.pool, [
    item({ userId: 'u', messageId: 'a' }),
    item({ userId: 'v', messageId: 'b' }),
  ]);
  const merge = { loser: await idOf('u'), survivor: await idOf('v') };
  expect(await mergeProfiles(db.pool, { ...merge, explicit: false }, NOON)).toBe('not_needed');
  await store(db.pool, [item({ type: 'alias', previousId: 'u', userId: 'v' })]);
  expect(await mergeProfiles(db.pool, { ...merge, explicit: true }, NOON)).toBe('not_needed');
  expect(await picture(db.pool)).toMatchObject([{ events: ['a', 'b'] }]);
});

describe('of several user ids the one stated latest comes first', () => {
  const alias = (previousId: string, userId: string) => item({ type: 'alias', previousId, userId });
  const u = item({ userId: 'u', messageId: 'u1' });
  const a = item({ userId: 'a', messageId: 'a1' });
  const z = item({ userId: 'z', messageId: 'z1' });
  const cases: [string, Item[], string[]][] = [
    ['a known id becomes a new one', [z, alias('z', 'a')], ['a', 'z']],
    ['again and again', [u, alias('u', 'z'), alias('z', 'a')], ['a', 'z', 'u']],
    ['a new id became a known one', [z, alias('a', 'z')], ['z', 'a']],
    ['both are known', [z, a, alias('a', 'z')], ['z', 'a']],
    ['both are known, the other way round', [a, z, alias('z', 'a')], ['a', 'z']],
    ['both are new', [alias('a', 'z')], ['z', 'a']],
  ];

  const shown = async (value: string): Promise<string[]> =>
    (await loadProfile(db.pool, await idOf(value)))!.userIds;

  test.each(cases)('%s, call by call', async (_, items, expected) => {
    for (const one of items) await store(db.pool, [one]);
    expect((await shown(expected[0]!)).slice(0, 1)).toEqual(expected.slice(0, 1));
    expect((await shown(expected[0]!)).toSorted()).toEqual(expected.toSorted());
  });

  test.each(cases)('%s, in one group', async (_, items, expected) => {
    await store(db.pool, items);
    expect((await shown(expected[0]!)).slice(0, 1)).toEqual(expected.slice(0, 1));
  });
});

test("an alias of another person's device is refused and visible", async () => {
  await store(db.pool, [item({ userId: 'u', anonymousId: 'd' })]);
  const [outcome] = await store(db.pool, [item({ type: 'alias', previousId: 'd', userId: 'v' })]);
  expect(outcome).toMatchObject({ kind: 'refused', refusal: { code: 'identity_conflict' } });
  expect(await rowsOf(db.pool, 'select code from rejects')).toEqual([
    { code: 'identity_conflict' },
  ]);
});

test('two users who claim one device at the same time stay two', async () => {
  for (let round = 0; round < 10; round++) {
    await store(db.pool, [item({ anonymousId: `d${round}` })]);
    const claim = (user: string) =>
      store(db.pool, [
        item({ type: 'identify', userId: `${user}${round}`, anonymousId: `d${round}` }),
      ]);
    await Promise.all(['u', 'v', 'w', 'x'].map(claim));
  }
  const shared = await rowsOf(
    db.pool,
    `select profile_id from profile_keys where kind = 'user' group by profile_id having count(*) > 1`,
  );
  expect(shared).toEqual([]);
  expect(await picture(db.pool)).toHaveLength(40);
});

test('events that race a merge never stay with the tombstone', async () => {
  for (let round = 0; round < 5; round++) {
    const [u, d] = [`u${round}`, `d${round}`];
    await store(db.pool, [item({ anonymousId: d }), item({ userId: u })]);
    const races = Array.from({ length: 12 }, (_, i) =>
      store(db.pool, [item(i % 2 ? { anonymousId: d } : { userId: u })]),
    );
    await Promise.all([
      ...races,
      store(db.pool, [item({ type: 'identify', userId: u, anonymousId: d })]),
      ...races,
    ]);
  }
  expect(
    await rowsOf(
      db.pool,
      'select from events e join profiles p on p.id = e.profile_id where p.merged_into is not null',
    ),
  ).toEqual([]);
  const people = (await picture(db.pool)) as { events: string[]; stats: { seen: number } }[];
  expect(people).toHaveLength(5);
  for (const { events, stats } of people) expect([events.length, stats.seen]).toEqual([14, 14]);
});

/** Changes that do not begin where the one before ended, or histories that do not end in what the profile has. */
const brokenChains = (): Promise<unknown[]> =>
  rowsOf(
    db.pool,
    `with chain as (
       select c.trait, c.before, c.after, lag(after) over each as last, lead(c.id) over each is null as is_last, p.traits
       from trait_changes c join profiles p on p.id = c.profile_id where p.merged_into is null
       window each as (partition by c.profile_id, trait order by changed_at, c.id))
     select * from chain
     where before is distinct from last or (is_last and after is distinct from traits -> trait)`,
  );

test('any interleaving of calls and retries gives the same profiles and events', async () => {
  const user = fc.integer({ min: 0, max: 2 });
  const device = fc.integer({ min: 0, max: 1 });
  const call: fc.Arbitrary<Partial<Item>> = fc.oneof(
    fc.record({ user, device: fc.option(device) }).map(({ user, device }) => ({
      userId: `u${user}`,
      anonymousId: device === null ? null : `d${user}${device}`,
    })),
    fc.record({ user, device }).map(({ user, device }) => ({ anonymousId: `d${user}${device}` })),
    fc.record({ user, device }).map(({ user, device }) => ({
      type: 'identify' as const,
      userId: `u${user}`,
      anonymousId: `d${user}${device}`,
      traits: { [`t${user}`]: user },
    })),
    fc.record({ user, known: fc.boolean(), n: fc.integer({ min: 0, max: 5 }) }).map((one) => ({
      type: 'identify' as const,
      ...(one.known ? { userId: `u${one.user}` } : { anonymousId: `d${one.user}0` }),
      traits: { shared: one.n === 0 ? null : one.n },
    })),
    fc.record({ from: user, to: user }).map(({ from, to }) => ({
      type: 'alias' as const,
      previousId: `u${from}`,
      userId: `u${to}`,
    })),
  );
  await fc.assert(
    fc.asyncProperty(
      fc.array(call, { minLength: 2, maxLength: 9 }),
      fc.infiniteStream(fc.nat()),
      async (calls, random) => {
        // Distinct instants, in an order that is not that of the calls.
        const items = calls.map((part, i) =>
          item({ ...part, timestamp: NOON - ((i * 7) % 11) * 60_000 }),
        );
        await empty();
        for (const one of items) await store(db.pool, [one]);
        const expected = await picture(db.pool);
        await empty();
        const order = [...items, ...items]
          .map((one) => [one, random.next().value] as const)
          .sort((a, b) => a[1] - b[1])
          .map(([one]) => one);
        await Promise.all(
          [order.slice(0, 5), order.slice(5, 6), order.slice(6)].map((group) =>
            store(db.pool, group),
          ),
        );
        await store(db.pool, order.toReversed());
        expect(await picture(db.pool)).toEqual(expected);
        expect(await brokenChains()).toEqual([]);
      },
    ),
    { numRuns: 40 },
  );
}, 180_000);
