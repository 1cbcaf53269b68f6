/**
 * A broadcast to ten thousand, three engine processes, killed with -9 again and again: everybody who matches is enrolled
 * and written to once, and the counts say so. And cancelled in the middle of a page: nobody enters afterwards.
 */
import { cancelBroadcasts } from '../../src/campaigns/broadcasts.sql.js';
import { advance } from '../../src/engine/advance.js';
import { loadEngineDefinitions } from '../../src/engine/engine-definitions.js';
import { broadcast, cameTo, crowd, takenBy, turn } from './broadcast-story.js';
import { EnginesUnderFire } from './engines-under-fire.js';
import { ALL_SHARDS, broadcastEntry, campaign, Scenario, send } from './scenario.js';
import { isPro, T0 } from './story-parts.js';

const PEOPLE = 10_000;
const KILLS = 8;

let story: Scenario;
beforeEach(async () => {
  story = await Scenario.open();
  await story.apply({ campaigns: [campaign('news', broadcastEntry(isPro), [send('a')])] });
});
afterEach(() => story.close());

it('three engines under fire take everybody once', async () => {
  const pros = await crowd(story, PEOPLE, { traits: { plan: 'pro' } });
  await crowd(story, PEOPLE / 10, { traits: { plan: 'free' } });
  await story.advance(T0 - 1);
  const id = await broadcast(story, 'news', T0);
  const done = () => isDone(id);
  const engines = await EnginesUnderFire.start(story, T0);
  try {
    while (engines.kills < KILLS && !(await done())) await engines.killOne(done);
    expect(engines.kills).toBeGreaterThan(2);
    await engines.until(done);
    expect(await takenBy(story, id)).toEqual(pros);
    expect(await cameTo(story, id)).toEqual({
      state: 'done',
      judged: PEOPLE * 1.1,
      matched: PEOPLE,
      entered: PEOPLE,
      refused: {},
    });
    const { rows } = await story.connection.query(
      `select count(*) as n, count(distinct profile_id) as people from messages where state = 'pending'`,
    );
    expect(rows).toEqual([{ n: PEOPLE, people: PEOPLE }]);
    expect(engines.complaints()).toEqual([]);
  } finally {
    await engines.end();
  }
}, 180_000);

async function isDone(id: string): Promise<boolean> {
  return (await cameTo(story, id))['state'] === 'done';
}

const cancellation = { by: 'ops', why: 'wrong price', now: T0 };

it('cancelled while a page is in hand: the page is waited for, and nobody enters afterwards', async () => {
  await crowd(story, 5_000, { traits: { plan: 'pro' }, shard: 7 });
  await story.advance(T0 - 1);
  const id = await broadcast(story, 'news', T0);
  const engine = await story.db.pool.connect();
  await engine.query('begin isolation level repeatable read');
  const definitions = (await loadEngineDefinitions(engine))!;
  await advance(engine, { shards: [7], until: T0, definitions });
  const cancelled = cancelBroadcasts(story.db.pool, { campaign: 'news', id }, cancellation);
  expect(await Promise.race([cancelled, untilSomebodyWaits()])).toBe('waits');
  await engine.query('commit');
  engine.release();
  expect(await cancelled).toBe(1);
  await story.advance(T0 + 1);
  expect(await cameTo(story, id)).toMatchObject({ state: 'cancelled', entered: 2_000 });
  expect(await takenBy(story, id)).toHaveLength(2_000);
});

/** A session waits for another one's row. */
async function untilSomebodyWaits(): Promise<'waits'> {
  for (;;) {
    const { rowCount } = await story.connection.query(
      `select from pg_stat_activity where datname = current_database() and wait_event_type = 'Lock'`,
    );
    if (rowCount !== 0) return 'waits';
  }
}

it('a page that began before it was cancelled is begun anew, and takes nobody', async () => {
  await crowd(story, 10, { traits: { plan: 'pro' }, shard: 7 });
  await story.advance(T0 - 1);
  const id = await broadcast(story, 'news', T0);
  const engine = await story.db.pool.connect();
  await engine.query('begin isolation level repeatable read');
  const definitions = (await loadEngineDefinitions(engine))!;
  await cancelBroadcasts(story.db.pool, { campaign: 'news', id }, cancellation);
  await expect(advance(engine, { shards: [7], until: T0, definitions })).rejects.toMatchObject({
    code: '40001',
  });
  engine.release(true);
  await turn(story, T0, ALL_SHARDS);
  expect(await cameTo(story, id)).toMatchObject({ state: 'cancelled', judged: 0 });
  expect(await turn(story, T0)).toMatchObject({ more: false });
});
