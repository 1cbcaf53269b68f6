/** One profile that cannot be settled is set aside; its shard goes on, and it too once it is let go. */
import { VirtualClock } from '../../src/core/clock.js';
import { ShardLoop } from '../../src/engine/shard-loop.js';
import { campaign, DAY, eventEntry, Scenario, send, wait } from './scenario.js';
import { T0 } from './story-parts.js';

let story: Scenario;
beforeEach(async () => {
  story = await Scenario.open();
});
afterEach(() => story.close());

it('a long key of per is a key like any other', async () => {
  const steps = [wait('w', 1), send('a')];
  await story.apply({ campaigns: [campaign('c', eventEntry('order', { per: ['id'] }), steps)] });
  const ann = await story.profile();
  const id = Array.from({ length: 6_000 }, (_, i) =>
    String.fromCodePoint(0x4e00 + ((i * 7919) % 20_000)),
  ).join('');
  await story.track(ann, 'order', T0, { id });
  await story.track(ann, 'order', T0 + 1000, { id: `${id}!` });
  await story.track(ann, 'order', T0 + 2000, { id });
  await story.advance(T0 + 2 * DAY);
  expect(await story.messages()).toHaveLength(2);
  expect(await story.refusals()).toEqual(['c@2026-01-05 12:00:02 already_active']);
});

it('a failing profile is parked, the others of its shard are settled', async () => {
  await story.apply({ campaigns: [campaign('c', eventEntry('order'), [send('a')])] });
  const [bad, good] = [await story.profile(), await story.profile()];
  await story.connection.query('update profiles set shard = 7 where id = any($1)', [[bad, good]]);
  for (const profile of [bad, good]) await story.track(profile, 'order', T0);
  await story.connection.query('update inbox set shard = 7');
  // No fact we know of breaks the engine any more, so the table refuses one.
  await story.connection.query(
    `alter table messages add constraint broken check (profile_id <> ${bad})`,
  );
  const failures: unknown[] = [];
  const loop = new ShardLoop({
    source: story.db.pool,
    clock: new VirtualClock(T0 + DAY),
    wakeUps: { wake: () => undefined },
    onFailure: (error) => failures.push(error),
  });
  await loop.run();
  expect(await story.messages()).toHaveLength(1);
  const parked = await story.connection.query(
    `select profile_id, shard, error from parked_profiles`,
  );
  expect(parked.rows).toEqual([
    { profile_id: bad, shard: 7, error: expect.stringContaining('broken') },
  ]);
  expect(failures).toHaveLength(1);

  await story.connection.query('alter table messages drop constraint broken');
  await story.connection.query('delete from parked_profiles');
  await loop.run();
  expect(await story.messages()).toHaveLength(2);
});
