/** What is said about topics: its history, and what the engine hears of it. */
import { applyDefinitions } from '../../src/definitions/apply-definitions.js';
import { mergeProfiles } from '../../src/ingest/merge-profiles.js';
import { storeConsent, storeTopics } from '../../src/ingest/topics.sql.js';
import type { Condition } from '../../src/language/definitions.js';
import { project, segment } from '../engine/scenario.js';
import { askBoth, subject } from '../segments/asking.js';
import { testDatabase, type TestDatabase } from '../support/database.js';

const NOON = Date.UTC(2026, 0, 5, 12);
const HOUR = 3_600_000;

let db: TestDatabase;
beforeAll(async () => {
  db = await testDatabase();
});
afterAll(() => db.close());

async function profile(): Promise<number> {
  const { rows } = await db.pool.query<{ id: number }>(
    `insert into profiles (shard, created_at) values (0, 'epoch') returning id`,
  );
  return rows[0]!.id;
}

async function apply(who: Condition): Promise<void> {
  const definitions = { project, segments: [segment('fans', who)], campaigns: [], templates: [] };
  await applyDefinitions(db.dataSource, definitions, { by: 'test' });
}

const word = (topic: string, subscribed: boolean, changedAt: number) => ({
  topic,
  subscribed,
  changedAt,
  source: 'form',
});

async function history(id: number): Promise<unknown[]> {
  const { rows } = await db.pool.query<{ row: unknown[] }>(
    `select jsonb_build_array(topic, before, after, (extract(epoch from changed_at) * 1000 - $2) / 3600000) as row
     from subscription_changes where profile_id = $1 order by id`,
    [id, NOON],
  );
  return rows.map(({ row }) => row);
}

async function told(id: number): Promise<unknown[]> {
  const { rows } = await db.pool.query<{ kind: string; data: unknown }>(
    'delete from inbox where profile_id = $1 returning kind, data',
    [id],
  );
  return rows.map(({ kind, data }) => [kind, data]);
}

test('every change is kept with the instant at which it became known; what changes nothing is not', async () => {
  const id = await profile();
  const say = (topic: string, subscribed: boolean, changedAt: number, knownAt: number) =>
    storeTopics(db.pool, id, [word(topic, subscribed, changedAt)], knownAt);
  await say('offers', true, NOON - HOUR, NOON);
  await say('offers', true, NOON, NOON + HOUR);
  await say('offers', false, NOON + HOUR, NOON + 2 * HOUR);
  // Said before the no, told after it.
  await say('offers', true, NOON, NOON + 3 * HOUR);
  await say('*', false, NOON, NOON + 4 * HOUR);
  expect(await history(id)).toEqual([
    ['offers', null, true, 0],
    ['offers', true, false, 2],
    ['*', null, false, 4],
  ]);
});

test('the engine hears of topics that a definition reads, and of words about all of them', async () => {
  const id = await profile();
  await storeTopics(db.pool, id, [word('offers', true, NOON)], NOON);
  expect(await told(id)).toEqual([]);
  await apply({ kind: 'topic', topic: 'tips', byDefault: false, negated: false });
  const said = [word('offers', false, NOON), word('tips', true, NOON), word('*', false, NOON)];
  await storeTopics(db.pool, id, said, NOON);
  expect(await told(id)).toEqual([
    ['topics', { tips: { before: null, after: true }, '*': { before: null, after: false } }],
  ]);
  await storeTopics(db.pool, id, [word('tips', true, NOON + 1)], NOON + 1);
  expect(await told(id)).toEqual([]);
});

test('many profiles are told of in one go', async () => {
  const ids = await Promise.all([profile(), profile(), profile()]);
  await apply({ kind: 'topic', topic: 'tips', byDefault: false, negated: false });
  await storeConsent(
    db.pool,
    ids.map((profileId) => ({ profileId, ...word('tips', true, NOON) })),
    NOON,
  );
  for (const id of ids) {
    expect(await history(id)).toEqual([['tips', null, true, 0]]);
    expect(await told(id)).toHaveLength(1);
  }
});

test('two that say the contrary at once leave a history that fits together', async () => {
  const id = await profile();
  await Promise.all(
    [true, false, true, false, true, false].map((subscribed, n) =>
      storeTopics(db.pool, id, [word('offers', subscribed, NOON + n)], NOON + n),
    ),
  );
  const changes = (await history(id)) as [string, boolean | null, boolean, number][];
  changes.forEach(([, before], n) => expect(before).toBe(changes[n - 1]?.[2] ?? null));
});

describe('a merge', () => {
  async function mergedInto(survivor: number, loser: number): Promise<void> {
    const merge = { loser, survivor, explicit: true, by: 0 };
    expect(await mergeProfiles(db.pool, merge, NOON + HOUR)).toBe('merged');
  }

  test('changes what the survivor said, and leaves what the loser said over time with it', async () => {
    const [loser, survivor] = [await profile(), await profile()];
    await storeTopics(db.pool, loser, [word('tips', false, NOON)], NOON);
    await storeTopics(db.pool, survivor, [word('tips', true, NOON)], NOON);
    await mergedInto(survivor, loser);
    expect(await history(survivor)).toEqual([
      ['tips', null, true, 0],
      ['tips', true, false, 1],
    ]);
    expect(await history(loser)).toEqual([['tips', null, false, 0]]);
  });

  test('brings along what the loser alone said over time, and judges by it', async () => {
    const [loser, survivor] = [await profile(), await profile()];
    await storeTopics(db.pool, loser, [word('tips', false, NOON)], NOON);
    await storeTopics(db.pool, loser, [word('tips', true, NOON + 1)], NOON + HOUR / 2);
    await storeTopics(db.pool, survivor, [word('offers', false, NOON)], NOON);
    await mergedInto(survivor, loser);
    expect(await history(survivor)).toEqual([
      ['tips', null, false, 0],
      ['tips', false, true, 0.5],
      ['offers', null, false, 0],
    ]);
    expect(await history(loser)).toEqual([]);
    const tips: Condition = { kind: 'topic', topic: 'tips', byDefault: true, negated: false };
    const at = [NOON - 1, NOON, NOON + HOUR / 2, NOON + 2 * HOUR];
    const answers = await askBoth(
      db.pool,
      tips,
      at.map((instant) => subject(survivor, instant)),
    );
    expect(answers.map(([holds]) => holds)).toEqual([true, false, true, true]);
  });

  test('of two who agree changes nothing of the history', async () => {
    const [loser, survivor] = [await profile(), await profile()];
    for (const id of [loser, survivor])
      await storeTopics(db.pool, id, [word('tips', false, NOON)], NOON);
    await mergedInto(survivor, loser);
    expect(await history(survivor)).toEqual([['tips', null, false, 0]]);
  });
});
